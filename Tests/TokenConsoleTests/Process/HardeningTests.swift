import Foundation
import Glibc
import Testing
import TokenConsole
import TokenLifecycle

/// What the process makes of itself before it touches a secret: each in a process of its own, made unsafe first.
@Suite struct `A process made safe` {
    /// prctl(2), which Swift does not see because it is variadic.
    private typealias Control = @convention(c) (CInt, UInt, UInt, UInt, UInt) -> CInt

    /// PR_GET_DUMPABLE: 0 where no core is written, and nobody but root may attach or look into `/proc`.
    static func isDumpable() throws -> Bool {
        let prctl = try #require(dlsym(nil, "prctl"))
        return unsafeBitCast(prctl, to: Control.self)(3, 0, 0, 0, 0) != 0
    }

    static func coreLimit() -> rlim_t {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &limit)
        return limit.rlim_cur
    }

    @Test func `can be dumped by nobody`() async {
        await #expect(processExitsWith: .success) {
            #expect(try `A process made safe`.isDumpable())
            try ProcessSetup.harden()
            #expect(try !`A process made safe`.isDumpable())
        }
    }

    @Test func `writes no core`() async {
        await #expect(processExitsWith: .success) {
            // Where even that is forbidden, no core can be seen to be missing.
            var limit = rlimit(rlim_cur: 4096, rlim_max: 4096)
            setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &limit)
            try ProcessSetup.harden()
            #expect(`A process made safe`.coreLimit() == 0)
        }
    }

    @Test func `creates for its owner alone`() async {
        await #expect(processExitsWith: .success) {
            umask(0)
            try ProcessSetup.harden()
            #expect(umask(0) == 0o077)
        }
    }

    @Test func `opens no file as a standard stream`() async {
        await #expect(processExitsWith: .success) {
            close(STDIN_FILENO)
            try ProcessSetup.harden()
            let file = open("/dev/null", O_RDONLY)
            #expect(file > STDERR_FILENO)
        }
    }

    @Test(.enabled(if: geteuid() == 0, "needs rights to borrow"))
    func `refuses rights that its caller does not have`() async {
        await #expect(processExitsWith: .success) {
            try #require(setegid(65534) == 0 && seteuid(65534) == 0)
            let failure = #expect(throws: Failure.self) { try ProcessSetup.harden() }
            #expect(failure?.kind == .notPermitted)
        }
    }
}
