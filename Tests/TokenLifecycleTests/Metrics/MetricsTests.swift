import Testing
import TokenStorage

@testable import TokenLifecycle

@Suite struct MetricsTests {
    private func exposition(_ test: TestStore, patience: Duration = .seconds(60)) throws -> Exposition {
        try Exposition(StoreMetrics(of: test.store, version: "1.2.3", patience: patience).exposition())
    }

    @Test func `says in numbers what is stored`() throws {
        let test = try TestStore()
        let login = try test.logInWithTokens("alice")
        try test.logIn("bob")
        try test.logIn("bob")
        try test.run(SessionRevocation(.ids([login.session.id.text]), reason: "test"))
        let shown = try exposition(test)
        #expect(shown["tokenctl_sessions_alive"] == 2)
        #expect(shown["tokenctl_sessions_created_total"] == 3)
        #expect(shown["tokenctl_refresh_families_created_total"] == 1)
        #expect(shown["tokenctl_audit_events_total"] == 3)
        #expect(shown["tokenctl_deny_rules{scope=\"session\"}"] == 1)
        #expect(shown["tokenctl_deny_rules{scope=\"user\"}"] == 0)
        #expect(shown["tokenctl_signing_keys{state=\"active\"}"] == 1)
        #expect(shown["tokenctl_signing_keys{state=\"standby\"}"] == 1)
        #expect(shown["tokenctl_build_info{version=\"1.2.3\"}"] == 1)
        #expect(shown["tokenctl_health_check{check=\"issuer\"}"] == 1)
        #expect(shown["tokenctl_health_check{check=\"signing_key\"}"] == 0)
        #expect(shown["tokenctl_metrics_omitted"] == 0)
        #expect(try shown["tokenctl_last_write_timestamp_seconds"] == test.read { Double($0.now.milliseconds) / 1000 })
        #expect(shown["tokenctl_cleanup_last_success_timestamp_seconds"] == nil, "none has run")
    }

    @Test func `leaves out what there is no time to count, and says how much`() throws {
        let test = try TestStore()
        try test.logIn()
        let shown = try exposition(test, patience: .zero)
        #expect(shown["tokenctl_metrics_omitted"] == 5)
        #expect(shown["tokenctl_sessions_alive"] == nil && shown["tokenctl_sessions_created_total"] == 1)
    }

    @Test func `a count that takes too long ends, and the connection goes on`() throws {
        let test = try TestStore()
        let endless: SQL = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
        let counted = try test.store.database.limited(to: .milliseconds(50)) {
            try test.read { try $0.sql.value(endless, as: Int.self) }
        }
        #expect(counted == nil)
        #expect(try test.store.database.limited(to: .seconds(60)) { try test.count("policy") } == 3)
        #expect(throws: Failure.self) {
            try test.store.database.limited(to: .seconds(60)) { throw Failure(.refused, "by the body itself") }
        }
    }

    @Test func `labels and help are escaped`() {
        let family = MetricFamily(
            name: "a_b", kind: .gauge, help: "one\\two\nthree \"four\"",
            samples: [.init(label: ("l", "a\"b\\c\nd"), value: 1.5)])
        #expect(
            family.text == """
                # HELP a_b one\\\\two\\nthree "four"
                # TYPE a_b gauge
                a_b{l="a\\"b\\\\c\\nd"} 1.5

                """)
    }
}

/// A reader of the text exposition format 0.0.4, stricter than Prometheus: every family has HELP, then TYPE, then its samples in
/// one block; names carry units; nothing appears twice.
struct Exposition {
    private var samples: [String: Double] = [:]

    subscript(sample: String) -> Double? { samples[sample] }

    struct Objection: Error { var line: String, why: String }

    init(_ text: String) throws {
        guard text.hasSuffix("\n"), !text.hasSuffix("\n\n") else { throw Objection(line: "", why: "its end") }
        var families: Set<String> = []
        var (family, kind, hasSample) = ("", "", true)
        for line in text.dropLast().split(separator: "\n", omittingEmptySubsequences: false).map(String.init) {
            func require(_ condition: Bool, _ why: String) throws {
                if !condition { throw Objection(line: line, why: why) }
            }
            if let help = line.wholeMatch(of: /# HELP (tokenctl_[a-z_]*[a-z]) (\S.*[.])/) {
                try require(hasSample, "a family without a sample")
                family = String(help.1)
                try require(families.insert(family).inserted, "a family twice")
                (kind, hasSample) = ("", false)
            } else if let type = line.wholeMatch(of: /# TYPE (\S+) (counter|gauge)/) {
                try require(type.1 == family && kind.isEmpty && !hasSample, "TYPE is out of place")
                kind = String(type.2)
                try require(
                    (kind == "counter") == family.hasSuffix("_total"), "counters end in _total, and nothing else")
                for unit in ["_ms", "_milliseconds", "_kb", "_percent"] {
                    try require(!family.hasSuffix(unit), "no base unit")
                }
            } else {
                let sample = try #require(
                    line.wholeMatch(
                        of: /([a-z_]+)(\{[a-z_]+="(?:[^"\\\n]|\\["\\n])*"\})? (-?[0-9]+(?:\.[0-9]+)?(?:e[+-]?[0-9]+)?)/),
                    "\(line)")
                try require(sample.1 == family && !kind.isEmpty, "a sample outside its family")
                let name = family + (sample.2.map(String.init) ?? "")
                try require(samples.updateValue(Double(sample.3) ?? .nan, forKey: name) == nil, "a sample twice")
                hasSample = true
            }
        }
        guard hasSample, !families.isEmpty else { throw Objection(line: family, why: "a family without a sample") }
    }
}
