internal import TokenCrypto
internal import TokenJOSE

extension StoreReading {
    /// The public half of a key as PEM. A shared secret has none: `.refused`.
    package func publicPEM(named name: String) throws -> String {
        let key = try key(named: name)
        guard !key.algorithm.isSymmetric else { throw Failure.hasNoPEM(key) }
        return try key.jwk().pem()
    }
}

/// `key export pem --private`: writes the private half to a new file. The one way in which it leaves the store, so it is
/// recorded first: an export that failed may stand in the record, one that succeeded never lacks there.
package struct PrivateKeyExport: Act {
    private let name: String
    private let path: String
    private let reason: String?

    /// `path` is absolute.
    package init(_ name: String, to path: String, reason: String?) {
        self.name = name
        self.path = path
        self.reason = reason
    }

    package func decide(_ store: some StoreReading) throws -> SigningKey {
        let key = try store.key(named: name)
        guard !key.algorithm.isSymmetric else { throw Failure.hasNoPEM(key) }
        guard key.hasPrivateHalf else {
            let when = key.overwrittenAt.map { "was destroyed \($0.rfc3339)" } ?? "was never here"
            throw Failure(.refused, "the private half of key \(key.kid) \(when)", target: key.kid)
        }
        // What a killed export left beside it holds the key too.
        AtomicFile.removeAbandoned(beside: path)
        guard !Files.exists(path) else {
            throw Failure(
                .cannotCreate, "\(path) is there already", hint: "a secret goes into a new file", target: path)
        }
        return key
    }

    package func preview(_ key: SigningKey) -> Preview {
        var preview = Preview(
            action: "key.export", tier: .three, summary: "write the private half of key \(key.kid) to \(path)",
            count: 1,
            word: path.split(separator: "/").last.map(String.init))
        preview.notes = ["without a passphrase: whoever reads the file can sign tokens as this store"]
        return preview
    }

    package func apply(_ key: SigningKey, _ store: StoreWriter) throws -> Report {
        _ = try store.keyring.privateJWK(of: key, store.facts)
        var report = Report(
            action: "key.export", items: [.init(key.kid, .changed, note: "exported")],
            lines: ["the private half of \(key.kid) is in \(path)"], details: [.init("path", .string(path))])
        report.audit = try store.audit("key.export", target: key.kid, reason: reason, counts: ["keys": 1])
        return report
    }

    package func conclude(_ report: Report, _ store: Store, as actor: Actor) throws -> Report {
        let pem = try store.read { reader in
            try reader.keyring.privateJWK(of: reader.key(named: name), reader.facts).pem().withUnsafeBytes { Array($0) }
        }
        guard try NewFile.write(pem, to: path, makingFolders: false) else {
            throw Failure(.cannotCreate, "\(path) appeared meanwhile; nothing was written", target: path)
        }
        return report
    }
}

extension Failure {
    fileprivate static func hasNoPEM(_ key: SigningKey) -> Failure {
        Failure(
            .refused, "key \(key.kid) is a shared secret, which has no PEM form and never leaves the store",
            target: key.kid)
    }
}
