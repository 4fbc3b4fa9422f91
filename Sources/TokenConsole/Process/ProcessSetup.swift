internal import CProcess
internal import Glibc
package import TokenLifecycle

/// What this process must be before it touches a secret.
package enum ProcessSetup {
    /// Refuses borrowed rights; lets no file become a standard stream; forbids core files and attaching; lets only the owner read what is created; gives
    /// SIGPIPE its default back; ends traps in one line.
    package static func harden() throws(Failure) {
        guard process_is_elevated() == 0, getuid() == geteuid(), getgid() == getegid() else {
            throw Failure(
                .notPermitted, "tokenctl does not run setuid or setgid",
                hint: "run it as the user who owns the database, with sudo -u")
        }
        try occupyStandardDescriptors()
        process_end_traps_in_one_line()
        process_default_sigpipe()
        umask(0o077)
        var none = rlimit(rlim_cur: 0, rlim_max: 0)
        guard setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none) == 0, process_forbid_dumps() == 0 else {
            throw Failure(.bug, "cannot forbid core dumps: \(systemReason())")
        }
    }

    /// Puts something in the place of a standard stream that the caller closed: else the next file opened, a key set or the
    /// database, would be standard output, and what is printed would go into it.
    ///
    /// The wrong way round on purpose: reading the one and writing the others still fails.
    private static func occupyStandardDescriptors() throws(Failure) {
        for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) < 0 {
            let placeholder = open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY)
            guard placeholder == descriptor else {
                throw Failure(.io, "cannot stand in for a closed standard stream: \(systemReason())")
            }
        }
    }

    /// The login name of `uid`, nil where the system knows none.
    package static func loginName(of uid: UInt32) -> String? {
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        var buffer = [CChar](repeating: 0, count: 16_384)
        guard getpwuid_r(uid, &entry, &buffer, buffer.count, &found) == 0, found != nil, let name = entry.pw_name else {
            return nil
        }
        return String(cString: name)
    }
}
