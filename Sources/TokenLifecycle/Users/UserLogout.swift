internal import TokenStorage

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
        var users: [(subject: String, live: [Session])]
        var kept: [Session]
        /// The latest `exp` of any access token a user may hold.
        var tokensUntil: Instant?

        var live: [Session] { users.flatMap(\.live) }
    }

    package func decide(_ store: some StoreReading) throws -> Decision {
        let kept = try store.sessions(named: keep)
        let keptIDs = Set(kept.map(\.id))
        // By bytes: two spellings of one character are two users.
        var seen: Set<[UInt8]> = []
        var unknown: [String] = []
        var decided: [(subject: String, live: [Session])] = []
        for user in users where seen.insert(Array(user.utf8)).inserted {
            try Names.check(user, "the user")
            guard try store.userRow(knownAs: user) != nil else {
                if includesUnseen { decided.append((user, [])) } else { unknown.append(user) }
                continue
            }
            let live = try store.liveSessions(ofUser: user)
            decided.append((user, live.filter { !keptIDs.contains($0.id) }))
        }
        guard unknown.isEmpty else {
            throw Failure(
                .notFound, "no user \(unknown.joined(separator: ", ")) has ever logged in",
                hint: "--unseen denies their tokens all the same", target: unknown.joined(separator: " "))
        }
        if let stranger = kept.first(where: { !seen.contains(Array($0.user.utf8)) }) {
            throw Failure(
                .usage, "\(stranger.id) is a session of \(stranger.user), who is not being logged out",
                target: stranger.id.text)
        }
        return Decision(users: decided, kept: kept, tokensUntil: try store.latestExpiryOfAnyToken())
    }

    package func preview(_ decision: Decision) -> Preview {
        let live = decision.live
        let who = users.count == 1 ? users[0] : "\(decision.users.count) users"
        var preview = Preview(
            action: "user.logout", tier: max(.two, .ending(live.count)),
            summary: "log \(who) out: \(live.count == 1 ? "1 session" : "\(live.count) sessions")", count: live.count)
        preview.describe(live)
        preview.stillValidUntil = decision.tokensUntil
        preview.notes = decision.kept.map { "\($0.id) lives on and fetches a new access token" }
        return preview
    }

    package func apply(_ decision: Decision, _ store: StoreWriter) throws -> Report {
        let live = decision.live
        let target = decision.users.count == 1 ? decision.users[0].subject : nil
        let seq = try store.audit(
            "user.logout", target: target, reason: reason,
            counts: ["sessions": Int64(live.count), "users": Int64(decision.users.count)])
        var items: [Report.Item] = []
        var lines: [String] = []
        let stillValid = decision.tokensUntil.flatMap { $0 > store.now ? $0 : nil }
        for (user, live) in decision.users {
            for session in live { try store.end(quietly: session, .logout) }
            try store.deny(
                .user, user, issuedBefore: store.now, matchesUntil: stillValid ?? store.now, audit: seq, reason: reason)
            items.append(.init(user, live.isEmpty ? .denied : .ended, note: live.isEmpty ? "no live session" : nil))
            let denied = stillValid.map { "; access tokens denied until \($0.clockText(at: store.now))" } ?? ""
            lines.append("\(user): \(live.count == 1 ? "1 session" : "\(live.count) sessions") ended\(denied)")
        }
        var report = Report(
            action: "user.logout", items: items, lines: lines, stillValidUntil: stillValid,
            details: [.init("sessions_ended", .integer(Int64(live.count)))])
        report.audit = seq
        return report
    }
}

extension StoreReading {
    package func liveSessions(ofUser subject: String) throws -> [Session] {
        let select: SQL = "SELECT " + Session.columns + " FROM " + Session.tables
        return try sql.rows(
            select + " WHERE u.subject = \(subject) AND s.alive_until > \(now) ORDER BY s.id"
        ).map { try Session($0, self) }.filter { $0.isAlive(at: now) }
    }
}

extension StoreWriter {
    /// Ends a session whose access tokens a wider rule denies already.
    func end(quietly session: Session, _ why: EndReason) throws {
        var session = session
        session.accessUntil = nil
        try end(session, why, audit: 0, reason: nil)
    }
}
