import Testing
import TokenStorage

@testable import TokenLifecycle

@Suite struct SessionStoryTests {
    private func story(_ id: Session.ID, _ test: TestStore) throws -> [SessionStory.Event] {
        try test.read { try $0.story(of: $0.session(named: id.text)).events }
    }

    @Test func `a login is told from its beginning to the replay that ended it`() throws {
        let test = try TestStore()
        var login = Login(user: "alice", client: "web")
        login.withTokens = true
        login.ip = try IPAddress("192.0.2.1")
        let first = try test.store.logIn(login, as: test.actor)
        test.advance(.minutes(1))
        let pair = try test.refresh(first.refreshToken, from: "192.0.2.2").pair
        test.advance(.minutes(1))
        let again = try test.refresh(pair.refreshToken, from: "192.0.2.3").pair
        test.advance(.minutes(1))
        let new = try test.store.regenerateSession(named: first.session.id.text, as: test.actor)
        test.advance(.days(1))
        try test.run(SessionTouch([new.session.id.text]))
        test.advance(.minutes(1))
        #expect(try test.refresh(first.refreshToken, from: "203.0.113.9").refusal == .replayed)

        let family = try test.read { try $0.families(of: new.session).only }
        // By the new id and by the old one alike: one login, one story.
        for id in [first.session.id, new.session.id] {
            let events = try story(id, test)
            #expect(events.map(\.what) == [.loggedIn, .refreshed, .regenerated, .seen, .replayed, .ended])
            #expect(
                events.map(\.id) == [
                    first.session.id.text, family.id.text, new.session.id.text, new.session.id.text, family.id.text,
                    new.session.id.text,
                ])
            #expect(events[0].from == login.ip && events[0].at == first.session.createdAt)
            #expect(events[1].count == 2 && events[1].at == again.session.lastSeenAt)
            #expect(try events[1].from == IPAddress("192.0.2.3"))
            #expect(try events[4].from == IPAddress("203.0.113.9") && events[4].count == 1)
            #expect(events[5].cause == "replay" && events[5].by == "tester" && events[5].audit == events[4].audit)
            #expect(try events[4].audit == test.count("audit_event").exactly)
        }
    }

    @Test func `every way to end is told with who and why`() throws {
        let test = try TestStore()
        let revoked = try test.logIn()
        try test.run(SessionRevocation(.ids([revoked.session.id.text]), reason: "laptop stolen"))
        let out = try test.logIn("bob")
        try test.run(UserLogout(["bob"], reason: "INC-1"))
        let floored = try test.logIn("carol", client: "web")
        try test.run(FloorLogout(.clients(["web"]), reason: "INC-2"))
        let idle = try test.logIn("dave")
        test.advance(.hours(2))
        let expected: [(LoggedIn, SessionStory.Happening, String?, String?)] = [
            (revoked, .ended, "revoked", "laptop stolen"), (out, .ended, "logout", "INC-1"),
            (floored, .loggedOut, nil, "INC-2"), (idle, .idleExpired, nil, nil),
        ]
        for (login, what, cause, reason) in expected {
            let events = try story(login.session.id, test)
            #expect(events.map(\.what) == [.loggedIn, what])
            #expect(events.last?.cause == cause && events.last?.reason == reason)
            #expect(events.last?.by == (what == .idleExpired ? nil : "tester"))
            let act = try test.read { try $0.auditEvents(limit: 100).items }.first { $0.at == events.last?.at }
            #expect(events.last?.audit == act?.seq)
        }
    }

    @Test func `a floor that spared a session, and a rule that did not end it, are told`() throws {
        let test = try TestStore()
        let login = try test.logInWithTokens()
        test.advance(.minutes(1))
        try test.run(FloorLogout(.everyone, keep: [login.session.id.text], reason: "INC-3"))
        test.advance(.minutes(1))
        try test.run(DenylistAddition(.session(login.session.id.text), reason: "INC-4"))
        let events = try story(login.session.id, test)
        #expect(events.map(\.what) == [.loggedIn, .kept, .denied])
        #expect(events[1].reason == "INC-3" && events[2].reason == "INC-4")
    }

    @Test func `two users who log in one after the other have a story each`() throws {
        let test = try TestStore(nil)
        let (first, second) = (try test.logIn(), try test.logIn())
        #expect(try story(first.session.id, test).map(\.id) == [first.session.id.text])
        #expect(try story(second.session.id, test).map(\.id) == [second.session.id.text])
    }

    @Test func `the act of an instant is found among many, and none where there is none`() throws {
        let test = try TestStore(nil)
        for number in 0..<40 {
            test.advance(.seconds(number % 7 + 1))
            try test.set("session.limit", "\(number + 1)")
        }
        let events = try test.read { try $0.auditEvents(limit: 100).items }
        #expect(events.count > 40)
        for event in events {
            #expect(try test.read { try $0.auditEvent(at: event.at)?.at } == event.at)
            #expect(try test.read { try $0.auditEvent(at: event.at + .ms * 3)?.seq } == nil)
        }
        #expect(try test.read { try $0.auditEvent(at: .t0 - .days(1)) } == nil)
    }
}

extension Int {
    fileprivate var exactly: Int64? { Int64(exactly: self) }
}
