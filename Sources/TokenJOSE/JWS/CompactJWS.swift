package import TokenCrypto

/// A signed token in compact form (RFC 7515 §3.1, §7.1), taken apart and not yet verified. What the design refuses is refused
/// here, before any key is looked at.
package struct CompactJWS: Sendable {
    /// Bytes of the largest token: more than any real one, less than what a proxy lets through.
    package static let maximumSize = 8192

    package let header: JSON
    package let algorithm: SignatureAlgorithm
    package let kid: String?
    package let typ: String?
    package let payload: [UInt8]
    package let signature: [UInt8]
    /// What is signed: the first two parts and the dot between them, as they were written.
    package let signingInput: [UInt8]

    package var alg: String { algorithm.rawValue }

    package init(parsing text: [UInt8]) throws(JOSEError) {
        let dots = try Self.dots(in: text)
        header = try JOSEHeader.read(text[..<dots.0])
        (algorithm, kid, typ) = try JOSEHeader.check(header)
        payload = try Self.decode(text[(dots.0 + 1)..<dots.1])
        signature = try Self.decode(text[(dots.1 + 1)...])
        signingInput = Array(text[..<dots.1])
    }

    package init(parsing text: String) throws(JOSEError) {
        try self.init(parsing: Array(text.utf8))
    }

    /// Where the two dots are.
    private static func dots(in text: [UInt8]) throws(JOSEError) -> (Int, Int) {
        guard let first = text.first else { throw JOSEError(.empty) }
        guard text.count <= maximumSize else { throw JOSEError(.tooLarge) }
        guard first != UInt8(ascii: "{") else { throw JOSEError(.jsonSerialization) }
        var dots = 0
        var (header, payload) = (0, 0)
        for (index, byte) in text.enumerated() where byte == UInt8(ascii: ".") {
            if dots == 0 { header = index } else { payload = index }
            dots += 1
        }
        guard dots != 4 else { throw JOSEError(.jwe) }
        guard dots == 2 else { throw JOSEError(.notThreeParts) }
        return (header, payload)
    }

    static func decode(_ part: ArraySlice<UInt8>) throws(JOSEError) -> [UInt8] {
        do throws(Base64URLError) { return try Base64URL.decode(part) } catch {
            throw JOSEError(.badBase64URL, error.sentence)
        }
    }
}

/// The rules for the header of a token (RFC 7515 §4.1, RFC 8725 §3).
enum JOSEHeader {
    static func read(_ part: ArraySlice<UInt8>) throws(JOSEError) -> JSON {
        let bytes = try CompactJWS.decode(part)
        let header: JSON
        do throws(JSONError) { header = try JSON(parsing: bytes) } catch { throw JOSEError(error) }
        guard header.members != nil else { throw JOSEError(.notAnObject) }
        return header
    }

    static func check(
        _ header: JSON
    ) throws(JOSEError) -> (algorithm: SignatureAlgorithm, kid: String?, typ: String?) {
        for member in header.members ?? [] {
            if let reason = refused(member.name) { throw JOSEError(reason) }
        }
        let algorithm = try algorithm(of: header)
        // RFC 7519 §5.2: a content type of JWT announces a token inside the token.
        if let cty = try text("cty", in: header, orThrow: .badContentType), cty.uppercased().hasSuffix("JWT") {
            throw JOSEError(.nested)
        }
        return (
            algorithm, try text("kid", in: header, orThrow: .badKeyID), try text("typ", in: header, orThrow: .badType)
        )
    }

    /// Members that would change what a signature means, or let a token choose its own key.
    private static func refused(_ name: String) -> JOSEError.Reason? {
        switch name {
        case "crit": .crit
        case "b64": .b64
        case "jku": .jku
        case "x5u": .x5u
        case "jwk": .jwk
        case "x5c": .x5c
        case "x5t", "x5t#S256": .x5t
        case "zip": .zip
        case "enc": .jwe
        default: nil
        }
    }

    private static func algorithm(of header: JSON) throws(JOSEError) -> SignatureAlgorithm {
        guard let name = try text("alg", in: header, orThrow: .badAlgorithm) else { throw JOSEError(.algorithmMissing) }
        guard name.lowercased() != "none" else { throw JOSEError(.algorithmNone) }
        guard let algorithm = SignatureAlgorithm(rawValue: name) else { throw JOSEError(.unsupportedAlgorithm) }
        return algorithm
    }

    private static func text(
        _ name: String, in header: JSON, orThrow reason: JOSEError.Reason
    ) throws(JOSEError) -> String? {
        guard let value = header[name] else { return nil }
        guard let text = value.stringValue else { throw JOSEError(reason) }
        return text
    }
}
