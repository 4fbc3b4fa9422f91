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
package struct KeyPublication: Act {
    package var path: String?
    package var reason: String?

    /// Nil publishes to the policy `jwks.file`.
    package init(path: String? = nil, reason: String? = nil) {
        self.path = path
        self.reason = reason
    }

    package struct Decision {
        var path: String
        var set: KeySet
        var isCurrent: Bool
        /// Kids that no publication has shown yet.
        var fresh: [String]
    }

    package func decide(_ store: some StoreReading) throws -> Decision {
        guard let path = path ?? store.policies.keySetFile else {
            throw Failure(
                .usage, "there is no file to publish to", hint: "name one, or 'tokenctl policy set jwks.file PATH'")
        }
        let set = try store.keySet()
        let isCurrent = (try? InputFile.read(path, limit: 1 << 20)) == set.bytes
        let published = Set(try store.signingSchedule().keys.filter { $0.publishedAt != nil }.map(\.kid))
        return Decision(path: path, set: set, isCurrent: isCurrent, fresh: set.kids.filter { !published.contains($0) })
    }

    package func preview(_ decision: Decision) -> Preview {
        let isDone = decision.isCurrent && decision.fresh.isEmpty
        return Preview(
            action: "key.publish", tier: .one,
            summary: isDone
                ? "\(decision.path) is up to date"
                : "publish \(decision.set.kids.count.counted("key")) to \(decision.path)",
            count: isDone ? 0 : decision.set.kids.count)
    }

    package func apply(_ decision: Decision, _ store: StoreWriter) throws -> Report {
        let bytes = decision.set.bytes
        let kids = decision.set.kids
        guard !decision.isCurrent || !decision.fresh.isEmpty else {
            return Report(
                action: "key.publish", items: kids.map { .init($0, .unchanged) },
                lines: ["\(decision.path) is up to date, \(kids.count.counted("key"))"],
                details: [.init("path", .string(decision.path))])
        }
        if !decision.isCurrent { try AtomicFile.write(bytes, to: decision.path, mode: 0o644) }
        try store.recordPublication(of: decision.set, path: decision.path)
        var report = Report(
            action: "key.publish",
            items: kids.map { .init($0, !decision.isCurrent || decision.fresh.contains($0) ? .published : .unchanged) },
            lines: ["published \(kids.count.counted("key")) to \(decision.path)"],
            details: [.init("path", .string(decision.path))])
        report.audit = try store.audit(
            "key.publish", target: decision.path, reason: reason, counts: ["keys": Int64(kids.count)])
        return report
    }
}

extension StoreReading {
    /// Whether the key set shows a key that no verifier can know yet.
    func hasUnpublishedKeys() throws -> Bool {
        try signingSchedule().keys.contains { $0.publishedAt == nil && !$0.algorithm.isSymmetric }
    }
}

extension StoreWriter {
    /// Records that verifiers can fetch this key set from now on: from the file at `path`, or from a library that serves it.
    func recordPublication(of set: KeySet, path: String?) throws {
        try execute(
            """
            UPDATE signing_key SET published_at = \(now)
            WHERE published_at IS NULL AND public_jwk IS NOT NULL AND removed_at IS NULL AND revoked_at IS NULL
            """)
        try execute(
            """
            INSERT INTO publication (at, path, kids, sha256)
            VALUES (\(now), \(path), \(JSON.array(set.kids.map(JSON.string)).text), \(SHA256.hash(set.bytes)))
            """)
        try execute("DELETE FROM publication WHERE id <= (SELECT max(id) FROM publication) - 100")
    }
}

extension Store {
    /// Publishes after an act changed the key set; what the act did stands even if this fails, and the failure says so.
    func publishKeySet(after done: String, as actor: Actor) throws {
        do {
            guard try read({ $0.policies.keySetFile }) != nil else { return }
            try run(KeyPublication(), as: actor)
        } catch let failure as Failure {
            throw Failure(
                failure.kind, "\(done), but the key set was not published: \(failure.message)",
                hint: "mend that and run 'tokenctl key publish': until then verifiers do not know the newest keys")
        }
    }
}
