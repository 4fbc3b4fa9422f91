import Testing
import TokenJOSE

@testable import TokenLifecycle

/// What may happen, each done to the store and to the model.
extension ModelRun {
    mutating func logIn() throws {
        var login = Login(user: pick(Self.users), client: pick(Self.clients))
        login.withTokens = Bool.random(using: &random)
        let client = login.client ?? ""
        let now: Instant?
        if login.withTokens {
            now = model.issuingTime(user: login.user, client: client, session: nil)
        } else {
            now = model.time(ofIssuing: true)
        }
        guard let now else { return try busy("login", try failure { _ = try test.store.logIn(login, as: test.actor) }) }
        let made = try test.store.logIn(login, as: test.actor)
        let live = model.live(login.user, at: now)
        let ended = Array(live.prefix(max(0, live.count - LoginModel.limit + 1)))
        try demand(made.ended.map(\.text) == ended, "a login ended", made.ended, ended)
        for id in ended { model.end(id, at: now) }
        let id = made.session.id.text
        model.sessions[id] = LoginModel.Session(
            user: login.user, client: client, loginAt: now, validFrom: now, lastSeen: now,
            idle: login.withTokens ? LoginModel.refreshIdle : LoginModel.sessionIdle,
            absolute: now + (login.withTokens ? LoginModel.refreshTTL : LoginModel.sessionAbsolute),
            token: made.sessionToken, family: made.refreshToken.map { LoginModel.Family(current: $0) })
        model.order.append(id)
        if let access = made.access { model.issued(access, for: id, at: now) }
        model.lastWrite = now
        count("login", ended.isEmpty ? nil : "login beyond the limit")
    }

    mutating func refresh() throws {
        let holders = model.order.filter { model.sessions[$0]?.family != nil }
        guard let id = holders.suffix(24).randomElement(using: &random), let session = model.sessions[id],
            var family = session.family
        else { return }
        guard model.lastWrite - model.clock <= LoginModel.skew else {
            return try busy("refresh", try failure { _ = try test.refresh(family.current) })
        }
        var token = family.current
        var age = 0
        if !family.spent.isEmpty, Int.random(in: 0..<4, using: &random) == 0 {
            age = Int.random(in: 1...min(3, family.spent.count), using: &random)
            token = family.spent[family.spent.count - age]
        }
        let stranger = Int.random(in: 0..<12, using: &random) == 0
        let client = stranger ? pick(Self.clients) : session.client
        var now = model.writeTime
        let isRepeat =
            age == 1 && !family.endedAlone && family.spentAt.map { now <= $0 + LoginModel.grace } == true
        if age == 0 || isRepeat {
            var refusal = self.refusal(session, family, at: now)
            if refusal == nil, client != session.client { refusal = .wrongClient }
            if let refusal { return try refused(token, client, refusal) }
            guard let later = model.issuingTime(user: session.user, client: session.client, session: id) else {
                return try busy("refresh", try failure { _ = try test.refresh(token, client: client) })
            }
            now = later
            // The wait for a cut-off can outlast the grace, and the session itself.
            let stillRepeats = age == 0 || family.spentAt.map { now <= $0 + LoginModel.grace } == true
            if stillRepeats {
                if let refusal = self.refusal(session, family, at: now) { return try refused(token, client, refusal) }
                let pair = try test.refresh(token, client: client).pair
                try demand(pair.wasRepeated == (age == 1), "a refresh was repeated", pair.wasRepeated, age == 1)
                try demand(pair.session.id.text == id, "a refresh went to", pair.session.id, id)
                if age == 0 {
                    family.spent.append(family.current)
                    family.spent = family.spent.suffix(4)
                    family.current = pair.refreshToken
                    family.spentAt = now
                    family.generation += 1
                } else {
                    try demand(pair.refreshToken == family.current, "a repeated successor is", "another", "the same")
                }
                let expiry = model.expiry(of: session, at: now)
                try demand(pair.access.expiry == expiry, "an access token lives until", pair.access.expiry, expiry)
                model.sessions[id]?.family = family
                model.sessions[id]?.lastSeen = now
                model.issued(pair.access, for: id, at: now)
                model.lastWrite = now
                return count(age == 0 ? "refresh" : "repeated refresh")
            }
        }
        if age == 1, family.endedAlone, family.spentAt.map({ now <= $0 + LoginModel.grace }) == true {
            return try refused(token, client, .ended)
        }
        try demandRefusal(token, client, .replayed)
        if !family.endedAlone, model.state(session, at: now) == .active {
            model.end(id, at: now)
            count("replay that ended a login")
        }
        model.sessions[id]?.family?.replayed = true
        model.lastWrite = now
        count("replay")
    }

