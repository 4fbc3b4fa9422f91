internal import TokenCrypto
package import TokenJOSE
internal import TokenStorage

/// The keys that verifiers must know: a JWKS (RFC 7517 §5) of public halves, never a secret.
package struct KeySet: Sendable {
    package var kids: [String]
    package var json: JSON

    /// As it is published: members in one order, keys in the order they were made, so the same set is the same bytes.
    package var bytes: [UInt8] { json.serialized + [UInt8(ascii: "\n")] }
}

extension StoreReading {
    package func keySet() throws -> KeySet {
        let keys = try signingSchedule().keys.filter { !$0.algorithm.isSymmetric }
        let members = try keys.map { key -> JSON in try key.jwk().json(kid: key.kid, alg: key.algorithm) }
        return KeySet(kids: keys.map(\.kid), json: .object([.init("keys", .array(members))]))
    }
}

/// `key publish`: writes the key set and records that verifiers can fetch it from now on.
///
/// Both happen in one write transaction, so two publishers cannot overtake each other with an older set.
package struct KeyPublication {
    package var path: String?
    package var reason: String?

    package init(path: String?, reason: String? = nil) {
        self.path = path
        self.reason = reason
    }

    package func run(_ store: Store, as actor: Actor) throws -> Report {
        try store.write(as: actor) { writer in
            guard let path = path ?? writer.policies.keySetFile else {
                throw Failure(
                    .usage, "there is no file to publish to",
                    hint: "name one, or 'tokenctl policy set jwks.file PATH'")
            }
            return try publish(to: path, writer)
        }
    }

    private func publish(to path: String, _ store: StoreWriter) throws -> Report {
        let set = try store.keySet()
        let bytes = set.bytes
        let isCurrent = (try? InputFile.read(path, limit: 1 << 20)) == bytes
        if !isCurrent { try AtomicFile.write(bytes, to: path, mode: 0o644) }
        let fresh = try store.execute(
            """
            UPDATE signing_key SET published_at = \(store.now)
            WHERE published_at IS NULL AND public_jwk IS NOT NULL AND removed_at IS NULL AND revoked_at IS NULL
            """)
        let kids = JSON.array(set.kids.map(JSON.string)).text
        try store.execute(
            """
            INSERT INTO publication (at, path, kids, sha256)
            VALUES (\(store.now), \(path), \(kids), \(SHA256.hash(bytes)))
            """)
        try store.execute(
            "DELETE FROM publication WHERE id <= (SELECT max(id) FROM publication) - 100")
        let changed = !isCurrent || fresh > 0
        var report = Report(
            action: "key.publish", items: set.kids.map { .init($0, changed ? .published : .unchanged) },
            lines: [
                changed
                    ? "published \(set.kids.count) keys to \(path)"
                    : "\(path) is up to date, \(set.kids.count) keys"
            ], details: [.init("path", .string(path))])
        if changed {
            report.audit = try store.audit(
                "key.publish", target: path, reason: reason, counts: ["keys": Int64(set.kids.count)])
        }
        return report
    }
}

extension Store {
    /// Publishes after an act changed the key set; what the act did stands even if this fails, and the failure says so.
    func publishKeySet(after done: String, as actor: Actor) throws {
        do {
            guard try read({ $0.policies.keySetFile }) != nil else { return }
            _ = try KeyPublication(path: nil).run(self, as: actor)
        } catch let failure as Failure {
            throw Failure(
                failure.kind, "\(done), but the key set was not published: \(failure.message)",
                hint: "mend that and run 'tokenctl key publish': until then verifiers do not know the newest keys")
        }
    }
}
