/// The one error of the product's seam: what kind it is (which decides the exit code), what happened, and what to do.
///
/// Texts are lower case, without a full stop, and never carry secrets or SQL. A refused token is a `Verdict`, not a failure.
public struct Failure: Error, Equatable, Sendable {
    /// What stood in the way, and so what helps: `busy` and `io` may go when tried again, the others need somebody.
    public enum Kind: String, CaseIterable, Sendable {
        /// A named object does not exist.
        case notFound = "not_found"
        /// A guard, a missing confirmation, or an act that would be unsafe.
        case refused
        /// Part of a batch was done.
        case partial
        /// Stored data cannot be trusted: corrupt, altered, or a key that does not open.
        case untrusted
        /// The call's words are wrong.
        case usage
        /// The input itself is wrong: not the format, not UTF-8, too large.
        case malformed
        /// No such database or file.
        case absent
        /// A bug of ours.
        case bug
        /// An output cannot be created.
        case cannotCreate = "cannot_create"
        /// Reading or writing failed, or the disk is full.
        case io
        /// Another process holds what is needed; try again.
        case busy
        /// Not permitted, read-only, or no matching master key.
        case notPermitted = "not_permitted"
        /// Configuration, or a schema that needs `migrate` or is newer than this program.
        case configuration
        /// Ended by Ctrl-C at a prompt or during an act.
        case interrupted
    }

    /// What a program decides by.
    public var kind: Kind
    /// What happened, for a person.
    public var message: String
    /// What would help, where that is known.
    public var hint: String?
    /// The object that the failure is about, as the caller named it; never a secret.
    public var target: String?
    /// The statement behind it, still with its `$1` parameters and without any value: for `-vv`.
    package var sql: String?

    /// Texts are lower case and without a full stop; none of them may carry a secret.
    public init(_ kind: Kind, _ message: String, hint: String? = nil, target: String? = nil) {
        self.kind = kind
        self.message = message
        self.hint = hint
        self.target = target
    }
}
