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
                Column("created_at", header: "CREATED") { .instant($0.createdAt) },
                Column("last_seen_at", header: "SEEN") { .instant($0.lastSeenAt) },
                Column("alive_until", header: "UNTIL") { .instant($0.endedAt(asOf: now) ?? $0.aliveUntil) },
                Column("ip", shrinks: 4) { .text(ifAny: $0.ip.map { "\($0)" }) },
                Column("device", shrinks: 1) { .text(ifAny: $0.device) },
                Column("user_agent", .wide, shrinks: 0) { .text(ifAny: $0.userAgent) },
                Column("login_at", .wide, header: "LOGIN") { .instant($0.loginAt) },
                Column("absolute_expires_at", .wide, header: "EXPIRES") { .instant($0.absoluteExpiry) },
                Column("idle_timeout", .wide, header: "IDLE") { .duration($0.idleTimeout) },
                Column("access_until", .wide, header: "ACCESS UNTIL") { .instant(ifAny: $0.accessUntil) },
                Column("access_key", .wide, header: "ACCESS KEY", shrinks: 0) { .text(ifAny: $0.accessKey) },
                Column("ended_at", .wide, header: "ENDED") { .instant(ifAny: $0.endedAt(asOf: now)) },
                Column("end_reason", .wide, header: "WHY") { .text(ifAny: $0.end?.reason) },
                Column("ended_by", .wide, header: "BY") { .text(ifAny: $0.end?.by) },
                Column("valid_from", .jsonOnly) { .instant($0.validFrom) },
                Column("data", .wide, shrinks: 0) { session in
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
