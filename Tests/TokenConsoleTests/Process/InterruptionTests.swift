import Foundation
import Synchronization
import Testing
import TokenConsole

@Suite struct `INT and TERM` {
    @Test func `end the process at once while nothing is at stake`() {
        let interruption = Interruption()
        #expect(!interruption.isRequested)
        #expect(interruption.receive(2))
        #expect(interruption.exitCode == 130)
    }

    @Test func `break off what is running, and let it roll back`() {
        let interruption = Interruption()
        let brokenOff = Mutex(0)
        interruption.protecting({ brokenOff.withLock { $0 += 1 } }) {
            #expect(!interruption.receive(15))
            interruption.protecting { #expect(!interruption.receive(15)) }
        }
        #expect(brokenOff.withLock { $0 } == 2)
        #expect(interruption.exitCode == 143)
        #expect(interruption.receive(15))
    }

    @Test(arguments: [
        ["user", "logout", "alice", "--yes", "--reason", "x"], ["session", "create", "--user", "alice", "-q"],
    ])
    func `change nothing where they come before the act has begun`(act: [String]) throws {
        let fixture = try DemoFixture()
        let before = try fixture.digest()
        var console = TestWorld().console(environment: [
            "HOME": fixture.folder.path, "XDG_CONFIG_HOME": fixture.folder.path, "TOKENCTL_DB": fixture.database.path,
        ])
        _ = console.interruption.receive(2)
        #expect(Dispatcher(Tokenctl.self).run(act, in: &console) == .interrupted)
        try console.closeStore()
        #expect(try fixture.digest() == before)
    }

    @Test(arguments: [(1, 129), (2, 130), (15, 143)] as [(CInt, Int64)])
    func `are told to programs by the code that the process ends with`(signal: CInt, code: Int64) throws {
        let fixture = try DemoFixture()
        let world = TestWorld()
        var console = world.console(environment: [
            "HOME": fixture.folder.path, "XDG_CONFIG_HOME": fixture.folder.path, "TOKENCTL_DB": fixture.database.path,
        ])
        _ = console.interruption.receive(signal)
        #expect(
            Dispatcher(Tokenctl.self).run(["session", "create", "--user", "a", "--json"], in: &console).rawValue
                == Int32(code))
        #expect(world.errors.contains("\"exit\":\(code)"))
        try console.closeStore()
    }
}
