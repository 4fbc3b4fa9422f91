internal import TokenJOSE

/// A JWT as a text: decoded for reading, with nothing verified. Also of tokens that are refused by design.
struct ReadableJWT {
    let header: JSON
    let claims: JSON?

    init(header: JSON, claims: JSON?) {
        self.header = header
        self.claims = claims
    }

    /// Nil where the first part is no JSON object in base64url: then it is no JOSE token of any kind.
    init?(_ token: [UInt8]) {
        guard token.count <= CompactJWS.maximumSize else { return nil }
        let parts = token.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard (2...3).contains(parts.count), let header = Self.object(parts[0]) else { return nil }
        self.init(header: header, claims: Self.object(parts[1]))
    }

    /// The strict parser of everything else: what it refuses, such as a member given twice, is not shown as one of two.
    static func object(_ part: ArraySlice<UInt8>) -> JSON? {
        guard let bytes = try? Base64URL.decode(part), let json = try? JSON(parsing: bytes), json.members != nil else {
            return nil
        }
        return json
    }

    /// What such a token is for, as far as it says so itself.
    var name: String {
        let algorithm = header["alg"]?.stringValue ?? "no alg"
        return "\(purpose) (JWT, \(algorithm))"
    }

    private var purpose: String {
        let type = (header["typ"]?.stringValue ?? "").lowercased()
        return switch type.hasPrefix("application/") ? String(type.dropFirst("application/".count)) : type {
        case "at+jwt": "access token"
        case "dpop+jwt": "DPoP proof"
        case "logout+jwt": "OpenID Connect logout token"
        case "secevent+jwt": "security event token"
        case "token-introspection+jwt": "introspection response"
        case "oauth-authz-req+jwt": "authorization request"
        case "entity-statement+jwt": "OpenID Federation entity statement"
        case "vc+jwt", "vp+jwt", "dc+sd-jwt", "vc+sd-jwt", "kb+jwt": "verifiable credential or presentation"
        case _ where claims?["nonce"] != nil || claims?["at_hash"] != nil: "perhaps an OpenID Connect ID token"
        default: "signed token"
        }
    }
}
