@testable import TokenLifecycle

/// What docs say about logins, in plain values and loops: no SQL, no cryptography, no cleverness. The model-based test
/// does the same to this and to a real store, and demands the same answers.
struct LoginModel {
    struct Family {
        var generation = 1
        var current: String
        /// Spent tokens, the latest last.
        var spent: [String] = []
        var spentAt: Instant?
        var replayed = false
        var endedAlone = false
    }

    struct Session {
        var user: String
        var client: String
        var loginAt: Instant
        var validFrom: Instant
        var lastSeen: Instant
        var idle: Duration
        var absolute: Instant
        var ended: Instant?
        var accessUntil: Instant?
        var token: String
        var family: Family?

        var deadline: Instant { min(lastSeen + idle, absolute) }
    }

    struct Access {
        var text: String
        var session: String
        var user: String
        var client: String
        var issued: Int64
        var expires: Instant
    }

    /// The policies of the run.
    static let sessionIdle = Duration.minutes(10)
    static let sessionAbsolute = Duration.hours(1)
    static let refreshIdle = Duration.minutes(40)
    static let refreshTTL = Duration.hours(3)
    static let accessTTL = Duration.minutes(5)
    static let grace = Duration.seconds(10)
    static let skew = Duration.seconds(60)
    static let retention = Duration.hours(2)
    static let limit = 6

    var sessions: [String: Session] = [:]
    /// In the order of their logins.
    var order: [String] = []
    var access: [Access] = []
    var clock: Instant
    var lastWrite: Instant
    var floor = Instant(milliseconds: 0)
    var clientFloors: [String: Instant] = [:]
    var userCuts: [String: Instant] = [:]
    /// The denied `sid`s; a cut-off where the session lives on.
    var denied: [String: Instant?] = [:]

    init(at now: Instant, lastWrite: Instant) {
        clock = now
        self.lastWrite = lastWrite
    }

    /// Until when cut-offs have been given way to.
    private var awaited = Instant.earliest

    var readTime: Instant { max(clock, lastWrite) }
    var writeTime: Instant { max(clock, lastWrite + .ms) }

    // MARK: States

    func state(_ session: Session, at now: Instant) -> SessionState {
        if session.ended != nil { return .ended }
        let floor = max(floor, clientFloors[session.client] ?? floor)
        if session.validFrom <= floor, session.deadline > floor { return .loggedOut }
        if session.absolute <= now { return .expired }
        return session.lastSeen + session.idle <= now ? .idleExpired : .active
    }

    func isAlive(_ id: String, at now: Instant) -> Bool { sessions[id].map { state($0, at: now) == .active } ?? false }

    func live(_ user: String? = nil, at now: Instant) -> [String] {
        order.filter { id in isAlive(id, at: now) && (user == nil || sessions[id]?.user == user) }
    }

    // MARK: Issuing

    /// Whether the clock can be trusted and no cut-off of this second is in the way; waits as the store does. Answers the
    /// instant of the act, or nil where it is busy.
    mutating func issuingTime(user: String, client: String, session: String?) -> Instant? {
        for _ in 0..<3 {
            guard let now = time(ofIssuing: true) else { return nil }
            let cuts = [floor, clientFloors[client], userCuts[user], session.flatMap { denied[$0] ?? nil }]
            guard let cut = cuts.compactMap({ $0 }).max(), cut.seconds >= now.seconds else { return now }
            let until = Instant(seconds: cut.seconds + 1)
            clock = clock + max(.zero, min(until - clock, .seconds(1)))
            awaited = max(awaited, until)
        }
        return nil
    }

    /// When the next write would be; nil where the clock is too far behind for it. What issuing has waited for counts as time.
    func time(ofIssuing isIssuing: Bool) -> Instant? {
        let awaited = isIssuing ? awaited : lastWrite
        return max(lastWrite, awaited) - clock <= Self.skew ? max(writeTime, awaited) : nil
    }

    mutating func issued(_ token: AccessToken, for id: String, at now: Instant) {
        guard let session = sessions[id] else { return }
        access.append(
            Access(
                text: token.text, session: id, user: session.user, client: session.client, issued: now.seconds,
                expires: token.expiry))
        sessions[id]?.accessUntil = max(session.accessUntil ?? token.expiry, token.expiry)
    }

    func expiry(of session: Session, at now: Instant) -> Instant {
        min(Instant(seconds: now.seconds) + Self.accessTTL, Instant(seconds: session.absolute.seconds))
    }

    // MARK: Ends

    /// With `quietly`, a wider rule denies its access tokens already.
    mutating func end(_ id: String, at now: Instant, quietly: Bool = false) {
        guard let session = sessions[id], session.ended == nil else { return }
        if !quietly, let until = session.accessUntil, until > now { denied[id] = .some(nil) }
        sessions[id]?.ended = now
    }

    mutating func denyUpTo(_ now: Instant, _ id: String) {
        guard let until = sessions[id]?.accessUntil, until > now else { return }
        if let rule = denied[id], rule == nil { return }
        denied[id] = .some(now)
    }

    // MARK: Verdicts

    func verdict(_ token: Access, online: Bool, at now: Instant) -> Verdict {
        if token.expires <= now { return .inactive(.expired) }
        if token.issued <= floor.seconds { return .inactive(.deniedEveryone) }
        if let cut = clientFloors[token.client], token.issued <= cut.seconds { return .inactive(.deniedClient) }
        if let cut = userCuts[token.user], token.issued <= cut.seconds { return .inactive(.deniedUser) }
        if let rule = denied[token.session], rule.map({ token.issued <= $0.seconds }) ?? true {
            return .inactive(.deniedSession)
        }
        guard online else { return .active }
        guard let session = sessions[token.session] else { return .inactive(.sessionUnknown) }
        switch state(session, at: now) {
        case .active: return .active
        case .ended: return .inactive(.sessionEnded)
        case .loggedOut: return .inactive(.sessionLoggedOut)
        case .expired, .idleExpired: return .inactive(.sessionExpired)
        }
    }
}
