internal import TokenStorage

/// How a refresh family stands at an instant.
package enum FamilyState: String, CaseIterable, Sendable {
    case active, expired, ended
    case loggedOut = "logged_out"
}

/// The line of refresh tokens born from one login: one row, however often it refreshes.
package struct RefreshFamily: Sendable {
    package struct ID: Hashable, Sendable, CustomStringConvertible {
        package var row: Int64
        package var text: String
        package var description: String { text }
    }

    package var id: ID
    package var session: Session
    package var createdAt: Instant
    package var scope: [String]
    /// Counts from 1; the current token's.
    package var generation: Int64
    /// When the generation before was spent, and from where.
    package var spentAt: Instant?
    package var spentFrom: IPAddress?
    package var replayedAt: Instant?
    package var replayedFrom: IPAddress?
    package var replays: Int64
    /// Its own end, where the session lives on; else it ends with its session.
    package var ownEnd: End?
    let secretHash: [UInt8]
    let successor: [UInt8]?
    /// Until when the token just spent gives the same successor again: as the policy was when it was spent.
    let graceUntil: Instant?

    /// The first of its session's idle deadline, absolute expiry and end, and its own end.
    package var aliveUntil: Instant { min(session.aliveUntil, ownEnd?.at ?? session.aliveUntil) }

    /// What ended it by an act: its own end, or its session's.
    package var end: End? { ownEnd ?? session.end }

    /// A family lives as long as its session, unless it was ended alone.
    package func state(at now: Instant) -> FamilyState {
        if let ownEnd, ownEnd.at <= now { return .ended }
        return switch session.state(at: now) {
        case .active: .active
        case .ended: .ended
        case .loggedOut: .loggedOut
        case .expired, .idleExpired: .expired
        }
    }

    static let columns: SQL =
        Session.columns + """
            , f.id, f.created_at, f.scope, f.generation, f.spent_at, f.spent_ip, f.replayed_at, f.replayed_ip, f.replays, \
            f.ended_at, f.end_reason, f.ended_by, f.secret_hash, f.successor, f.grace_until
            """

    static let tables: SQL = "refresh_family f JOIN " + joinedSession

    private static let joinedSession: SQL =
        "session s ON s.id = f.session_id JOIN user u ON u.id = s.user_id JOIN client c ON c.id = s.client_id"

    init(_ row: Row, _ store: some StoreReading) throws {
        func at(_ offset: Int) -> Int { Session.columnCount + offset }
        let number = try row.get(at(0), as: Int64.self)
        id = ID(row: number, text: try store.ids.known(number, .family))
        session = try Session(row, store)
        createdAt = try row.get(at(1))
        scope = try row.get(at(2), as: String?.self).map(Scope.parse) ?? []
        generation = try row.get(at(3))
        spentAt = try row.get(at(4))
        spentFrom = try row.get(at(5))
        replayedAt = try row.get(at(6))
        replayedFrom = try row.get(at(7))
        replays = try row.get(at(8))
        if let ended = try row.get(at(9), as: Instant?.self) {
            ownEnd = End(at: ended, reason: try row.get(at(10)), by: try row.get(at(11)))
        }
        secretHash = try row.get(at(12))
        successor = try row.get(at(13))
        graceUntil = try row.get(at(14))
        // A token carries it in 32 bits.
        guard UInt32(exactly: generation).map({ $0 > 0 }) ?? false else {
            throw Failure.disagreement("\(id) is of a generation that there cannot be")
        }
    }
}

/// OAuth scopes: words, space-separated in a token (RFC 6749 §3.3).
package enum Scope {
    package static func parse(_ text: String) -> [String] { text.split(separator: " ").map(String.init) }

    static func check(_ scope: [String]) throws(Failure) {
        for word in scope {
            let isWord = word.utf8.allSatisfy {
                $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\")
            }
            guard isWord, !word.isEmpty, word.utf8.count <= 128 else {
                throw Failure(.malformed, "a scope is one word of printable ASCII", hint: "repeat --scope for several")
            }
        }
        guard scope.count <= 64 else { throw Failure(.malformed, "\(scope.count) scopes; at most 64") }
    }

    /// Nil where there is none, as it is stored and claimed.
    static func text(_ scope: [String]) -> String? { scope.isEmpty ? nil : scope.joined(separator: " ") }
}

extension StoreReading {
    package func family(row: Int64) throws -> RefreshFamily? {
        try sql.row("SELECT " + RefreshFamily.columns + " FROM " + RefreshFamily.tables + " WHERE f.id = \(row)")
            .map { try RefreshFamily($0, self) }
    }

    package func family(named text: String) throws -> RefreshFamily {
        guard let row = ids.row(of: text, .family), let family = try family(row: row) else {
            throw Failure(
                .notFound, "no refresh token family \(text)", hint: "'tokenctl refresh list' shows them", target: text)
        }
        return family
    }

    package func families(of session: Session) throws -> [RefreshFamily] {
        try sql.rows(
            "SELECT " + RefreshFamily.columns + " FROM " + RefreshFamily.tables
                + " WHERE f.session_id = \(session.id.row) ORDER BY f.id"
        ).map { try RefreshFamily($0, self) }
    }
}
