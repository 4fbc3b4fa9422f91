internal import TokenCrypto
internal import TokenStorage

/// `metrics`: the store in numbers, for Prometheus.
///
/// Most are a look at an index. Those that count rows run one after another until `patience` is over; what is not counted by
/// then is left out, and `tokenctl_metrics_omitted` says how many, so that a scrape of ten million rows is as bounded as
/// any other.
package struct StoreMetrics {
    private let store: Store
    private let version: String
    private let deadline: ContinuousClock.Instant

    /// `version` is the program's.
    package init(of store: Store, version: String, patience: Duration = .seconds(2)) {
        self.store = store
        self.version = version
        deadline = .now + patience
    }

    /// Fails as reading the store does; what takes too long is left out.
    package func exposition() throws -> String {
        let began = ContinuousClock.now
        var families = try store.read { try facts($0) } + rowsEverMade() + files() + health()
        let counted = try counts.map(inTime)
        families += counted.compactMap { $0 }
        families += [
            .gauge(
                "tokenctl_metrics_omitted", "Metrics left out of this exposition because counting took too long.",
                Double(counted.count { $0 == nil })),
            .gauge(
                "tokenctl_metrics_duration_seconds", "How long this exposition took to make.",
                Double((ContinuousClock.now - began).milliseconds) / 1000),
        ]
        return families.map(\.text).joined()
    }

    private func facts(_ reader: StoreReader) throws -> [MetricFamily] {
        let schedule = try reader.signingSchedule()
        let signer = schedule.signer(at: reader.now)
        let states = schedule.keys.map { schedule.state(of: $0, at: reader.now) }
        let due = try signer.map { try $0.since + reader.policies.keyRotation }
        return [
            .init(
                name: "tokenctl_build_info", kind: .gauge, help: "The tokenctl that made this exposition.",
                samples: [.init(label: ("version", version), value: 1)]),
            .gauge("tokenctl_store_epoch", "Begins anew with every restore.", Double(reader.facts.epoch)),
            .gauge(
                "tokenctl_last_write_timestamp_seconds", "When anything was last written.",
                at: reader.facts.lastWriteAt),
            .gauge(
                "tokenctl_signing_keys", "Keys in the key set, by state.", by: "state",
                [KeyState.standby, .active, .retiring].map { state in (state.rawValue, states.count { $0 == state }) }),
            .gauge(
                "tokenctl_signing_key_active_timestamp_seconds", "Since when the signing key signs.",
                at: signer?.since),
            .gauge(
                "tokenctl_signing_key_rotation_due_timestamp_seconds", "When the signing key reaches key.rotation.",
                at: due),
            .gauge(
                "tokenctl_key_set_published_timestamp_seconds", "When the key set was last published.",
                at: try reader.sql.row("SELECT max(at) FROM publication")?.get(0)),
            .gauge(
                "tokenctl_cleanup_last_success_timestamp_seconds", "When a cleanup last came to its end.",
                at: try reader.lastCleanup()),
            .gauge(
                "tokenctl_oldest_ended_session_timestamp_seconds",
                "When the session that is over longest, and still stored, ended.",
                at: try reader.oldestUncleaned()),
            .counter(
                "tokenctl_audit_events_total", "Acts recorded.", try reader.auditHead()?.seq ?? 0),
        ]
    }

    private func rowsEverMade() throws -> [MetricFamily] {
        try Failure.translating {
            [
                .counter(
                    "tokenctl_sessions_created_total", "Sessions ever made, regenerated ones included.",
                    try store.database.rowsEverMade(in: "session")),
                .counter(
                    "tokenctl_refresh_families_created_total", "Refresh token families ever made.",
                    try store.database.rowsEverMade(in: "refresh_family")),
                .counter(
                    "tokenctl_deny_rules_created_total", "Deny rules ever made.",
                    try store.database.rowsEverMade(in: "deny_rule")),
            ]
        }
    }

    private func files() -> [MetricFamily] {
        let free = FileSystem(at: store.database.path)?.free
        return [
            .gauge("tokenctl_database_bytes", "Size of the database file.", Double(store.database.bytes)),
            .gauge("tokenctl_wal_bytes", "Size of the write-ahead log.", Double(store.database.walBytes)),
            .gauge("tokenctl_disk_free_bytes", "Room left on the file system of the store.", free.map(Double.init)),
        ]
    }

    /// Numbers as a monitoring plug-in exits with: 0 fine, 1 warning, 2 critical, 3 unknown.
    private func health() throws -> [MetricFamily] {
        let numbers: [Finding.Answer: Int] = [.ok: 0, .warning: 1, .critical: 2, .unknown: 3]
        let checks = try store.diagnose(.instant).findings.map { ($0.check, numbers[$0.answer] ?? 3) }
        return [
            .gauge(
                "tokenctl_health_check", "What doctor finds at a glance: 0 ok, 1 warning, 2 critical, 3 unknown.",
                by: "check", checks.sorted { $0.0 < $1.0 })
        ]
    }

    private typealias Count = @Sendable (StoreReader) throws -> MetricFamily

    /// From cheap to dear; each costs its rows in an index.
    private var counts: [Count] {
        [
            { reader in
                .gauge(
                    "tokenctl_signing_key_unexpired_tokens", "At most so many unexpired tokens of the signing key.",
                    try reader.signingSchedule().signer(at: reader.now).map {
                        Double(try reader.unexpiredTokens(of: $0.key))
                    })
            },
            { reader in
                .gauge(
                    "tokenctl_replayed_refresh_families", "Stored families of which a spent token was presented.",
                    try reader.sql.value("SELECT count(*) FROM refresh_family WHERE replayed_at IS NOT NULL")
                        .map(Self.double))
            },
            { reader in
                let rows = try reader.sql.rows("SELECT scope, count(*) FROM deny_rule GROUP BY scope")
                let counts = try Dictionary(
                    rows.map { (try $0.get(0, as: String.self), try $0.get(1, as: Int.self)) }
                ) { first, _ in first }
                return .gauge(
                    "tokenctl_deny_rules", "Stored deny rules, by scope.", by: "scope",
                    DenyScope.allCases.map { ($0.rawValue, counts[$0.rawValue] ?? 0) })
            },
            { reader in
                let cut = try reader.now - reader.policies.retentionEnded
                return .gauge(
                    "tokenctl_cleanup_backlog_sessions", "Sessions past retention.ended; counted up to a million.",
                    Double(try reader.countUncleaned(before: cut, upTo: 1_000_000)))
            },
            { reader in
                .gauge(
                    "tokenctl_sessions_alive", "Sessions that are alive.",
                    Double(try reader.countSessions(SessionFilter())))
            },
        ]
    }

    private static func double(_ count: Int) -> Double { Double(count) }

    /// Nil where patience ended first.
    private func inTime(_ count: Count) throws -> MetricFamily? {
        let left = deadline - .now
        guard left > .zero else { return nil }
        return try store.database.limited(to: left) { try store.read(count) }
    }
}
