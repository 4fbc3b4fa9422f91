internal import TokenStorage

/// Which clients are meant.
package struct ClientFilter: Sendable, Equatable {
    /// Client ids, `*` for any text; empty means any.
    package var names: [String] = []
    /// First seen in this time.
    package var since: Instant?
    package var until: Instant?

    package init() {}
}

/// What clients are sorted by.
package struct ClientOrder: Hashable, Sendable {
    package enum Key: String, CaseIterable, Sendable {
        case name = "client"
        case creation = "created_at"
    }

    package var key: Key
    package var descending: Bool

    package init(_ key: Key = .name, descending: Bool = false) {
        self.key = key
        self.descending = descending
    }
}

/// A client, and how many of its sessions are alive.
package struct ListedClient: Sendable {
    package var client: Client
    package var liveSessions: Int
}

extension StoreReading {
    /// A page of clients. They are few, so all are read and sorted. Counting their sessions costs a look at each live one,
    /// so it is left out where nobody will see it: without `counting` there are none.
    package func clients(
        _ filter: ClientFilter = ClientFilter(), in order: ClientOrder = ClientOrder(),
        after position: ListPosition? = nil, limit: Int = .max, counting: Bool = true
    ) throws -> Page<ListedClient> {
        let named = try clients(filter)
        let sorted = order.key == .name ? named : named.sorted { $0.row < $1.row }
        let meant = (order.descending ? sorted.reversed() : sorted).filter { client in
            guard let position else { return true }
            if order.key == .name {
                return order.descending
                    ? client.clientID.isBefore(position.text) : position.text.isBefore(client.clientID)
            }
            let last = position.numbers.first ?? 0
            return order.descending ? client.row < last : client.row > last
        }
        let shown = meant.prefix(limit)
        let counts = counting ? try liveSessionsByClient() : [:]
        return Page(
            items: shown.map { ListedClient(client: $0, liveSessions: counts[$0.row] ?? 0) },
            next: meant.count > shown.count ? shown.last.map(\.position) : nil)
    }

    package func countClients(_ filter: ClientFilter = ClientFilter()) throws -> Int { try clients(filter).count }

    private func clients(_ filter: ClientFilter) throws -> [Client] {
        let patterns = filter.names.map(NamePattern.init)
        let all = try sql.rows("SELECT " + Client.columns + " FROM client c ORDER BY c.client_id").map(Client.init)
        return all.filter { client in
            if let since = filter.since, client.createdAt < since { return false }
            if let until = filter.until, client.createdAt >= until { return false }
            return patterns.isEmpty || patterns.contains { $0.matches(client.clientID) }
        }
    }

    private func liveSessionsByClient() throws -> [Int64: Int] {
        var counts: [Int64: Int] = [:]
        try sql.forEach(
            "SELECT s.client_id, count(*) FROM " + unended(with: " CROSS JOIN client c") + """
                 AND s.valid_from > \(facts.floor) AND c.id = s.client_id AND s.valid_from > c.floor_at
                GROUP BY s.client_id
                """
        ) { row in
            counts[try row.get(0)] = try row.get(1, as: Int.self)
            return true
        }
        return counts
    }
}

extension Client {
    /// Where a list of clients goes on after this one.
    package var position: ListPosition { ListPosition(numbers: [row, row], text: clientID) }
}
