internal import TokenJOSE

/// `session revoke`: ends sessions by id or by filter.
package struct SessionRevocation: Act {
    package enum Targets: Sendable {
        case ids([String])
        case filter(SessionFilter)
    }

    package var targets: Targets
    package var keep: [String]
    package var reason: String?

    package init(_ targets: Targets, keep: [String] = [], reason: String?) {
        self.targets = targets
        self.keep = keep
        self.reason = reason
    }

    package struct Decision {
        var live: [Session]
        /// Ran out on their own, and access tokens of theirs still verify.
        var outlived: [Session]
        var gone: [Session]

        /// Those that have something to lose.
        var meant: [Session] { live + outlived }
    }

    package func decide(_ store: some StoreReading) throws -> Decision {
        let kept = Set(try keep.map { try store.session(named: $0).id })
        let found: [Session]
        switch targets {
        case .ids(let names): found = try store.sessions(named: names)
        case .filter(let filter): found = try store.sessions(filter, limit: Int(Int32.max)).items
        }
        let meant = found.filter { !kept.contains($0.id) }
        let dead = meant.filter { !$0.isAlive(at: store.now) }
        let outlived = try dead.filter(store.isOutlivedByAccess)
        let outlivedIDs = Set(outlived.map(\.id))
        return Decision(
            live: meant.filter { $0.isAlive(at: store.now) }, outlived: outlived,
            gone: dead.filter { !outlivedIDs.contains($0.id) })
    }

    package func preview(_ decision: Decision) -> Preview {
        let live = decision.live
        var preview = Preview(
            action: "session.revoke", tier: .ending(decision.meant.count),
            summary: live.count == 1
                ? "end session \(live[0].id) of \(live[0].user)" : "end \(live.count.counted("session"))",
            count: decision.meant.count)
        preview.describe(decision.meant)
        if !decision.outlived.isEmpty {
            preview.notes = ["\(decision.outlived.count.counted("session")) ran out before: access tokens are denied"]
        }
        return preview
    }

    package func apply(_ decision: Decision, _ store: StoreWriter) throws -> Report {
        let live = decision.live
        var seq: Int64?
        if !decision.meant.isEmpty {
            let audited = try store.audit(
                "session.revoke", target: decision.meant.count == 1 ? decision.meant[0].id.text : nil, reason: reason,
                counts: ["sessions": Int64(live.count)])
            for session in live { try store.end(session, .revoked, audit: audited, reason: reason) }
            for session in decision.outlived {
                try store.deny(
                    .session, session.id.text, matchesUntil: session.accessUntil, audit: audited, reason: reason)
            }
            seq = audited
        }
        var report = Report(
            action: "session.revoke",
            items: live.map { .init($0.id.text, .ended) }
                + decision.outlived.map { .init($0.id.text, .denied, note: $0.pastEnd(at: store.now)) }
                + decision.gone.map { .init($0.id.text, .unchanged, note: $0.pastEnd(at: store.now)) },
            lines: [], stillValidUntil: decision.meant.stillValidUntil(at: store.now),
            details: [.init("sessions_ended", .integer(Int64(live.count)))])
        let accepted = Report.acceptedElsewhere(until: report.stillValidUntil, at: store.now)
        if !live.isEmpty || decision.outlived.isEmpty {
            let ended =
                switch live.count {
                case 0: "nothing to end"
                case 1: "\(live[0].id) of \(live[0].user) ended"
                default: "\(live.count.counted("session")) ended"
                }
            report.lines.append(ended + accepted)
        }
        for session in decision.outlived {
            report.lines.append(
                "\(session.id) of \(session.user) \(session.pastEnd(at: store.now) ?? "")"
                    + Report.acceptedElsewhere(until: session.accessUntil, at: store.now))
        }
        report.audit = seq
        return report
    }
}

extension StoreReading {
    /// All of them, or a failure that names every one that does not exist.
    package func sessions(named names: [String]) throws -> [Session] {
        var found: [Session] = []
        var seen: Set<Int64> = []
        var unknown: [String] = []
        for name in names {
            guard let row = ids.row(of: name, .session), let session = try session(row: row) else {
                unknown.append(name)
                continue
            }
            if seen.insert(row).inserted { found.append(session) }
        }
        guard unknown.isEmpty else {
            throw Failure(
                .notFound, "no session \(unknown.joined(separator: ", "))",
                hint: names.count > 1 ? "nothing was changed" : "'tokenctl session list' shows them",
                target: unknown.joined(separator: " "))
        }
        return found
    }
}

extension StoreReading {
    /// Whether access tokens of a session that ran out by itself may still verify: they live to their own `exp`, and nothing
    /// denied them then. An act that ends a session does.
    func isOutlivedByAccess(_ session: Session) throws -> Bool {
        switch session.state(at: now) {
        case .active, .ended, .loggedOut: return false
        case .expired, .idleExpired: break
        }
        guard let until = session.accessUntil, until > now else { return false }
        // A rule with a cut-off leaves out what was issued after it.
        return try denyRule(.session, session.id.text).map { $0.issuedBefore != nil } ?? true
    }
}

extension Session {
    /// When and how it stopped being alive, for an outcome of `unchanged`.
    func pastEnd(at now: Instant) -> String? {
        guard let at = endedAt(asOf: now) else { return nil }
        guard let end, state(at: now) == .ended else { return "\(state(at: now).rawValue) since \(at.rfc3339)" }
        return "ended \(at.rfc3339) by \(end.by): \(end.reason)"
    }
}

extension [Session] {
    /// Until when a verifier without the denylist still accepts an access token of any of them.
    func stillValidUntil(at now: Instant) -> Instant? {
        compactMap(\.accessUntil).filter { $0 > now }.max()
    }
}

extension Preview {
    /// Counts by user and client, and the first rows.
    mutating func describe(_ sessions: [Session]) {
        func counted(_ name: (Session) -> String) -> [(name: String, count: Int)] {
            Dictionary(sessions.map { (name($0), 1) }, uniquingKeysWith: +)
                .sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { (name: $0.key, count: $0.value) }
        }
        byUser = counted(\.user)
        byClient = counted(\.client)
        rows = sessions.prefix(10).map { session in
            [
                session.id.text, session.user, session.client, session.ip.map { "\($0)" } ?? "-",
                session.device ?? session.userAgent ?? "-",
            ].joined(separator: "  ")
        }
        stillValidUntil = sessions.compactMap(\.accessUntil).max()
    }
}
