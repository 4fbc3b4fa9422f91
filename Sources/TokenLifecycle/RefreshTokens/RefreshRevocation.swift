internal import TokenJOSE

/// `refresh revoke`: ends refresh families, and their sessions where asked to.
///
/// A family that ends alone leaves its session to the holder of the cookie; the access tokens it gave out are denied.
package struct RefreshRevocation: Act {
    package enum Targets: Sendable {
        case ids([String])
        case filter(FamilyFilter)
    }

    /// How far it reaches.
    package enum Extent: String, CaseIterable, Sendable {
        case family, session
    }

    package var targets: Targets
    package var extent: Extent
    package var reason: String?

    package init(_ targets: Targets, ending extent: Extent = .family, reason: String?) {
        self.targets = targets
        self.extent = extent
        self.reason = reason
    }

    package struct Decision {
        var live: [RefreshFamily]
        var gone: [RefreshFamily]
        /// Of the live families, each once.
        var sessions: [Session]
    }

    package func decide(_ store: some StoreReading) throws -> Decision {
        let found: [RefreshFamily]
        switch targets {
        case .ids(let names): found = try store.families(named: names)
        case .filter(let filter): found = try store.families(filter, limit: .max).items
        }
        let live = found.filter { $0.state(at: store.now) == .active }
        var seen: Set<Session.ID> = []
        return Decision(
            live: live, gone: found.filter { $0.state(at: store.now) != .active },
            sessions: live.map(\.session).filter { seen.insert($0.id).inserted })
    }

    package func preview(_ decision: Decision) -> Preview {
        let live = decision.live
        let what = live.count == 1 ? "\(live[0].id) of \(live[0].session.user)" : "\(live.count) refresh token families"
        var preview = Preview(
            action: "refresh.revoke", tier: .ending(live.count),
            summary:
                "end \(what)\(extent == .session ? (live.count == 1 ? " and its session" : " and their sessions") : "")",
            count: live.count)
        preview.describe(decision.sessions)
        return preview
    }

    package func apply(_ decision: Decision, _ store: StoreWriter) throws -> Report {
        let live = decision.live
        let stillValid = decision.sessions.stillValidUntil(at: store.now)
        var seq: Int64?
        if !live.isEmpty {
            let ended = extent == .session ? decision.sessions.count : 0
            let audited = try store.audit(
                "refresh.revoke", target: live.count == 1 ? live[0].id.text : nil, reason: reason,
                counts: ["families": Int64(live.count), "sessions": Int64(ended)])
            for session in decision.sessions { try end(session, store, audited) }
            if extent == .family { for family in live { try store.endFamily(family, .familyRevoked) } }
            seq = audited
        }
        var report = Report(
            action: "refresh.revoke",
            items: live.map { .init($0.id.text, .ended) }
                + decision.gone.map { .init($0.id.text, .unchanged, note: $0.pastEnd(at: store.now)) },
            lines: [], stillValidUntil: stillValid,
            details: [.init("sessions_ended", .integer(extent == .session ? Int64(decision.sessions.count) : 0))])
        let what =
            live.count == 1
            ? "\(live[0].id) of \(live[0].session.user)" : live.count.counted("family", plural: "families")
        let accepted = Report.acceptedElsewhere(until: stillValid, at: store.now)
        report.lines = ["\(what) ended\(fate(of: decision.sessions))\(accepted)"]
        report.audit = seq
        return report
    }

    private func fate(of sessions: [Session]) -> String {
        switch (extent, sessions.count) {
        case (_, 0): ""
        case (.session, 1): ", its session too"
        case (.session, _): ", their sessions too"
        case (.family, 1): "; its session \(sessions[0].id) lives on for whoever has its cookie"
        case (.family, _): "; their sessions live on for whoever has the cookies"
        }
    }

    private func end(_ session: Session, _ store: StoreWriter, _ seq: Int64) throws {
        switch extent {
        case .session: try store.end(session, .familyRevoked, audit: seq, reason: reason)
        case .family:
            guard let until = session.accessUntil, until > store.now else { return }
            try store.deny(
                .session, session.id.text, issuedBefore: store.now, matchesUntil: until, audit: seq, reason: reason)
        }
    }
}

extension StoreReading {
    /// All of them, or a failure that names every one that does not exist.
    package func families(named names: [String]) throws -> [RefreshFamily] {
        var found: [RefreshFamily] = []
        var seen: Set<Int64> = []
        var unknown: [String] = []
        for name in names {
            guard let row = ids.row(of: name, .family), let family = try family(row: row) else {
                unknown.append(name)
                continue
            }
            if seen.insert(row).inserted { found.append(family) }
        }
        guard unknown.isEmpty else {
            throw Failure(
                .notFound, "no refresh token family \(unknown.joined(separator: ", "))",
                hint: names.count > 1 ? "nothing was changed" : "'tokenctl refresh list' shows them",
                target: unknown.joined(separator: " "))
        }
        return found
    }
}
