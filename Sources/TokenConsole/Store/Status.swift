internal import ArgumentParser
internal import TokenJOSE
internal import TokenLifecycle

struct Status: ConsoleCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "One screen: what is alive, which key signs, what needs a look",
        discussion: """
            EXAMPLES
              tokenctl status
              tokenctl status --json
            """)
    static let result = ResultShape.answer("status")

    @OptionGroup var global: GlobalOptions

    func run(in console: inout Console) throws {
        let store = try console.store(for: .reading)
        let (status, now) = (try store.status(), try store.read(\.now))
        try console.show("status", status.json, lines: status.lines(at: now))
    }
}

extension StoreStatus {
    fileprivate func lines(at now: Instant) -> [String] {
        func ago(_ instant: Instant?) -> String { instant.map { TimeStyle.relative.text($0, now: now) } ?? "never" }
        let signing = signer.map { "\($0.kid) (\($0.algorithm)), since \(ago($0.since))" } ?? "none"
        var lines = [
            "store       \(storeID), epoch \(epoch), made \(ago(createdAt))",
            "alive       \(liveSessions.counted("session")) of \(liveUsers.counted("user")), "
                + liveFamilies.counted("refresh family", plural: "refresh families"),
            "signs       \(signing)",
            "keys        \(standbys) standby, \(retiring) retiring; published \(ago(lastPublication))",
            "denylist    \(rules.counted("rule"))" + (floor.map { "; everyone logged out \(ago($0))" } ?? ""),
            "cleanup     \(ago(lastCleanup))",
            "audit       \(auditEvents.counted("event"))",
        ]
        if let pending {
            lines.append(
                "promotion   \(pending.kid) takes over \(pending.takesOver.map { $0.rfc3339 } ?? "once published")")
        }
        return lines + warnings.map { "warning     \($0)" }
    }

    fileprivate var json: [JSON.Member] {
        func time(_ instant: Instant?) -> JSON { instant.map { .string($0.rfc3339) } ?? .null }
        let pendingJSON: JSON =
            pending.map { .object([.init("kid", .string($0.kid)), .init("takes_over", time($0.takesOver))]) } ?? .null
        let signerJSON: JSON =
            signer.map {
                .object([
                    .init("kid", .string($0.kid)), .init("alg", .string($0.algorithm)), .init("since", time($0.since)),
                ])
            } ?? .null
        return [
            .init("store", .string(storeID)), .init("epoch", .integer(epoch)), .init("created_at", time(createdAt)),
            .init("live_sessions", .integer(Int64(liveSessions))), .init("live_users", .integer(Int64(liveUsers))),
            .init("live_families", .integer(Int64(liveFamilies))), .init("signer", signerJSON),
            .init("pending", pendingJSON), .init("standby_keys", .integer(Int64(standbys))),
            .init("retiring_keys", .integer(Int64(retiring))), .init("deny_rules", .integer(Int64(rules))),
            .init("floor_at", time(floor)), .init("last_cleanup_at", time(lastCleanup)),
            .init("last_publication_at", time(lastPublication)), .init("audit_events", .integer(auditEvents)),
            .init("warnings", .array(warnings.map(JSON.string))),
        ]
    }
}
