/// Which sessions are meant. Repeats of one condition mean any of them, different conditions all of them.
package struct SessionFilter: Sendable, Equatable {
    /// Subjects, `*` for any text.
    package var users: [String] = []
    package var notUsers: [String] = []
    /// Client ids, `*` for any text.
    package var clients: [String] = []
    package var notClients: [String] = []
    /// Client ids meant to the letter, even with a `*` in them.
    var exactClients: [String] = []
    /// Kids, or beginnings of them, of the keys that signed the latest access token.
    package var keys: [String] = []
    package var networks: [IPNetwork] = []
    package var devices: [String] = []
    /// Empty means those alive.
    package var states: Set<SessionState> = []
    package var since: Instant?
    package var until: Instant?
    package var idleOver: Duration?
    package var expiresWithin: Duration?

    package init() {}

    package var isEmpty: Bool { self == SessionFilter() }

    /// The states that are meant.
    var meantStates: Set<SessionState> { states.isEmpty ? [.active] : states }

    /// The conditions for which no index exists, as an operator names them: they are tried on row after row.
    package var scanningConditions: [String] {
        var names: [String] = []
        if (users + clients).contains(where: { NamePattern($0).scans }) { names.append("a * before the end of a name") }
        if !notUsers.isEmpty { names.append("--not-user") }
        if !notClients.isEmpty { names.append("--not-client") }
        return names
    }
}

/// What sessions are sorted by. Each is in an index, whatever the filter.
package struct SessionOrder: Hashable, Sendable {
    package enum Key: String, CaseIterable, Sendable {
        case creation = "created_at"
        case lastSeen = "last_seen_at"
        /// When it stopped being alive, or will unless it is seen again.
        case expiry = "alive_until"
    }

    package var key: Key
    package var descending: Bool

    package init(_ key: Key, descending: Bool) {
        self.key = key
        self.descending = descending
    }

    /// The order of a list that asked for none: what began last first; of what was ended or ran out, what ended last. Of the
    /// living, those about to end by what ends first, and the idle by what was not seen for longest; the idle among those
    /// that were ended, or in any state, by what was seen last.
    package static func natural(for filter: SessionFilter) -> SessionOrder {
        let states = filter.meantStates
        let alive = states == [.active]
        if alive, filter.expiresWithin != nil { return SessionOrder(.expiry, descending: false) }
        if filter.idleOver != nil, !states.isSubset(of: [.expired, .idleExpired]) {
            return SessionOrder(.lastSeen, descending: !alive)
        }
        // When a floor ended a session stands in no index.
        let ends: Set<SessionState> = [.ended, .expired, .idleExpired]
        return SessionOrder(states.isSubset(of: ends) ? .expiry : .creation, descending: true)
    }
}
