package import TokenCrypto

/// A signature beside what it signs (RFC 7515 appendix F): the compact form with nothing between its dots. The content may be of
/// any size and format; it is signed byte for byte as it stands in its file.
package struct DetachedJWS: Sendable {
    package let header: JSON
    package let algorithm: SignatureAlgorithm
    package let kid: String?
    package let typ: String?
    let protected: [UInt8]
    let signature: [UInt8]

    /// What the design refuses in the header of a token is refused here as well.
    package init(parsing text: [UInt8]) throws(JOSEError) {
        guard text.count <= CompactJWS.maximumSize else { throw JOSEError(.tooLarge) }
        let parts = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 3, parts[1].isEmpty else { throw JOSEError(.notThreeParts) }
        header = try JOSEHeader.read(parts[0])
        (algorithm, kid, typ) = try JOSEHeader.check(header)
        signature = try CompactJWS.decode(parts[2])
        protected = Array(parts[0])
    }

    /// What is signed (RFC 7515 §5.1): header and content in base64url, a dot between.
    static func signingInput(_ protected: [UInt8], _ content: ArraySlice<UInt8>) -> [UInt8] {
        protected + [UInt8(ascii: ".")] + Base64URL.encodedBytes(content)
    }
}

extension JWSSigner {
    /// Signs content that stays where it is. The header's `alg` is this signer's.
    package func sign(detached content: ArraySlice<UInt8>, header members: [JSON.Member]) throws(JOSEError) -> String {
        let header = JSON.object([.init("alg", .string(algorithm.rawValue))] + members)
        let protected = Base64URL.encode(header.serialized)
        let signature = try signature(of: DetachedJWS.signingInput(Array(protected.utf8), content))
        return protected + ".." + Base64URL.encode(signature)
    }
}

extension JWSVerifier {
    package func verify(_ jws: DetachedJWS, of content: ArraySlice<UInt8>) -> Bool {
        guard jws.algorithm == algorithm else { return false }
        return isValid(jws.signature, for: DetachedJWS.signingInput(jws.protected, content))
    }
}
