internal import TokenCrypto
internal import TokenJOSE
internal import TokenStorage

/// `key publish`: writes the key set and records that verifiers can fetch it from now on.
///
/// Both happen in one write transaction, so two publishers cannot overtake each other with an older set.
package struct KeyPublication: Act {
    package var path: String?
    package var reason: String?

    /// Web servers run as somebody else; what is in it is public.
    static let mode: UInt32 = 0o644

    /// Nil publishes to the policy `jwks.file`.
    package init(path: String? = nil, reason: String? = nil) {
        self.path = path
        self.reason = reason
    }

    package struct Decision {
        var path: String
        var set: KeySet
        /// The file has this content and everybody may read it.
        var isCurrent: Bool
        /// Kids that no publication has shown yet, where this one counts as theirs.
        var fresh: [String]
        /// The file that rotation publishes to, where this is another.
        var elsewhere: String?

        var isDone: Bool { isCurrent && fresh.isEmpty }
    }

    package func decide(_ store: some StoreReading) throws -> Decision {
        guard let path = try path ?? store.policies.keySetFile else {
            throw Failure(
                .usage, "there is no file to publish to", hint: "name one, or 'tokenctl policy set jwks.file PATH'")
        }
        try store.keyring.refuseOverwriting(path)
        let set = try store.keySet()
        let file = PublishedFile(at: path)
        let published = Set(try store.signingSchedule().keys.filter { $0.publishedAt != nil }.map(\.kid))
        let elsewhere = try store.policies.keySetFile.flatMap { Files.areSame($0, path) ? nil : $0 }
        return Decision(
            path: path, set: set, isCurrent: file?.bytes == set.bytes && file?.mode == Self.mode,
            fresh: elsewhere == nil ? set.kids.filter { !published.contains($0) } : [], elsewhere: elsewhere)
    }

    package func preview(_ decision: Decision) -> Preview {
        var preview = Preview(
            action: "key.publish", tier: .one,
            summary: decision.isDone
                ? "\(decision.path) is up to date"
                : "publish \(decision.set.kids.count.counted("key")) to \(decision.path)",
            count: decision.isDone ? 0 : decision.set.kids.count)
        preview.notes = warnings(decision)
        return preview
    }

    /// A second file is nobody's but the operator's: no rotation waits for its verifiers, and none writes it anew.
    private func warnings(_ decision: Decision) -> [String] {
        decision.elsewhere.map {
            [
                "jwks.file is \($0): rotation publishes there by itself, and not to \(decision.path)",
                "whoever reads \(decision.path) learns of new and of revoked keys only when it is published again",
            ]
        } ?? []
    }

    package func apply(_ decision: Decision, _ store: StoreWriter) throws -> Report {
        let bytes = decision.set.bytes
        let kids = decision.set.kids
        guard !decision.isDone else {
            return Report(
                action: "key.publish", items: kids.map { .init($0, .unchanged) },
                lines: ["\(decision.path) is up to date, \(kids.count.counted("key"))"] + warnings(decision),
                details: [.init("path", .string(decision.path))])
        }
        if !decision.isCurrent { try AtomicFile.write(bytes, to: decision.path, mode: Self.mode) }
        try store.recordPublication(of: decision.set, path: decision.path, isFirstHand: decision.elsewhere == nil)
        var report = Report(
            action: "key.publish",
            items: kids.map { .init($0, !decision.isCurrent || decision.fresh.contains($0) ? .published : .unchanged) },
            lines: ["published \(kids.count.counted("key")) to \(decision.path)"] + warnings(decision),
            details: [.init("path", .string(decision.path))])
        report.audit = try store.audit(
            "key.publish", target: decision.path, reason: reason, counts: ["keys": Int64(kids.count)])
        return report
    }
}

extension Store {
    /// Publishes where the key set changed or an earlier publication failed; nil where nothing was to do or there is no file.
    /// What was done before stands even if this fails, and the failure says so.
    @discardableResult
    func publishKeySet(after done: String, as actor: Actor) throws -> Report? {
        do {
            let publication = KeyPublication()
            let isDue = try read { try $0.policies.keySetFile != nil && !publication.decide($0).isDone }
            return isDue ? try run(publication, as: actor) : nil
        } catch let failure as Failure {
            throw Failure(
                failure.kind, "\(done), but the key set was not published: \(failure.message)",
                hint: "mend that and run 'tokenctl key publish': until then verifiers do not know the newest keys")
        }
    }
}

extension StoreReading {
    /// Whether the key set shows a key that no verifier can know yet.
    func hasUnpublishedKeys() throws -> Bool {
        try signingSchedule().keys.contains { $0.publishedAt == nil && !$0.algorithm.isSymmetric }
    }
}

extension StoreWriter {
    /// Records that verifiers can fetch this key set from now on: from the file at `path`, or where that is nil from a
    /// library that serves it. A copy beside `jwks.file` is no publication of new keys: those who read that one lack them.
    func recordPublication(of set: KeySet, path: String?, isFirstHand: Bool = true) throws {
        let mode = path == nil ? nil : Int64(KeyPublication.mode)
        if isFirstHand {
            try execute(
                """
                UPDATE signing_key SET published_at = \(now), known_at = \(known(publishedAt: now))
                WHERE published_at IS NULL AND public_jwk IS NOT NULL AND removed_at IS NULL AND revoked_at IS NULL
                """)
        }
        try execute(
            """
            INSERT INTO publication (at, path, mode, kids, sha256)
            VALUES (\(now), \(path), \(mode), \(JSON.array(set.kids.map(JSON.string)).text), \(SHA256.hash(set.bytes)))
            """)
        // Some history, and of every file its newest: revoking asks which of them still carry a key.
        try execute(
            """
            DELETE FROM publication WHERE id <= (SELECT max(id) FROM publication) - 100
              AND id NOT IN (SELECT max(id) FROM publication GROUP BY path)
            """)
    }
}
