internal import TokenStorage

/// `session touch`: records that sessions are in use, where that moves their deadline by a useful amount.
///
/// Activity is a fact on the row, not an event: nothing is audited.
package struct SessionTouch: Act {
    package var sessions: [String]

    package init(_ sessions: [String]) {
        self.sessions = sessions
    }

    package struct Decision {
        var due: [Session]
        /// Seen so lately that writing would move nothing worth a write.
        var fresh: [Session]
    }

    package func decide(_ store: some StoreReading) throws -> Decision {
        let found = try store.sessions(named: sessions)
        let dead = found.filter { !$0.isAlive(at: store.now) }
        if let first = dead.first {
            throw Failure(
                .refused,
                dead.count == 1
                    ? "\(first.id) is not alive: \(first.pastEnd(at: store.now) ?? "")"
                    : "not alive: \(dead.map(\.id.text).joined(separator: ", "))",
                hint: "nothing was changed; what is over is not revived",
                target: dead.map(\.id.text).joined(separator: " "))
        }
        return Decision(
            due: found.filter { $0.isTouchDue(at: store.now) }, fresh: found.filter { !$0.isTouchDue(at: store.now) })
    }

    package func preview(_ decision: Decision) -> Preview {
        let count = decision.due.count
        return Preview(
            action: "session.touch", tier: .one,
            summary: count == 1 ? "move the idle deadline of \(decision.due[0].id)" : "move \(count) idle deadlines",
            count: count)
    }

    package func apply(_ decision: Decision, _ store: StoreWriter) throws -> Report {
        var items: [Report.Item] = []
        var lines: [String] = []
        for var session in decision.due {
            try store.touch(&session)
            items.append(.init(session.id.text, .changed))
            lines.append("\(session.id) of \(session.user) alive until \(session.aliveUntil.clockText(at: store.now))")
        }
        items += decision.fresh.map { .init($0.id.text, .unchanged, note: "seen \($0.lastSeenAt.rfc3339)") }
        return Report(action: "session.touch", items: items, lines: lines)
    }
}

extension Session {
    /// Whether activity now would move the end of this session's life by enough to be worth a write: a minute, or a tenth
    /// of a shorter timeout. Close to the absolute expiry nothing moves any more, so nothing is written.
    func isTouchDue(at now: Instant) -> Bool {
        min(now + idleTimeout, absoluteExpiry) - aliveUntil >= min(.seconds(60), idleTimeout / 10)
    }
}

extension StoreWriter {
    /// Moves the idle deadline, never past the absolute expiry.
    func touch(_ session: inout Session) throws {
        session.lastSeenAt = now
        session.aliveUntil = min(session.idleDeadline, session.absoluteExpiry)
        try execute(
            """
            UPDATE session SET last_seen_at = \(now), alive_until = \(session.aliveUntil)
            WHERE id = \(session.id.row) AND ended_at IS NULL
            """)
    }
}
