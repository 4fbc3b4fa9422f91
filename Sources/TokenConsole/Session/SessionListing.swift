internal import TokenJOSE
internal import TokenLifecycle

extension Listing where Record == Session {
    /// Sessions as they stand at `now`.
    static func sessions(at now: Instant, schema: String = "session.list") -> Listing {
        Listing(
            schema: schema, id: { $0.id.text },
            columns: [
                Column("id") { .id($0.id.text) },
                Column("user", shrinks: 2) { .text($0.user) },
                Column("client", shrinks: 3) { .text($0.client) },
                Column("state") { $0.state(at: now).cell },
                Column("created_at", "CREATED") { .instant($0.createdAt) },
                Column("last_seen_at", "SEEN") { .instant($0.lastSeenAt) },
                Column("alive_until", "UNTIL") { .instant($0.endedAt(asOf: now) ?? $0.aliveUntil) },
                Column("ip", shrinks: 4) { .text(ifAny: $0.ip.map { "\($0)" }) },
                Column("device", shrinks: 1) { .text(ifAny: $0.device) },
                Column("user_agent", nil, .wide, shrinks: 0) { .text(ifAny: $0.userAgent) },
                Column("login_at", "LOGIN", .wide) { .instant($0.loginAt) },
                Column("absolute_expires_at", "EXPIRES", .wide) { .instant($0.absoluteExpiry) },
                Column("idle_timeout", "IDLE", .wide) { .duration($0.idleTimeout) },
                Column("access_until", "ACCESS UNTIL", .wide) { .instant(ifAny: $0.accessUntil) },
                Column("ended_at", "ENDED", .wide) { .instant(ifAny: $0.endedAt(asOf: now)) },
                Column("end_reason", "WHY", .wide) { .text(ifAny: $0.end?.reason) },
                Column("ended_by", "BY", .wide) { .text(ifAny: $0.end?.by) },
                Column("valid_from", nil, .jsonOnly) { .instant($0.validFrom) },
                Column("data", nil, .wide, shrinks: 0) { session in
                    session.data.flatMap { try? JSON(parsing: Array($0.utf8)) }.map(Cell.json) ?? .none
                },
            ])
    }
}

extension SessionState {
    var cell: Cell {
        let tone: Tone =
            switch self {
            case .active: .good
            case .idleExpired, .expired: .faint
            case .ended, .loggedOut: .bad
            }
        return .state(rawValue, tone)
    }
}
