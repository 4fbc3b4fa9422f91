internal import TokenCrypto
internal import TokenStorage

/// A live value that a half-typed command line could mean, and what it is.
package struct Offer: Sendable, Equatable {
    package var value: String
    package var note: String

    package init(_ value: String, note: String = "") {
        self.value = value
        self.note = note
    }
}

/// What is offered while a person types: a few rows from an index whatever the size of the store, and never a secret.
extension StoreReading {
    private static var most: Int { 100 }
    /// Ids are a permutation, so their beginnings have no index: only the newest rows are looked through.
    private static var newest: Int { 500 }

    package func offeredUsers(_ beginning: String) throws -> [Offer] {
        try sql.rows(
            "SELECT subject FROM user WHERE " + NamePattern(beginning + "*").condition("subject")
                + " ORDER BY subject LIMIT \(Self.most)"
        ).map { Offer(try $0.get(0)) }
    }

    package func offeredClients(_ beginning: String) throws -> [Offer] {
        try sql.rows(
            "SELECT client_id FROM client WHERE " + NamePattern(beginning + "*").condition("client_id")
                + " ORDER BY client_id LIMIT \(Self.most)"
        ).map { Offer(try $0.get(0)) }
    }

    /// Of the newest sessions those alive.
    package func offeredSessions(_ beginning: String) throws -> [Offer] {
        let newest: SQL = "(SELECT id FROM session ORDER BY id DESC LIMIT \(Self.newest))"
        return try sql.rows(
            "SELECT " + Session.columns + " FROM " + Session.tables + " WHERE s.id IN " + newest + " ORDER BY s.id DESC"
        ).lazy.map { try Session($0, self) }
            .filter { $0.isAlive(at: now) && $0.id.text.hasPrefix(beginning) }.prefix(Self.most)
            .map { Offer($0.id.text, note: "\($0.user) \($0.client)") }
    }

    /// Of the newest refresh families those alive.
    package func offeredFamilies(_ beginning: String) throws -> [Offer] {
        let newest: SQL = "(SELECT id FROM refresh_family ORDER BY id DESC LIMIT \(Self.newest))"
        return try sql.rows(
            "SELECT " + RefreshFamily.columns + " FROM " + RefreshFamily.tables + " WHERE f.id IN " + newest
                + " ORDER BY f.id DESC"
        ).map { try RefreshFamily($0, self) }
            .filter { $0.state(at: now) == .active && $0.id.text.hasPrefix(beginning) }.prefix(Self.most)
            .map { Offer($0.id.text, note: "\($0.session.user) \($0.session.client)") }
    }

    /// Keys not removed, with their states.
    package func offeredKeys(_ beginning: String) throws -> [Offer] {
        let schedule = try signingSchedule()
        return schedule.keys.filter { $0.kid.hasPrefix(beginning) }
            .map { Offer($0.kid, note: "\($0.algorithm.rawValue) \(schedule.state(of: $0, at: now).rawValue)") }
    }

    package func offeredRules(_ beginning: String) throws -> [Offer] {
        try sql.rows("SELECT " + DenyRule.columns + " FROM deny_rule ORDER BY id DESC LIMIT \(Self.newest)")
            .map(DenyRule.init).filter { String($0.id).hasPrefix(beginning) }.prefix(Self.most)
            .map { Offer(String($0.id), note: $0.subject) }
    }
}
