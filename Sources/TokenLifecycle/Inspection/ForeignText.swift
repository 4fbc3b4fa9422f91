internal import TokenJOSE

/// What a text is that is neither an opaque token of ours nor a signed JWT: told by its form alone, which proves nothing.
struct ForeignText {
    let inspection: Inspection

    init?(_ token: [UInt8], _ ids: PublicIDs) {
        // Only ASCII has these forms; what is no text at all is left to the guess.
        guard token.allSatisfy({ $0 < 0x80 && $0 != 0 }) else { return nil }
        let text = String(decoding: token, as: UTF8.self)
        let recognised =
            Self.header(text) ?? Self.id(text, ids) ?? Self.key(text) ?? Self.jose(token) ?? Self.paseto(text)
            ?? Self.saml(text) ?? Self.fernet(token) ?? Self.credential(text)
        guard let recognised else { return nil }
        inspection = recognised
    }

    private static func recognised(
        _ kind: Inspection.Kind, _ what: String, _ reason: RefusalReason, _ why: String, header: JSON? = nil,
        claims: JSON? = nil
    ) -> Inspection {
        var verification = Verification(checks: [.no("form", reason, why)])
        verification.header = header
        verification.payload = claims
        return Inspection(kind, what, verification)
    }

    // MARK: Of ours, but no token

    private static func header(_ text: String) -> Inspection? {
        let line = text.lowercased()
        let isBearer = line.hasPrefix("bearer ") || line.hasPrefix("authorization:")
        let isCookie = line.hasPrefix("cookie:") || line.hasPrefix("set-cookie:") || line.contains("=tks_")
        guard isBearer || isCookie else { return nil }
        return recognised(
            .header, isBearer ? "Authorization header" : "cookie header", .wrongKind,
            isBearer ? "the token is what follows the word Bearer" : "the token is what follows the = of the cookie")
    }

    private static func id(_ text: String, _ ids: PublicIDs) -> Inspection? {
        if ids.row(of: text, .session) != nil {
            let why = "it names a session and opens nothing: 'tokenctl session show' tells of it"
            return recognised(.id, "session id", .wrongKind, why)
        }
        guard ids.row(of: text, .family) != nil else { return nil }
        let why = "it names a refresh token family and opens nothing: 'tokenctl refresh show' tells of it"
        return recognised(.id, "refresh token family id", .wrongKind, why)
    }

    // MARK: Keys

    private static func key(_ text: String) -> Inspection? {
        if text.hasPrefix("-----BEGIN ") {
            let isPrivate = text.contains("PRIVATE KEY")
            return recognised(
                .key, isPrivate ? "private key (PEM)" : "PEM", .wrongKind,
                isPrivate ? "a secret, and no token: treat it as leaked where it was shown" : "no token")
        }
        guard text.hasPrefix("{"), let json = try? JSON(parsing: Array(text.utf8)) else { return nil }
        if json["keys"]?.arrayValue != nil { return recognised(.key, "key set (JWKS)", .wrongKind, "keys, no token") }
        guard json["kty"] != nil else { return nil }
        let isSecret = json["d"] != nil || json["k"] != nil
        return recognised(
            .key, isSecret ? "secret key (JWK)" : "public key (JWK)", .wrongKind,
            isSecret ? "a secret, and no token: treat it as leaked where it was shown" : "a key, no token")
    }

    // MARK: Tokens of other kinds

    private static func jose(_ token: [UInt8]) -> Inspection? {
        if token.first == UInt8(ascii: "{"), let json = try? JSON(parsing: token) {
            let isEncrypted = json["ciphertext"] != nil
            guard isEncrypted || json["payload"] != nil || json["signatures"] != nil else { return nil }
            let what = isEncrypted ? "encrypted token (JWE)" : "signed token (JWS)"
            return recognised(
                .joseJSON, what + " in JSON serialization", .unsupported, "only the compact form is accepted")
        }
        let parts = token.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 5, let header = ReadableJWT.object(parts[0]) else { return nil }
        let method = "\(header["alg"]?.stringValue ?? "?"), \(header["enc"]?.stringValue ?? "?")"
        return recognised(
            .jwe, "encrypted token (JWE, \(method))", .unsupported,
            "what it says, only the holder of its key can read", header: header)
    }

