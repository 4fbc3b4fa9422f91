internal import TokenCrypto

/// The cryptography of a family: tags that prove a generation ours, and the successor sealed under the spent secret.
struct RefreshSecrets {
    /// Of this family alone, derived from the store's; knowing it lets nobody in.
    private let replayKey: [UInt8]
    private let family: Int64

    init(_ facts: StoreFacts, family: Int64) {
        replayKey = HMACSHA256.tag(of: Array("tokenctl replay \(family)".utf8), key: facts.replayKey)
        self.family = family
    }

    /// HMAC of the generation: a token of any earlier generation proves itself by it, without a row of its own.
    func tag(_ generation: Int64) -> [UInt8] {
        Array(HMACSHA256.tag(of: Array("\(generation)".utf8), key: replayKey).prefix(OpaqueToken.tagLength))
    }

    /// The next secret, for whoever holds the spent one: the store alone cannot open it.
    func seal(_ next: borrowing SecretBytes, under spent: borrowing SecretBytes, generation: Int64) throws -> [UInt8] {
        let nonce = try Entropy.bytes(12)
        let sealed = try AES256GCM.seal(
            next, key: key(spent, generation), nonce: nonce, authenticating: context(generation))
        return nonce + sealed.ciphertext + sealed.tag
    }

    /// The next secret again, or nil where `spent` is not the secret it was sealed under.
    func open(_ sealed: [UInt8], with spent: borrowing SecretBytes, generation: Int64) -> SecretBytes? {
        guard sealed.count == 12 + OpaqueToken.secretLength + 16 else { return nil }
        return AES256GCM.open(
            Array(sealed[12..<sealed.count - 16]), tag: Array(sealed.suffix(16)), key: key(spent, generation),
            nonce: Array(sealed.prefix(12)), authenticating: context(generation))
    }

    private func key(_ spent: borrowing SecretBytes, _ generation: Int64) -> SecretBytes {
        HKDFSHA256.derive(from: spent, salt: replayKey, info: context(generation), count: 32)
    }

    private func context(_ generation: Int64) -> [UInt8] {
        Array("tokenctl successor \(family) \(generation)".utf8)
    }
}

extension StoreReading {
    /// The family that a refresh token of any generation belongs to: its tag proves that, and for the newest its secret
    /// too. Nil for what we never gave out, so that nobody's guess touches a stranger's login.
    func family(provenBy token: OpaqueToken) throws -> RefreshFamily? {
        guard let family = try family(row: ids.restored(token.id, .family)) else { return nil }
        let generation = Int64(token.generation)
        let tag = RefreshSecrets(facts, family: family.id.row).tag(generation)
        guard ConstantTime.equal(token.tag, tag), (1...family.generation).contains(generation) else { return nil }
        guard generation < family.generation || ConstantTime.equal(SHA256.hash(token.secret), family.secretHash) else {
            return nil
        }
        return family
    }
}
