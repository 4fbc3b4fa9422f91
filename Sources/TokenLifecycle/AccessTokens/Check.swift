/// Why a token is not accepted: stable words, only ever added to.
public enum RefusalReason: String, CaseIterable, Sendable {
    case malformed
    case wrongKind = "wrong_kind"
    case unsupported
    case unknownKey = "unknown_key"
    case algorithmMismatch = "algorithm_mismatch"
    case keyRemoved = "key_removed"
    case keyRevoked = "key_revoked"
    case keyExpired = "key_expired"
    case badSignature = "bad_signature"
    case wrongType = "wrong_type"
    case missingClaim = "missing_claim"
    case expired
    case notYetValid = "not_yet_valid"
    case issuedInFuture = "issued_in_future"
    case wrongIssuer = "wrong_issuer"
    case wrongAudience = "wrong_audience"
    case deniedEveryone = "denied_everyone"
    case deniedKey = "denied_key"
    case deniedClient = "denied_client"
    case deniedUser = "denied_user"
    case deniedSession = "denied_session"
    case deniedToken = "denied_token"
    case sessionUnknown = "session_unknown"
    case sessionEnded = "session_ended"
    case sessionExpired = "session_expired"
    case sessionLoggedOut = "session_logged_out"
    case spent
    /// An opaque token of the right form that this store did not issue, or whose secret is not the one issued.
    case unknownToken = "unknown_token"
}

/// One question asked of a token, and its answer.
package struct Check: Sendable {
    package enum Answer: Sendable, Equatable {
        case yes
        case no(RefusalReason)
        /// Not asked: an earlier answer made it pointless, or it does not concern this token.
        case skipped
    }

    package var name: String
    package var answer: Answer
    /// For a person: what was compared, and what caused a denial.
    package var detail: String
    /// The act on record behind a no.
    package var cause: Cause?

    package var isNo: Bool { if case .no = answer { true } else { false } }

    package init(name: String, answer: Answer, detail: String) {
        self.name = name
        self.answer = answer
        self.detail = detail
    }

    static func yes(_ name: String, _ detail: String) -> Check { Check(name: name, answer: .yes, detail: detail) }

    static func no(_ name: String, _ reason: RefusalReason, _ detail: String) -> Check {
        Check(name: name, answer: .no(reason), detail: detail)
    }

    static func no(_ name: String, _ reason: RefusalReason, because cause: Cause) -> Check {
        var check = no(name, reason, cause.sentence())
        check.cause = cause
        return check
    }

    static func skipped(_ name: String, _ detail: String) -> Check {
        Check(name: name, answer: .skipped, detail: detail)
    }
}

package enum Verdict: Sendable, Equatable {
    case active
    case inactive(RefusalReason)
}