    private func refusal(
        _ session: LoginModel.Session, _ family: LoginModel.Family, at now: Instant
    ) -> RefreshRefusal? {
        if family.endedAlone { return .ended }
        switch model.state(session, at: now) {
        case .ended: return .ended
        case .loggedOut: return .loggedOut
        case .expired, .idleExpired: return .expired
        case .active: return session.absolute.seconds <= now.seconds ? .expired : nil
        }
    }

    private mutating func refused(_ token: String, _ client: String, _ refusal: RefreshRefusal) throws {
        try demandRefusal(token, client, refusal)
        count("refused refresh")
    }

    private func demandRefusal(_ token: String, _ client: String, _ refusal: RefreshRefusal) throws {
        let answer = try test.refresh(token, client: client).refusal
        try demand(answer == refusal, "a refresh was refused as", answer, refusal)
    }

    mutating func touch() throws {
        guard let id = model.order.suffix(30).randomElement(using: &random), let session = model.sessions[id] else {
            return
        }
        let now = model.writeTime
        guard model.state(session, at: now) == .active else {
            let kind = try failure { try test.run(SessionTouch([id])) }
            return try demand(kind == .refused, "touching the dead is", kind, Failure.Kind.refused)
        }
        let moved = min(now + session.idle, session.absolute) - session.deadline
        let isDue = moved >= min(.seconds(60), session.idle / 10)
        let outcome = try test.run(SessionTouch([id])).items.only.outcome
        try demand(outcome == (isDue ? .changed : .unchanged), "a touch is", outcome, isDue)
        guard isDue else { return }
        model.sessions[id]?.lastSeen = now
        model.lastWrite = now
        count("touch")
    }

    mutating func regenerate() throws {
        guard let id = model.order.suffix(30).randomElement(using: &random), var session = model.sessions[id] else {
            return
        }
        guard model.lastWrite - model.clock <= LoginModel.skew else {
            return try busy(
                "regenerating", try failure { _ = try test.store.regenerateSession(named: id, as: test.actor) })
        }
        let now = model.writeTime
        guard model.state(session, at: now) == .active else {
            let kind = try failure { _ = try test.store.regenerateSession(named: id, as: test.actor) }
            return try demand(kind == .refused, "regenerating the dead is", kind, Failure.Kind.refused)
        }
        let made = try test.store.regenerateSession(named: id, as: test.actor)
        if session.family?.endedAlone == false { model.sessions[id]?.family = nil } else { session.family = nil }
        if let rule = model.denied[id], rule == nil { model.denied[made.session.id.text] = .some(nil) }
        model.end(id, at: now)
        session.validFrom = now
        session.lastSeen = now
        session.accessUntil = nil
        session.token = made.sessionToken
        model.sessions[made.session.id.text] = session
        model.order.append(made.session.id.text)
        model.lastWrite = now
        count("regeneration")
    }

