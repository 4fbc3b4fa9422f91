package import TokenCrypto
internal import TokenJOSE

/// `key generate`: makes a key that stands by: in the key set, verifying, not signing.
package struct KeyGeneration: Act {
    private let key: KeyMaterial
    private let reason: String?

    package init(_ algorithm: SignatureAlgorithm, kid: String?, reason: String?) throws {
        key = try KeyMaterial.generate(algorithm, kid: kid)
        self.reason = reason
    }

    package func decide(_ store: some StoreReading) throws -> KeyMaterial { key }

    package func preview(_ key: KeyMaterial) -> Preview {
        Preview(
            action: "key.generate", tier: .one, summary: "make a standby key for \(key.algorithm.rawValue)", count: 1)
    }

    package func apply(_ key: KeyMaterial, _ store: StoreWriter) throws -> Report {
        try store.insertKey(key, origin: .generated)
        var report = Report(
            action: "key.generate", items: [.init(key.kid, .created)],
            lines: ["\(key.kid) (\(key.algorithm.rawValue)) stands by"],
            details: [.init("kid", .string(key.kid)), .init("alg", .string(key.algorithm.rawValue))])
        report.audit = try store.audit("key.generate", target: key.kid, reason: reason, counts: ["keys": 1])
        return report
    }

    package func conclude(_ report: Report, _ store: Store, as actor: Actor) throws -> Report {
        try store.publishKeySet(after: "key \(key.kid) was made", as: actor)
        return report
    }
}
