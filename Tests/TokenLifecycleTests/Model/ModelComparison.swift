@testable import TokenLifecycle

/// What must be so of the store, by the model: after every step of some, from time to time of all.
extension ModelRun {
    mutating func compareSome() throws {
        if let id = model.order.randomElement(using: &random) { try compare(id) }
        if let id = model.order.last { try compare(id) }
        guard let token = model.access.suffix(40).randomElement(using: &random) else { return }
        let online = Bool.random(using: &random)
        let verdict = try test.verify(token.text, online: online)
        let expected = model.verdict(token, online: online, at: model.readTime)
        try demand(verdict == expected, "a token is", verdict, expected)
        if case .inactive(let reason) = verdict { count("verdict \(reason.rawValue)") } else { count("verdict active") }
    }

    func compareAll() throws {
        for id in model.order { try compare(id) }
        var filter = SessionFilter()
        let live = try test.read { try $0.countSessions(filter) }
        try demand(
            live == model.live(at: model.readTime).count, "sessions listed", live, model.live(at: model.readTime).count)
        filter.states = Set(SessionState.allCases)
        let all = try test.read { try $0.countSessions(filter) }
        try demand(all == model.order.count, "sessions stored", all, model.order.count)
        for user in Self.users where model.sessions.values.contains(where: { $0.user == user }) {
            let counted = try test.read { try $0.user(named: user).liveSessions }
            try demand(counted == model.live(user, at: model.readTime).count, "sessions of \(user)", counted, "")
        }
        let wrong = try test.read { try $0.wrongEntries() }
        try demand(wrong.isEmpty, "entries of sessions", wrong, "none wrong")
        let audit = try test.read { try $0.verifyAudit() }
        try demand(audit.broken == nil, "the audit record is broken at", audit.broken?.seq, "nowhere")
    }

    private func compare(_ id: String) throws {
        guard let expected = model.sessions[id] else { return }
        let now = model.readTime
        let session = try test.read { try $0.session(named: id) }
        let state = model.state(expected, at: now)
        try demand(session.state(at: now) == state, "\(id) is", session.state(at: now), state)
        try demand(session.lastSeenAt == expected.lastSeen, "\(id) was seen", session.lastSeenAt, expected.lastSeen)
        try demand(session.loginAt == expected.loginAt, "\(id) logged in", session.loginAt, expected.loginAt)
        if state == .active {
            try demand(
                session.aliveUntil == expected.deadline, "\(id) lives until", session.aliveUntil, expected.deadline)
        }
        let opens = try test.read { try $0.inspect(Array(expected.token.utf8)).verification.verdict == .active }
        try demand(opens == (state == .active), "the token of \(id) opens", opens, state)
        guard let family = expected.family else { return }
        let stored = try test.read { try $0.families(of: session).only }
        try demand(stored.generation == family.generation, "\(stored.id) is at", stored.generation, family.generation)
        try demand(
            (stored.replayedAt != nil) == family.replayed, "\(stored.id) was replayed", stored.replays, family.replayed)
    }
}