    mutating func revoke() throws {
        var ids: Set<String> = []
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            if let id = model.order.randomElement(using: &random) { ids.insert(id) }
        }
        guard !ids.isEmpty else { return }
        let now = model.writeTime
        let report = try test.run(SessionRevocation(.ids(ids.sorted()), reason: nil))
        let live = ids.filter { model.isAlive($0, at: now) }
        try demand(report.changed == live.count, "revoking ended", report.changed, live.count)
        guard !live.isEmpty else { return }
        for id in live { model.end(id, at: now) }
        model.lastWrite = now
        count("revocation")
    }

    mutating func revokeFamily() throws {
        let holders = model.order.filter { model.sessions[$0]?.family != nil }
        guard let id = holders.suffix(20).randomElement(using: &random), let session = model.sessions[id] else {
            return
        }
        let now = model.writeTime
        let extent = pick(RefreshRevocation.Extent.allCases)
        let family = try test.read { try $0.families(of: $0.session(named: id)).only.id.text }
        let isLive = session.family?.endedAlone == false && model.state(session, at: now) == .active
        let report = try test.run(RefreshRevocation(.ids([family]), ending: extent, reason: nil))
        try demand(report.changed == (isLive ? 1 : 0), "revoking a family ended", report.changed, isLive)
        guard isLive else { return }
        switch extent {
        case .session: model.end(id, at: now)
        case .family:
            model.sessions[id]?.family?.endedAlone = true
            model.denyUpTo(now, id)
        }
        model.lastWrite = now
        count("family revoked, \(extent)")
    }

    mutating func logOutUser() throws {
        let user = pick(Self.users)
        guard model.sessions.values.contains(where: { $0.user == user }) else { return }
        let now = model.writeTime
        let live = model.live(user, at: now)
        let kept = Bool.random(using: &random) ? Array(live.suffix(1)) : []
        let report = try test.run(UserLogout([user], keep: kept, reason: "model"))
        let ended = report.details.first?.value.integerValue
        try demand(ended == Int64(live.count - kept.count), "a user's logout ended", ended, live.count - kept.count)
        for id in live where !kept.contains(id) { model.end(id, at: now, quietly: true) }
        model.userCuts[user] = now
        model.lastWrite = now
        count("user logout", kept.isEmpty ? nil : "session kept")
    }

    mutating func logOutClient() throws {
        let client = pick(Self.clients)
        guard model.sessions.values.contains(where: { $0.client == client }) else { return }
        let now = model.writeTime
        let live = model.live(at: now).filter { model.sessions[$0]?.client == client }
        let kept = Bool.random(using: &random) ? Array(live.suffix(1)) : []
        try test.run(FloorLogout(.clients([client]), keep: kept, reason: "model"))
        model.clientFloors[client] = now
        for id in kept { model.sessions[id]?.validFrom = now + .ms }
        model.lastWrite = now
        count("client logout")
    }

    mutating func logOutEveryone() throws {
        let now = model.writeTime
        let kept = Bool.random(using: &random) ? Array(model.live(at: now).suffix(1)) : []
        try test.run(FloorLogout(.everyone, keep: kept, reason: "model"))
        model.floor = now
        for id in kept { model.sessions[id]?.validFrom = now + .ms }
        model.lastWrite = now
        count("everyone's logout")
    }

    // MARK: Time

    mutating func moveClock() {
        let step: Duration =
            switch Int.random(in: 0..<20, using: &random) {
            case 0: .milliseconds(-Int64.random(in: 1...5000, using: &random))
            case 1: .seconds(-Int64.random(in: 30...90, using: &random))
            case ..<6: .milliseconds(Int64.random(in: 1...999, using: &random))
            case ..<14: .seconds(Int64.random(in: 1...30, using: &random))
            case ..<19: .seconds(Int64.random(in: 30...600, using: &random))
            default: .minutes(Int64.random(in: 10...90, using: &random))
            }
        model.clock = model.clock + step
        test.clock.now = model.clock
        count(step < .zero ? "clock stepped back" : "clock moved")
    }

    /// What cleanup removes, it may remove a few milliseconds earlier or later: each of its batches has a time of its own.
    /// Beyond that the model decides.
    mutating func cleanUp() throws {
        let before = model.writeTime - LoginModel.retention
        try test.cleanUp()
        model.clock = test.now
        model.lastWrite = try test.read { $0.facts.lastWriteAt }
        let after = model.lastWrite - LoginModel.retention
        var gone: Set<String> = []
        for (id, session) in model.sessions {
            let floor = max(model.floor, model.clientFloors[session.client] ?? model.floor)
            if session.ended == nil, session.validFrom <= floor, session.deadline > floor {
                model.sessions[id]?.ended = floor
            }
            let end = model.sessions[id]?.ended ?? session.deadline
            let isThere = try test.read { reader in (try? reader.session(named: id)) != nil }
            try demand(isThere ? end >= before : end < after, "cleanup removed \(id), which ended", isThere, end)
            if !isThere { gone.insert(id) }
        }
        for id in gone { model.sessions[id] = nil }
        model.order.removeAll(where: gone.contains)
        for (id, session) in model.sessions where session.family?.endedAlone == true {
            // A family that ended alone goes before its session.
            if try test.read({ try $0.families(of: $0.session(named: id)) }).isEmpty {
                model.sessions[id]?.family = nil
            }
        }
        let now = model.readTime
        model.access.removeAll { $0.expires < now }
        count("cleanup", gone.isEmpty ? nil : "cleanup that removed")
    }
}
