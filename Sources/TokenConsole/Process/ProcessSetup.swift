internal import CProcess
internal import Glibc
package import TokenLifecycle

/// What this process must be before it touches a secret.
package enum ProcessSetup {
    /// Refuses borrowed rights; forbids core files and attaching; lets only the owner read what is created; gives
    /// SIGPIPE its default back; ends traps in one line.
    package static func harden() throws(Failure) {
        guard process_is_elevated() == 0, getuid() == geteuid(), getgid() == getegid() else {
            throw Failure(
                .notPermitted, "tokenctl does not run setuid or setgid",
                hint: "run it as the user who owns the database, with sudo -u")
        }
        process_end_traps_in_one_line()
        process_default_sigpipe()
        umask(0o077)
        var none = rlimit(rlim_cur: 0, rlim_max: 0)
        guard setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none) == 0, process_forbid_dumps() == 0 else {
            throw Failure(.bug, "cannot forbid core dumps: \(systemReason())")
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
