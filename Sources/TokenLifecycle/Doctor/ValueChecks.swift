internal import TokenStorage

extension HealthCheck {
    /// Every row, as the verbs read it. A file can hold together, page by page, and still say what no program of ours writes:
    /// then whatever comes to that row ends there.
    static let values = HealthCheck.store("values", .deep) { examination in
        let found = try examination.store.unreadableRows()
        let hint = "stop what writes, keep a copy of the file, and restore a backup"
        if let finding = found.finding { return .untrusted(finding, hint: hint) }
        let contradicted = try examination.store.countDeadlinesContradicted()
        guard contradicted == 0 else {
            return .untrusted(
                "\(contradicted.counted("session")) with a deadline that its own times contradict", hint: hint)
        }
        return .ok("every row reads, \(found.rows.grouped) of them")
    }
}

/// Rows that cannot be read, and how many were looked at.
struct UnreadableRows {
    fileprivate(set) var rows = 0
    private var count = 0
    private var first: [String] = []

    /// The first few by table, number and column; nil where all of them read.
    var finding: String? {
        guard count > 0 else { return nil }
        let rest = count > first.count ? ", and \((count - first.count).grouped) more" : ""
        return "\(count.counted("row")) cannot be read: " + first.joined(separator: "; ") + rest
    }

    fileprivate mutating func add(_ what: String) {
        count += 1
        if first.count < 3 { first.append(what) }
    }
}

extension StoreReading {
    /// How many sessions live until another time than they say elsewhere: each list and each verdict goes by one of the two.
    fileprivate func countDeadlinesContradicted() throws -> Int {
        try sql.value(
            """
            SELECT count(*) FROM session
            WHERE alive_until <> coalesce(ended_at, min(last_seen_at + idle_timeout, absolute_expires_at))
            """) ?? 0
    }

    /// Reads all of the store. Fails only where reading itself does.
    func unreadableRows() throws -> UnreadableRows {
        var found = UnreadableRows()
        try readUsersAndClients(&found)
        let session: SQL = "session s CROSS JOIN user u ON u.id = s.user_id CROSS JOIN client c ON c.id = s.client_id"
        try read("session", Session.columns, session, number: "s.id", &found) { _ = try Session($0, self) }
        let family: SQL =
            "refresh_family f CROSS JOIN session s ON s.id = f.session_id CROSS JOIN user u ON u.id = s.user_id "
            + "CROSS JOIN client c ON c.id = s.client_id"
        try read("refresh_family", RefreshFamily.columns, family, number: "f.id", &found) {
            _ = try RefreshFamily($0, self)
        }
        try readKeys(&found)
        try read("deny_rule", DenyRule.columns + ", changed_at", "deny_rule", number: "id", &found) {
            _ = (try DenyRule($0), try $0.get(9, as: Instant.self))
        }
        try read("audit_event", AuditEvent.columns, "audit_event", number: "seq", &found) { _ = try AuditEvent($0) }
        try read(
            "cleanup_run", "started_at, finished_at, lease_until, removed", "cleanup_run", number: "id", &found
        ) {
            _ = (try $0.get(0, as: Instant.self), try $0.get(1, as: Instant?.self), try $0.get(2, as: Instant?.self))
            _ = try $0.get(3, as: Int64.self)
        }
        try readSequences(&found)
        return found
    }

    private func readUsersAndClients(_ found: inout UnreadableRows) throws {
        let user = User.columns + ", u.token_issued_at, u.tokens_until"
        try read("user", user, "user u", number: "u.id", &found) {
            _ = (try $0.get(0, as: String.self), try $0.get(1, as: Instant.self))
            _ = (try $0.get(3, as: Instant?.self), try $0.get(4, as: Instant?.self))
        }
        try read("client", Client.columns, "client c", number: "c.id", &found) { _ = try Client($0) }
    }

    private func readKeys(_ found: inout UnreadableRows) throws {
        try read("signing_key", SigningKey.columns, "signing_key k", number: "k.id", &found) {
            let key = try SigningKey($0)
            if key.publicJWK != nil { _ = try key.jwk() }
        }
        let turn: SQL = "key_id, from_at, at_once, distrusts, created_at, voided_at"
        try read("signing_schedule", turn, "signing_schedule", number: "id", &found) { row in
            for column in [0, 2, 3] { _ = try row.get(column, as: Int64.self) }
            for column in [1, 4, 5] { _ = try row.get(column, as: Instant?.self) }
        }
        try read("publication", "at, path, mode, kids, sha256", "publication", number: "id", &found) {
            _ = (try $0.get(0, as: Instant.self), try $0.get(1, as: String?.self), try $0.get(2, as: Int64?.self))
            _ = (try $0.get(3, as: String.self), try $0.get(4, as: [UInt8].self))
        }
        try read("issued", "key_id, hour, tokens", "issued", number: "key_id", &found) {
            for column in 0..<3 { _ = try $0.get(column, as: Int64.self) }
        }
    }

    /// The numbers that were given away: what comes next is told by them alone.
    private func readSequences(_ found: inout UnreadableRows) throws {
        for row in try sql.rows("SELECT CAST(name AS BLOB), seq FROM sqlite_sequence") {
            let name = (try? row.get(0, as: [UInt8].self)).map { String(decoding: $0, as: UTF8.self) } ?? ""
            let isPublic = name == "session" || name == "refresh_family"
            let last = try? row.get(1, as: Int64.self)
            guard let last, last >= 0, !isPublic || PublicIDs.numbers.contains(last) else {
                found.add("sqlite_sequence: the numbers of \(name) are used up")
                continue
            }
        }
    }

    /// Reads a table in the order of its numbers.
    private func read(
        _ table: String, _ columns: SQL, _ tables: SQL, number: SQL, _ found: inout UnreadableRows,
        _ decode: (Row) throws -> Void
    ) throws {
        try sql.forEach("SELECT " + columns + ", " + number + " FROM " + tables + " ORDER BY " + number) { row in
            found.rows += 1
            do {
                try decode(row)
            } catch {
                let fault = try error.asValueFault()
                let number = try row.get(row.values.count - 1, as: Int64.self)
                found.add("\(table) \(number): \(fault)")
            }
            return true
        }
    }
}

extension Error {
    /// What is wrong with a value; thrown again where it is the file, or the reading, and no value.
    fileprivate func asValueFault() throws -> String {
        switch self {
        case let error as StorageError where error.kind == .corrupt && error.sqliteCode == nil: error.message
        case let failure as Failure where failure.kind == .untrusted: failure.message
        default: throw self
        }
    }
}