    /// `v4.public.…`: a signed one is readable, its payload before a signature of known length.
    private static func paseto(_ text: String) -> Inspection? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard (3...4).contains(parts.count), let signature = ["v1": 256, "v2": 64, "v3": 96, "v4": 64][parts[0]],
            parts[1] == "public" || parts[1] == "local"
        else { return nil }
        var claims: JSON?
        if parts[1] == "public", let bytes = try? Base64URL.decode(String(parts[2])), bytes.count > signature,
            let json = try? JSON(parsing: Array(bytes.dropLast(signature))), json.members != nil
        {
            claims = json
        }
        return recognised(
            .paseto, "PASETO (\(parts[0]), \(parts[1] == "public" ? "signed" : "encrypted"))", .unsupported,
            "not issued by tokenctl, which makes JWTs", claims: claims)
    }

    private static func saml(_ text: String) -> Inspection? {
        // "PHNhbW" and "PD94bW" begin "<saml" and "<?xml" in base64.
        let isXML = text.hasPrefix("<") && text.contains(":Assertion") || text.hasPrefix("<saml")
        guard isXML || text.hasPrefix("PHNhbW") || text.hasPrefix("PD94bW") else { return nil }
        return recognised(.saml, "SAML message or other XML", .unsupported, "not issued by tokenctl")
    }

    /// Version 0x80, eight bytes of seconds, then ciphertext: only the time can be read.
    private static func fernet(_ token: [UInt8]) -> Inspection? {
        guard token.starts(with: "gAAAA".utf8) else { return nil }
        let digits = Array(token.reversed().drop { $0 == UInt8(ascii: "=") }.reversed())
        guard let bytes = try? Base64URL.decode(digits), bytes.count >= 73, bytes.first == 0x80 else { return nil }
        let seconds = bytes[1..<9].reduce(0) { $0 << 8 | UInt64($1) }
        guard seconds <= UInt64(JWTClaims.allowedTimes.upperBound) else { return nil }
        let made = Instant(seconds: Int64(seconds)).rfc3339Seconds
        return recognised(.fernet, "Fernet token of \(made)", .unsupported, "encrypted, and not issued by tokenctl")
    }

    private static let prefixes: [(String, String)] = [
        ("ghp_", "GitHub"), ("gho_", "GitHub"), ("ghu_", "GitHub"), ("ghs_", "GitHub"), ("ghr_", "GitHub"),
        ("github_pat_", "GitHub"), ("glpat-", "GitLab"), ("xoxb-", "Slack"), ("xoxp-", "Slack"), ("sk_live_", "Stripe"),
        ("sk_test_", "Stripe"), ("AKIA", "AWS"), ("ASIA", "AWS"), ("hvs.", "Vault"), ("ya29.", "Google"),
        ("npm_", "npm"), ("pypi-", "PyPI"), ("ory_at_", "Ory Hydra"), ("ory_rt_", "Ory Hydra"), ("SG.", "SendGrid"),
    ]

    private static func credential(_ text: String) -> Inspection? {
        guard text.utf8.count >= 16, let (_, name) = prefixes.first(where: { text.hasPrefix($0.0) }) else { return nil }
        return recognised(
            .credential, "looks like a credential of \(name)", .wrongKind,
            "revoke it there if it was shown here by mistake")
    }

    // MARK: Anything else

    /// What can be said of a text that has no form at all; never any of it.
    static func guess(_ token: [UInt8]) -> String {
        let size = token.count == 1 ? "1 byte" : "\(token.count) bytes"
        guard let text = String(validating: token, as: UTF8.self), text.unicodeScalars.allSatisfy({ $0.value >= 0x20 })
        else { return "\(size) that are no line of text" }
        if text.utf8.count(where: { $0 == UInt8(ascii: ".") }) > 0, text.hasPrefix("ey") {
            return "\(size) that begin like a JWT, damaged or cut"
        }
        if text.allSatisfy(\.isHexDigit), token.count >= 16 {
            return "\(size) of hexadecimal: perhaps a digest or a random secret"
        }
        let isUUID = text.wholeMatch(of: /[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}/) != nil
        if isUUID { return "a UUID" }
        if (try? Base64URL.decode(token)) != nil, token.count >= 16 {
            return "\(size) of base64url: perhaps a jti, 'tokenctl denylist check' looks one up"
        }
        return "\(size) of text in no form of a token"
    }
}
