/// The claims of a token (RFC 7519 §4.1, RFC 9068 §2.2), read by type and not yet judged. A claim that is there with a wrong
/// type makes the token malformed; one that is absent is nil.
package struct JWTClaims: Sendable {
    package let iss: String?
    package let sub: String?
    /// One or several; empty when absent.
    package let aud: [String]
    package let clientID: String?
    /// Unix seconds, UTC, as are the other times.
    package let iat: Int64?
    package let exp: Int64?
    package let nbf: Int64?
    package let jti: String?
    package let sid: String?
    /// Words separated by single spaces (RFC 6749 §3.3); not taken apart here.
    package let scope: String?
    /// All claims, these among them.
    package let json: JSON

    /// Seconds that a NumericDate may have: 1970 to the end of 9999. RFC 7519 also allows fractions; those are refused
    /// knowingly, `1700000000.0` included, because two readers round them differently.
    package static let allowedTimes: ClosedRange<Int64> = 0...253_402_300_799

    package init(payload: [UInt8]) throws(JOSEError) {
        let json: JSON
        do throws(JSONError) { json = try JSON(parsing: payload) } catch { throw JOSEError(error) }
        try self.init(json)
    }

    package init(_ json: JSON) throws(JOSEError) {
        guard json.members != nil else { throw JOSEError(.notAnObject) }
        self.json = json
        iss = try Self.text("iss", in: json, orThrow: .badIssuer)
        sub = try Self.text("sub", in: json, orThrow: .badSubject)
        aud = try Self.audience(in: json)
        clientID = try Self.text("client_id", in: json, orThrow: .badClientID)
        iat = try Self.time("iat", in: json, orThrow: .badIssuedAt)
        exp = try Self.time("exp", in: json, orThrow: .badExpiry)
        nbf = try Self.time("nbf", in: json, orThrow: .badNotBefore)
        jti = try Self.text("jti", in: json, orThrow: .badTokenID)
        sid = try Self.text("sid", in: json, orThrow: .badSessionID)
        scope = try Self.text("scope", in: json, orThrow: .badScope)
    }

    private static func text(
        _ name: String, in json: JSON, orThrow reason: JOSEError.Reason
    ) throws(JOSEError) -> String? {
        guard let value = json[name] else { return nil }
        guard let text = value.stringValue else { throw JOSEError(reason) }
        return text
    }

    private static func time(
        _ name: String, in json: JSON, orThrow reason: JOSEError.Reason
    ) throws(JOSEError) -> Int64? {
        guard let value = json[name] else { return nil }
        guard let seconds = value.integerValue, allowedTimes.contains(seconds) else { throw JOSEError(reason) }
        return seconds
    }

    /// RFC 7519 §4.1.3: an array of strings, or one string.
    private static func audience(in json: JSON) throws(JOSEError) -> [String] {
        switch json["aud"] {
        case nil: return []
        case .string(let one): return [one]
        case .array(let values):
            let names = values.compactMap(\.stringValue)
            guard names.count == values.count else { throw JOSEError(.badAudience) }
            return names
        default: throw JOSEError(.badAudience)
        }
    }
}
