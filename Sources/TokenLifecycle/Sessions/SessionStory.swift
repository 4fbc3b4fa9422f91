internal import TokenStorage

/// One login from its beginning to its end, from its rows and from the audit record, in order.
///
/// Regenerating gives a login a new session; its line are the sessions of one user and login time, and as no two acts
/// share an instant of store time, that is one login and no other.
package struct SessionStory: Sendable {
    package enum Happening: String, CaseIterable, Sendable {
        case loggedIn = "logged_in"
        case regenerated
        /// The last refresh; how many there were is counted.
        case refreshed
        case seen
        /// A floor that spared it: `--keep`.
        case kept
        /// A rule denies its access tokens although nothing ended.
        case denied
        case replayed
        /// Its refresh family ended, the session did not.
        case refreshEnded = "refresh_ended"
        case ended
        case loggedOut = "logged_out"
        case idleExpired = "idle_expired"
        case expired
    }

    package struct Event: Sendable {
        package var at: Instant
        package var what: Happening
        /// The session or family it happened to.
        package var id: String
        package var from: IPAddress?
        package var count: Int64?
        /// Why, in the product's word: an end reason.
        package var cause: String?
        package var by: String?
        /// Why, in the words of whoever did it.
        package var reason: String?
        package var audit: Int64?
    }

    package var session: Session
    package var events: [Event]
}

extension StoreReading {
    package func story(of session: Session) throws -> SessionStory {
        let line = try sql.rows(
            "SELECT " + Session.columns + " FROM " + Session.tables
                + " WHERE " + .isOfUser(session.userRow) + " AND s.login_at = \(session.loginAt) ORDER BY s.id"
        ).map { row in
            let session = try Session(row, self)
            return (session: session, families: try families(of: session))
        }
        // A refresh is activity too, and is told as such, whatever session its family moved to since.
        let refreshes = Set(line.flatMap(\.families).compactMap(\.spentAt))
        var events: [SessionStory.Event] = []
        for (one, families) in line {
            events += try families.flatMap(life)
            events += try beginning(of: one)
            if one.lastSeenAt > one.createdAt, !refreshes.contains(one.lastSeenAt) {
                events.append(.init(at: one.lastSeenAt, what: .seen, id: one.id.text))
            }
            events += try denial(of: one, besides: families.compactMap(\.ownEnd?.at) + [one.end?.at].compactMap { $0 })
            events += try end(of: one)
        }
        let order = SessionStory.Happening.allCases
        events.sort {
            ($0.at, order.firstIndex(of: $0.what) ?? 0) < ($1.at, order.firstIndex(of: $1.what) ?? 0)
        }
        return SessionStory(session: session, events: events)
    }

    private func beginning(of session: Session) throws -> [SessionStory.Event] {
        let isFirst = session.createdAt == session.loginAt
        var events = [
            SessionStory.Event(
                at: session.createdAt, what: isFirst ? .loggedIn : .regenerated, id: session.id.text,
                from: isFirst ? session.ip : nil)
        ]
        if session.validFrom > session.createdAt {
            // `--keep` moved it to a millisecond past the floor.
            let floor = session.validFrom - .milliseconds(1)
            events.append(try told(.init(at: floor, what: .kept, id: session.id.text)))
        }
        return events
    }

    private func life(of family: RefreshFamily) throws -> [SessionStory.Event] {
        var events: [SessionStory.Event] = []
        if let at = family.spentAt {
            events.append(
                .init(
                    at: at, what: .refreshed, id: family.id.text, from: family.spentFrom, count: family.generation - 1))
        }
        if let at = family.replayedAt {
            var replay = SessionStory.Event(
                at: at, what: .replayed, id: family.id.text, from: family.replayedFrom, count: family.replays)
            replay.audit = try auditEvent(at: at)?.seq
            events.append(replay)
        }
        if let end = family.ownEnd {
            events.append(
                try told(.init(at: end.at, what: .refreshEnded, id: family.id.text, cause: end.reason, by: end.by)))
        }
        return events
    }

    /// A rule of its own that did not come with an end of the session or of its family.
    private func denial(of session: Session, besides ends: [Instant]) throws -> [SessionStory.Event] {
        guard let rule = try denyRule(.session, session.id.text), !ends.contains(rule.createdAt) else { return [] }
        return [
            .init(
                at: rule.createdAt, what: .denied, id: session.id.text, by: rule.actor, reason: rule.reason,
                audit: rule.auditSeq)
        ]
    }

    private func end(of session: Session) throws -> [SessionStory.Event] {
        guard let at = session.endedAt(asOf: now) else { return [] }
        var event = SessionStory.Event(at: at, what: .ended, id: session.id.text)
        switch session.state(at: now) {
        case .active: return []
        case .idleExpired: event.what = .idleExpired
        case .expired: event.what = .expired
        case .loggedOut:
            event.what = .loggedOut
            event = try told(event)
        case .ended:
            // The new session tells it.
            if session.end?.reason == EndReason.regenerated.rawValue { return [] }
            event.cause = session.end?.reason
            event.by = session.end?.by
            event = try told(event)
        }
        return [event]
    }

    /// With who and why, from the act of that instant.
    private func told(_ event: SessionStory.Event) throws -> SessionStory.Event {
        guard let act = try auditEvent(at: event.at) else { return event }
        var event = event
        event.by = act.actor.name
        event.reason = act.reason
        event.audit = act.seq
        return event
    }
}
