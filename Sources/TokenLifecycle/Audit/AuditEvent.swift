internal import TokenCrypto
package import TokenJOSE
internal import TokenStorage

/// One act as it was recorded: who, what, why, how much. Chained by hash to the event before.
package struct AuditEvent: Sendable {
    package var seq: Int64
    package var at: Instant
    package var actor: Actor
    package var verb: String
    package var target: String?
    package var reason: String?
    package var counts: [String: Int64]
    package var hash: [UInt8]

    /// The event without its hash, in the form that is hashed (RFC 8785).
    var canonical: [UInt8] { json.canonical }

    /// The event without its hash: `at` in Unix milliseconds, as it is stored.
    package var json: JSON {
        let counted = counts.sorted { $0.key < $1.key }.map { JSON.Member($0.key, .integer($0.value)) }
        return JSON.object([
            .init("actor", .string(actor.name)), .init("at", .integer(at.milliseconds)),
            .init("counts", .object(counted)), .init("reason", reason.map(JSON.string) ?? .null),
            .init("seq", .integer(seq)), .init("target", target.map(JSON.string) ?? .null),
            .init("uid", .integer(actor.uid)), .init("verb", .string(verb)),
        ])
    }

    /// What the first event builds on: the store, in its first epoch. A restore does not begin a chain anew, it goes on with an
    /// event that says which epoch begins.
    static func origin(storeID: String) -> [UInt8] { SHA256.hash(Array("tokenctl audit \(storeID) 1".utf8)) }

    /// The verb whose events begin an epoch.
    static let restoring = "backup.restore"

    /// Which epoch this event begins, where it does.
    var beginsEpoch: Int64? { verb == Self.restoring ? counts["epoch"] : nil }

    func chained(to previous: [UInt8]) -> [UInt8] { SHA256.hash(previous + canonical) }

    static let columns: SQL = "seq, at, actor, uid, verb, target, reason, counts, hash"

    init(_ row: Row) throws {
        seq = try row.get(0)
        at = try row.get(1)
        actor = Actor(name: try row.get(2), uid: try row.get(3))
        verb = try row.get(4)
        target = try row.get(5)
        reason = try row.get(6)
        hash = try row.get(8)
        counts = [:]
        let text: String = try row.get(7)
        for member in (try? JSON(parsing: Array(text.utf8)))?.members ?? [] {
            counts[member.name] = member.value.integerValue
        }
        // What is not hashed must not be there: neither a count that is no integer nor a blank.
        guard text == Self.text(of: counts) else { throw Failure(.untrusted, "audit event \(seq) does not read") }
    }

    /// As the counts are stored, in one way only.
    static func text(of counts: [String: Int64]) -> String {
        JSON.object(counts.sorted { $0.key < $1.key }.map { .init($0.key, .integer($0.value)) }).text
    }

    init(
        seq: Int64, at: Instant, actor: Actor, verb: String, target: String?, reason: String?, counts: [String: Int64]
    ) {
        self.seq = seq
        self.at = at
        self.actor = actor
        self.verb = verb
        self.target = target
        self.reason = reason
        self.counts = counts
        hash = []
    }
}

extension StoreWriter {
    /// Records an act in the transaction that does it; returns the event's sequence.
    @discardableResult
    func audit(_ verb: String, target: String? = nil, reason: String? = nil, counts: [String: Int64]) throws -> Int64 {
        let last = try sql.row("SELECT seq, hash FROM audit_event ORDER BY seq DESC LIMIT 1")
        let previous = try last?.get(1) ?? AuditEvent.origin(storeID: facts.storeID)
        var event = AuditEvent(
            seq: try (last?.get(0, as: Int64.self) ?? 0) + 1, at: now, actor: actor, verb: verb, target: target,
            reason: reason, counts: counts)
        event.hash = event.chained(to: previous)
        let counted = AuditEvent.text(of: counts)
        try execute(
            """
            INSERT INTO audit_event (seq, at, actor, uid, verb, target, reason, counts, hash)
            VALUES (\(event.seq), \(now), \(actor.name), \(actor.uid), \(verb), \(target), \(reason), \(counted),
                    \(event.hash))
            """)
        return event.seq
    }
}
