internal import TokenJOSE

/// `user logout`: ends every login of users and denies the access tokens they already hold.
package struct UserLogout: Act {
    package var users: [String]
    package var keep: [String]
    /// Deny users that were never seen as well: their tokens may come from an imported key.
    package var includesUnseen: Bool
    package var reason: String?

    package init(_ users: [String], keep: [String] = [], includesUnseen: Bool = false, reason: String?) {
        self.users = users
        self.keep = keep
        self.includesUnseen = includesUnseen
        self.reason = reason
    }

    package struct Decision {
        struct Leaving {
            var user: String
            /// Nil for one never seen.
            var row: Int64?
            var live: LiveSessions
        }

        var users: [Leaving]
        var kept: [Session]
        /// The latest `exp` of any access token a user may hold.
        var tokensUntil: Instant?

        var count: Int { users.reduce(0) { $0 + $1.live.count } }
    }

    package func decide(_ store: some StoreReading) throws -> Decision {
        let kept = try store.sessions(named: keep)
        // By bytes: two spellings of one character are two users.
        var seen: Set<[UInt8]> = []
        var unknown: [String] = []
        var leaving: [Decision.Leaving] = []
        for user in users where seen.insert(Array(user.utf8)).inserted {
            try Names.checkForeign(user, "the user")
            if let row = try store.userRow(knownAs: user) {
                leaving.append(.init(user: user, row: row, live: try store.liveSessions(ofUser: row, but: kept)))
            } else if includesUnseen {
                leaving.append(.init(user: user, row: nil, live: LiveSessions()))
            } else {
                unknown.append(user)
            }
        }
        guard unknown.isEmpty else {
            throw Failure(
                .notFound, "no user \(unknown.joined(separator: ", ")) has ever logged in",
                hint: "--unseen denies their tokens all the same", target: unknown.joined(separator: " "))
        }
        for session in kept {
            guard seen.contains(Array(session.user.utf8)) else {
                throw Failure(
                    .usage, "\(session.id) is a session of \(session.user), who is not being logged out",
                    target: session.id.text)
            }
            guard session.isAlive(at: store.now) else {
                throw Failure(.refused, "\(session.id) cannot be kept: it is not alive", target: session.id.text)
            }
        }
        return Decision(users: leaving, kept: kept, tokensUntil: try store.latestExpiryOfAnyToken())
    }

    package func preview(_ decision: Decision) -> Preview {
        let count = decision.count
        let who = decision.users.count == 1 ? decision.users[0].user : decision.users.count.counted("user")
        var preview = Preview(
            action: "user.logout", tier: max(.two, .ending(count)),
            summary: "log \(who) out: \(count.counted("session"))", count: count)
        preview.describe(decision.users.flatMap(\.live.first))
        preview.byUser = decision.users.filter { $0.live.count > 0 }.map { ($0.user, $0.live.count) }
            .sorted { ($1.1, $0.0) < ($0.1, $1.0) }
        preview.byClient = Dictionary(decision.users.flatMap(\.live.byClient), uniquingKeysWith: +)
            .sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { (name: $0.key, count: $0.value) }
        preview.stillValidUntil = decision.tokensUntil
        preview.notes = decision.kept.map { "\($0.id) lives on and fetches a new access token" }
        return preview
    }

    package func apply(_ decision: Decision, _ store: StoreWriter) throws -> Report {
        let count = decision.count
        let target = decision.users.count == 1 ? decision.users[0].user : nil
        let seq = try store.audit(
            "user.logout", target: target, reason: reason,
            counts: ["sessions": Int64(count), "users": Int64(decision.users.count)])
        var items: [Report.Item] = []
        var lines: [String] = []
        let stillValid = decision.tokensUntil.flatMap { $0 > store.now ? $0 : nil }
        for leaving in decision.users {
            let ended = try leaving.row.map { try store.endSessions(ofUser: $0, but: decision.kept) } ?? 0
            guard ended == leaving.live.count else {
                throw Failure.disagreement("\(ended) sessions ended where \(leaving.live.count) were alive")
            }
            let user = leaving.user
            try store.deny(
                .user, user, issuedBefore: store.now, matchesUntil: stillValid ?? store.now, audit: seq, reason: reason)
            items.append(.init(user, ended == 0 ? .denied : .ended, note: ended == 0 ? "no live session" : nil))
            let accepted = Report.acceptedElsewhere(until: stillValid, at: store.now)
            lines.append("\(user): \(ended.counted("session")) ended\(accepted)")
        }
        var report = Report(
            action: "user.logout", items: items, lines: lines, stillValidUntil: stillValid,
            details: [.init("sessions_ended", .integer(Int64(count)))])
        report.audit = seq
        return report
    }
}
