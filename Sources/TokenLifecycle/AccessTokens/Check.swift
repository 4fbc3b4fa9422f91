/// Why a token is not accepted: stable words, only ever added to.
public enum RefusalReason: String, CaseIterable, Sendable {
    /// Not three parts in base64url, over 8 KiB, or JSON that is none (RFC 7515 §5.2).
    case malformed
    /// A session or refresh token of this store where an access token was expected.
    case wrongKind = "wrong_kind"
    /// Refused by design: `none`, `crit`, a key in the header, encryption.
    case unsupported
    /// No key of this store has the `kid`, or none answers for tokens without one.
    case unknownKey = "unknown_key"
    /// The header names another algorithm than the key has (RFC 8725 §3.1).
    case algorithmMismatch = "algorithm_mismatch"
    /// The key has left the key set: everything that it signed has expired.
    case keyRemoved = "key_removed"
    /// The key was revoked, whatever it signed.
    case keyRevoked = "key_revoked"
    /// The key was imported to verify until a time that has passed.
    case keyExpired = "key_expired"
    /// The signature is not the key's.
    case badSignature = "bad_signature"
    /// `typ` is not `at+jwt` (RFC 9068 §2.1), or what an imported key accepts.
    case wrongType = "wrong_type"
    /// A claim that RFC 9068 §2.2 demands is not there.
    case missingClaim = "missing_claim"
    /// `exp` has come; without leeway (RFC 7519 §4.1.4).
    case expired
    /// `nbf` is further ahead than `clock.skew`.
    case notYetValid = "not_yet_valid"
    /// `iat` is further ahead than `clock.skew`.
    case issuedInFuture = "issued_in_future"
    /// `iss` is another.
    case wrongIssuer = "wrong_issuer"
    /// `aud` does not name whom it has to.
    case wrongAudience = "wrong_audience"
    /// A rule or a floor denies all that was issued before an instant.
    case deniedEveryone = "denied_everyone"
    /// A rule denies what this key signed.
    case deniedKey = "denied_key"
    /// A rule or a floor denies what this client was given before an instant.
    case deniedClient = "denied_client"
    /// A rule denies what this user was given before an instant.
    case deniedUser = "denied_user"
    /// A rule denies the tokens of this session.
    case deniedSession = "denied_session"
    /// A rule denies this very token, by its `jti`.
    case deniedToken = "denied_token"
    /// Asked to look: the store has no such session.
    case sessionUnknown = "session_unknown"
    /// Asked to look: the session was ended.
    case sessionEnded = "session_ended"
    /// Asked to look: the session ran out, by idling or at its end.
    case sessionExpired = "session_expired"
    /// Asked to look: its client, or everyone, was logged out.
    case sessionLoggedOut = "session_logged_out"
    /// A refresh token that was spent: only `token inspect` says so.
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
