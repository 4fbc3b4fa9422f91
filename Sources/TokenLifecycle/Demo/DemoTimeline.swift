internal import TokenJOSE

/// What happened in the demo's 45 days: drawn from a fixed seed, so everyone sees the same story.
struct DemoTimeline {
    private var random = DemoRandom(seed: 0x746F_6B65_6E63_746C)
    private(set) var moments: [DemoMoment] = []
    private var logins = 0

    /// How far back the story begins.
    static let length = Duration.seconds(45 * 86_400)

    /// In the order in which it happened.
    static func drawn() -> [DemoMoment] {
        var timeline = DemoTimeline()
        timeline.administration()
        timeline.everyday()
        timeline.incidents()
        return timeline.moments.enumerated()
            .sorted { ($1.element.ago, $0.offset) < ($0.element.ago, $1.offset) }.map(\.element)
    }

    private mutating func at(_ ago: Duration, _ step: DemoStep) {
        moments.append(DemoMoment(ago: ago, step: step))
    }

    /// Keys in every state, policies, and the nightly job.
    private mutating func administration() {
        at(.days(44.9), .setPolicy("session.limit", "8", reason: "SEC-112: nobody needs more"))
        at(.days(44), .revokeTestKey)
        at(.days(43), .importLegacyKey(until: .days(60)))
        at(.days(31), .rotate(reason: "monthly rotation"))
        for night in 1...20 { at(.days(Double(night) * 2) + .hours(3), .cleanUp) }
        // Late enough that the key before is still retiring, with tokens that live.
        at(.minutes(8), .rotate(reason: "monthly rotation"))
    }

    /// People log in now and then; with tokens they come back every day or two until they stop.
    private mutating func everyday() {
        for (number, user) in DemoCast.people.enumerated() {
            let visits = 2 + Int(random.next() % 3)
            for visit in 0..<visits {
                let client = random.pick(DemoClient.forPeople, else: .web)
                // A cookie lives for an hour unseen: most of those that are to be alive began just now.
                let isRecent = visit == visits - 1
                let ago: Duration =
                    client.usesTokens
                    ? .days(isRecent ? between(0.05, 6) : between(5, 40))
                    : isRecent ? .minutes(between(1, 55)) : .days(between(0.1, 32))
                logIn(user, number, client, ago: ago, comesBack: isRecent || random.next() % 3 == 0)
            }
        }
        for (number, service) in DemoCast.services.enumerated() {
            logIn(service, 60 + number, .batch, ago: .days(12), comesBack: true)
        }
        for number in 0..<3 { logIn(DemoCast.people[7 + number], 7 + number, .kiosk, ago: .hours(20), comesBack: true) }
    }

    @discardableResult
    private mutating func logIn(
        _ user: String, _ number: Int, _ client: DemoClient, ago: Duration, comesBack: Bool
    ) -> Int {
        logins += 1
        let login = logins
        let address = random.pick(DemoCast.addresses(ofUser: number), else: "192.0.2.1")
        at(ago, .logIn(login, self.login(user, client, address)))
        guard client.usesTokens else { return login }
        // Those who stay away let their refresh token run out.
        var left = ago - .hours(between(2, 30))
        var visits = 0
        while left > .minutes(5), comesBack || visits < 2 {
            at(left, .refresh(login, from: address))
            left = left - .days(between(0.8, 3))
            visits += 1
        }
        // The access tokens of some are live now, signed by the key that has just retired or by its successor.
        if comesBack, login.isMultiple(of: 3) { at(.minutes(between(2, 11)), .refresh(login, from: address)) }
        return login
    }

    private mutating func login(_ user: String, _ client: DemoClient, _ address: String) -> Login {
        var login = Login(user: user, client: client.id)
        login.ip = try? IPAddress(address)
        let variant = random.next()
        login.device = client.devices.randomElement(using: &random)
        login.userAgent = client.agent(on: login.device, variant: variant)
        login.withTokens = client.usesTokens
        login.scope = client.scopes
        login.data = [
            "roles": user == "alice" ? ["admin", "user"] : ["user"], "lang": random.next() % 3 == 0 ? "fr" : "en",
        ]
        return login
    }

    /// What an operator is called for.
    private mutating func incidents() {
        let phone = logIn("samir", 30, .android, ago: .days(5), comesBack: true)
        at(.days(3), .replay(phone, from: DemoCast.strangers[0]))
        at(.days(2.9), .replay(phone, from: DemoCast.strangers[0]))
        let tablet = logIn("mei", 21, .ios, ago: .days(1.5), comesBack: true)
        at(.hours(2), .replay(tablet, from: DemoCast.strangers[2]))
        let train = logIn("lars", 18, .android, ago: .hours(9), comesBack: true)
        at(.hours(1), .refreshTwice(train, from: "198.51.100.84"))

        logIn("dmitri", 5, .desktop, ago: .days(2), comesBack: true)
        let spare = logIn("dmitri", 5, .web, ago: .minutes(50), comesBack: false)
        at(.minutes(40), .logOut(user: "dmitri", keeping: spare, reason: "INC-481: laptop stolen on a train"))

        let ticket = logIn("nadia", 22, .ios, ago: .hours(5), comesBack: true)
        at(.minutes(9), .refresh(ticket, from: "192.0.2.32"))
        at(.minutes(8), .denyToken(ticket, reason: "INC-490: pasted into a ticket"))
        at(.minutes(7), .denyUser("contractor-17", reason: "contract ended"))
        at(.hours(12), .logOutClient("kiosk", reason: "CHG-77: kiosk image replaced"))
        logIn("hugo", 12, .kiosk, ago: .hours(4), comesBack: true)
        let guest = logIn("zoe", 37, .web, ago: .minutes(30), comesBack: false)
        at(.minutes(20), .revoke([guest], reason: "asked by phone"))
    }

    private mutating func between(_ low: Double, _ high: Double) -> Double { .random(in: low..<high, using: &random) }
}

extension Duration {
    fileprivate static func days(_ count: Double) -> Duration { .milliseconds(Int64(count * 86_400_000)) }
    fileprivate static func hours(_ count: Double) -> Duration { .milliseconds(Int64(count * 3_600_000)) }
    fileprivate static func minutes(_ count: Double) -> Duration { .milliseconds(Int64(count * 60_000)) }
}
