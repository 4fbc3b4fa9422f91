internal import TokenLifecycle

/// How tokenctl ends: the contract of docs/exit-codes.md, frozen at 1.0. From 64 on, the numbers of sysexits.h.
package enum ExitCode: Int32, CaseIterable, Sendable {
    case done = 0
    /// The answer is no: inactive, denied, unhealthy, broken.
    case no = 1
    /// `doctor --nagios` found something critical.
    case critical = 2
    /// `--fail-empty`, and nothing matched; `doctor --nagios` could not tell.
    case nothingMatched = 3
    /// A named object does not exist.
    case notFound = 4
    /// A guard, a declined or missing confirmation, an unsafe act.
    case refused = 5
    /// Partly done; the rest is listed.
    case partial = 7
    /// Stored data cannot be trusted.
    case untrusted = 8
    case usage = 64
    /// Malformed input.
    case malformed = 65
    /// No such database or file.
    case absent = 66
    /// A bug of ours.
    case bug = 70
    case cannotCreate = 73
    /// Reading or writing failed, the disk is full.
    case io = 74
    /// Busy, try again.
    case busy = 75
    case notPermitted = 77
    /// Configuration; the schema needs `migrate` or is newer.
    case configuration = 78
    /// HUP: the terminal is gone.
    case hungUp = 129
    case interrupted = 130
    case brokenPipe = 141
    case terminated = 143
}

extension ExitCode {
    init(_ kind: Failure.Kind) {
        self =
            switch kind {
            case .notFound: .notFound
            case .refused: .refused
            case .partial: .partial
            case .untrusted: .untrusted
            case .usage: .usage
            case .malformed: .malformed
            case .absent: .absent
            case .bug: .bug
            case .cannotCreate: .cannotCreate
            case .io: .io
            case .busy: .busy
            case .notPermitted: .notPermitted
            case .configuration: .configuration
            case .interrupted: .interrupted
            }
    }
}
