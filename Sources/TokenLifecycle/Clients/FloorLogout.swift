internal import TokenJOSE
internal import TokenStorage

/// `client logout` and `session revoke --all`: logs a client, or everyone, out by a floor, whatever the number of sessions.
///
/// Two rows: the floor, permanent, ends sessions and refresh families born before; a rule denies their access tokens.
package struct FloorLogout: Act {
    package enum Whom: Sendable, Equatable {
        case clients([String])
        case everyone
    }

    package var whom: Whom
    package var keep: [String]
    /// What the caller allows to end at most: a guard that is held against a true count, whatever counting costs.
    package var atMost: Int?
    package var reason: String?

    package init(_ whom: Whom, keep: [String] = [], atMost: Int? = nil, reason: String?) {
        self.whom = whom
        self.keep = keep
        self.atMost = atMost
        self.reason = reason
    }

    package struct Decision {
        var clients: [Client]
        var live: Int
        var isCapped: Bool
        var kept: [Session]
        var first: [Session]
        var tokensUntil: Instant?

        /// How many end, as far as they were counted: "3 sessions", "10,000+ sessions".
        var sessions: String { isCapped ? "\(live.grouped)+ sessions" : live.counted("session") }
    }

    /// Beyond this a preview says "10,000+": counting must not cost what the floor saves.
    private static let countedUpTo = 10_000

    package func decide(_ store: some StoreReading) throws -> Decision {
        var filter = SessionFilter()
        var clients: [Client] = []
        if case .clients(let names) = whom {
            guard !names.isEmpty else { throw Failure(.usage, "no client is named") }
            var seen: Set<[UInt8]> = []
            clients = try names.sorted().filter { seen.insert(Array($0.utf8)).inserted }
                .map { try store.client(named: $0) }
            filter.exactClients = clients.map(\.clientID)
        }
        let kept = try store.sessions(named: keep)
        for session in kept {
            guard session.isAlive(at: store.now) else {
                throw Failure(.refused, "\(session.id) cannot be kept: it is not alive", target: session.id.text)
            }
            guard clients.isEmpty || clients.contains(where: { $0.row == session.clientRow }) else {
                throw Failure(
                    .usage, "\(session.id) is a session at \(session.client), which is not being logged out",
                    target: session.id.text)
            }
        }
        let isCounted = atMost.map { $0 >= Self.countedUpTo } ?? false
        let most = isCounted ? Int.max : Self.countedUpTo
        let counted = try store.countSessions(filter, upTo: isCounted ? .max : most + 1 + kept.count) - kept.count
        return Decision(
            clients: clients, live: min(counted, most), isCapped: counted > most, kept: kept,
            first: try store.sessions(filter, limit: 10).items, tokensUntil: try store.latestExpiryOfAnyToken())
    }

    private var action: String { whom == .everyone ? "everyone.logout" : "client.logout" }

    package func preview(_ decision: Decision) -> Preview {
        let names = decision.clients.map(\.clientID)
        let who = whom == .everyone ? "everyone" : names.joined(separator: ", ")
        var preview = Preview(
            action: action, tier: .three, summary: "log \(who) out: \(decision.sessions)", count: decision.live,
            word: whom == .everyone ? "everyone" : names.joined(separator: ","))
        preview.isCapped = decision.isCapped
        preview.describe(decision.first)
        preview.byUser = []
        preview.byClient = []
        preview.stillValidUntil = decision.tokensUntil
        preview.notes = decision.kept.map { "\($0.id) lives on and fetches a new access token" }
        return preview
    }

    package func apply(_ decision: Decision, _ store: StoreWriter) throws -> Report {
        let names = decision.clients.map(\.clientID)
        let stillValid = decision.tokensUntil.flatMap { $0 > store.now ? $0 : nil }
        let seq = try store.audit(
            action, target: whom == .everyone ? nil : names.joined(separator: ","), reason: reason,
            counts: ["sessions": Int64(decision.live), "kept": Int64(decision.kept.count)])
        let accepted = Report.acceptedElsewhere(until: stillValid, at: store.now)
        var items: [Report.Item] = []
        switch whom {
        case .everyone:
            try store.execute("UPDATE store SET floor_at = \(store.now) WHERE id = 1")
            try store.deny(
                .everyone, "", issuedBefore: store.now, matchesUntil: stillValid ?? store.now, audit: seq,
                reason: reason)
            items = [.init("everyone", .ended)]
        case .clients:
            for client in decision.clients {
                try store.execute("UPDATE client SET floor_at = \(store.now) WHERE id = \(client.row)")
                try store.deny(
                    .client, client.clientID, issuedBefore: store.now, matchesUntil: stillValid ?? store.now,
                    audit: seq,
                    reason: reason)
                items.append(.init(client.clientID, .ended))
            }
        }
        for session in decision.kept {
            try store.execute(
                "UPDATE session SET valid_from = \(store.now + .milliseconds(1)) WHERE id = \(session.id.row)")
        }
        let who = whom == .everyone ? "everyone" : names.joined(separator: ", ")
        var report = Report(
            action: action, items: items, lines: ["\(who): logged out, \(decision.sessions) ended\(accepted)"],
            stillValidUntil: stillValid, details: [.init("sessions_ended", .integer(Int64(decision.live)))])
        report.audit = seq
        return report
    }
}
