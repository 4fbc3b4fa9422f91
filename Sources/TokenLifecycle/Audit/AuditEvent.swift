internal import TokenCrypto
internal import TokenJOSE
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
    var canonical: [UInt8] {
        let counted = counts.sorted { $0.key < $1.key }.map { JSON.Member($0.key, .integer($0.value)) }
        return JSON.object([
            .init("actor", .string(actor.name)), .init("at", .integer(at.milliseconds)),
            .init("counts", .object(counted)), .init("reason", reason.map(JSON.string) ?? .null),
            .init("seq", .integer(seq)), .init("target", target.map(JSON.string) ?? .null),
            .init("uid", .integer(actor.uid)), .init("verb", .string(verb)),
        ]).canonical
    }

    /// What the first event builds on.
    static func origin(storeID: String, epoch: Int64) -> [UInt8] {
        SHA256.hash(Array("tokenctl audit \(storeID) \(epoch)".utf8))
    }

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
        guard let json = try? JSON(parsing: Array(try row.get(7, as: String.self).utf8)),
            case .object(let members) = json
        else { throw Failure(.untrusted, "audit event \(seq) does not read") }
        for member in members {
            // What is not hashed must not be there: a count that is no integer was added later.
            guard let count = member.value.integerValue else {
                throw Failure(.untrusted, "audit event \(seq) does not read")
            }
            counts[member.name] = count
        }
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
        let previous = try last?.get(1) ?? AuditEvent.origin(storeID: facts.storeID, epoch: facts.epoch)
        var event = AuditEvent(
            seq: try (last?.get(0, as: Int64.self) ?? 0) + 1, at: now, actor: actor, verb: verb, target: target,
            reason: reason, counts: counts)
        event.hash = event.chained(to: previous)
        let counted = JSON.object(counts.sorted { $0.key < $1.key }.map { .init($0.key, .integer($0.value)) }).text
        try execute(
            """
            INSERT INTO audit_event (seq, at, actor, uid, verb, target, reason, counts, hash)
            VALUES (\(event.seq), \(now), \(actor.name), \(actor.uid), \(verb), \(target), \(reason), \(counted),
                    \(event.hash))
            """)
        return event.seq
    }
}
