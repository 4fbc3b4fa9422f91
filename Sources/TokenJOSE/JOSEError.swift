package import TokenCrypto

/// Why a token, key or sealed text is refused. `code` is stable and goes into reports; `detail` is for people, and never
/// holds secrets or text from the input.
package struct JOSEError: Error, Equatable, Sendable {
    package let reason: Reason
    package let detail: String?
    /// What is wrong with the numbers of a key, when `reason` is `unacceptableKey`.
    package let flaw: KeyFlaw?

    package init(_ reason: Reason, _ detail: String? = nil) {
        self.reason = reason
        self.detail = detail
        flaw = nil
    }

    init(_ error: CryptoError) {
        flaw = if case .unacceptableKey(let flaw) = error { flaw } else { nil }
        reason =
            switch error {
            case .unacceptableKey: .unacceptableKey
            case .algorithmMismatch: .algorithmMismatch
            case .library, .entropyUnavailable, .wrongSize: .cryptoFailure
            }
        detail = error.description
    }

    init(_ error: JSONError) {
        reason =
            switch error.reason {
            case .duplicateMember: .duplicateMember
            case .nestingTooDeep: .nestingTooDeep
            case .tooLarge: .tooLarge
            default: .badJSON
            }
        detail = error.description
        flaw = nil
    }

    /// A member that a key must have.
    static func missing(_ name: String) -> JOSEError { JOSEError(.memberMissing, "\(name) is missing") }

    /// A member of a key that is no base64url.
    static func badMember(_ name: String, _ error: Base64URLError) -> JOSEError {
        JOSEError(.badBase64URL, "\(name): \(error.sentence)")
    }

    package var code: String { flaw?.rawValue ?? reason.rawValue }

    /// A sentence for people.
    package var message: String { detail ?? reason.sentence }
}

extension JOSEError {
    package enum Reason: String, Sendable, CaseIterable {
        // Shape of a token
        case empty
        case tooLarge = "too_large"
        case notThreeParts = "not_three_parts"
        case jwe
        case jsonSerialization = "json_serialization"
        case badBase64URL = "bad_base64url"
        case badJSON = "bad_json"
        case duplicateMember = "duplicate_member"
        case nestingTooDeep = "nesting_too_deep"
        case notAnObject = "not_an_object"

        // Header (RFC 7515 §4)
        case algorithmMissing = "alg_missing"
        case badAlgorithm = "bad_alg"
        case algorithmNone = "alg_none"
        case unsupportedAlgorithm = "unsupported_alg"
        case crit
        case b64
        case jku
        case x5u
        case jwk
        case x5c
        case x5t
        case zip
        case badKeyID = "bad_kid"
        case badType = "bad_typ"
        case badContentType = "bad_cty"
        case nested

        // Claims (RFC 7519 §4.1, RFC 8693 §4)
        case badIssuer = "bad_iss"
        case badSubject = "bad_sub"
        case badAudience = "bad_aud"
        case badClientID = "bad_client_id"
        case badIssuedAt = "bad_iat"
        case badExpiry = "bad_exp"
        case badNotBefore = "bad_nbf"
        case badTokenID = "bad_jti"
        case badSessionID = "bad_sid"
        case badScope = "bad_scope"

        // Keys (RFC 7517, RFC 7518 §6, RFC 8037)
        case unrecognized
        case unsupportedKeyType = "unsupported_kty"
        case unsupportedCurve = "unsupported_crv"
        case memberMissing = "member_missing"
        case badMember = "bad_member"
        case wrongUse = "wrong_use"
        case wrongOperations = "wrong_key_ops"
        case algorithmMismatch = "alg_mismatch"
        case privateInPublic = "private_in_public"
        case symmetricInPublic = "symmetric_in_public"
        case notPrivate = "not_private"
        case weakSecret = "weak_secret"
        case unacceptableKey = "unacceptable_key"
        case emptySet = "empty_set"
        case duplicateKeyID = "duplicate_kid"
        case mixedSet = "mixed_key_set"

        // Sealed texts (RFC 7516)
        case notSealed = "not_sealed"
        case wrongHeader = "wrong_header"
        case badIterationCount = "bad_p2c"
        case doesNotOpen = "does_not_open"

        case cryptoFailure = "crypto_failure"
    }
}

extension JOSEError: CustomStringConvertible {
    package var description: String { message }
}

/// Runs `body`, giving its crypto errors the form of this module.
func joining<Value: ~Copyable>(
    _ body: () throws(CryptoError) -> Value
) throws(JOSEError) -> Value {
    do throws(CryptoError) { return try body() } catch { throw JOSEError(error) }
}
