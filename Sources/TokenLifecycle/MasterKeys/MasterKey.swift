internal import TokenCrypto
internal import TokenJOSE

/// The 256-bit key that seals private signing keys at rest. Never in the database: the store keeps only its id.
package final class MasterKey: Sendable {
    /// Derived from the key by HMAC: says which key is meant and nothing about it.
    package let id: String
    private let secret: SecretBytes

    init(_ secret: consuming SecretBytes) {
        id = Base64URL.encode(
            Array(HMACSHA256.tag(of: Array("tokenctl master key id".utf8), key: secret).prefix(12)))
        self.secret = secret
    }

    package static func generate() throws(Failure) -> MasterKey {
        do { return MasterKey(try Entropy.secret(32)) } catch {
            throw Failure(.bug, "no random bytes for a master key")
        }
    }

    /// Seals a private key as an encrypted JWK (RFC 7517 §7) that only opens in its own context.
    func seal(_ key: PrivateJWK, context: SealContext) throws -> String {
        try SealedKey.seal(key.text, context: context.text, masterKey: secret)
    }

    /// The private key again; a key that does not open under its own context cannot be trusted.
    func open(_ sealed: String, context: SealContext) throws -> PrivateJWK {
        do {
            let text = try SealedKey.open(sealed, context: context.text, masterKey: secret)
            // A weak secret was judged when it was imported: what was let in then must open now.
            return try PrivateJWK(parsing: text, allowWeak: true)
        } catch {
            throw Failure(
                .untrusted, "the sealed key \(context.kid) does not open, though the master key is the right one",
                hint: "the row was altered or comes from another store; restore it from a backup", target: context.kid)
        }
    }

    /// The key as a JWK of type `oct` (RFC 7518 §6.4), so any JOSE tool opens a sealed key with it.
    func jwkText() -> SecretBytes {
        var text = SecretBuilder()
        text.append(#"{"kty":"oct","kid":"\#(id)","k":""#)
        Base64URL.append(secret, to: &text)
        text.append(#""}"#)
        return text.finish()
    }

    /// Nil unless `text` is a JWK of type `oct` with 256 bits.
    init?(jwk text: borrowing SecretBytes) {
        let read = try? PrivateJWK(parsing: text)
        guard let secret = try? read?.secret(), secret.count == 32 else { return nil }
        id = Base64URL.encode(
            Array(HMACSHA256.tag(of: Array("tokenctl master key id".utf8), key: secret).prefix(12)))
        self.secret = secret
    }
}

/// Which row a sealed key belongs to; compared after opening, so rows cannot be swapped between stores or kids.
package struct SealContext: Sendable {
    var storeID: String
    var kid: String
    var algorithm: String

    var text: String { "\(storeID):\(kid):\(algorithm)" }

    static func identity(_ storeID: String) -> SealContext {
        SealContext(storeID: storeID, kid: "identity", algorithm: SignatureAlgorithm.edDSA.rawValue)
    }
}

extension [UInt8] {
    /// Without one newline at the end, as editors leave it.
    var trimmingNewline: [UInt8] {
        var bytes = self
        if bytes.last == 0x0A { bytes.removeLast() }
        if bytes.last == 0x0D { bytes.removeLast() }
        return bytes
    }
}
