import Testing
import TokenJOSE

@testable import TokenLifecycle

@Suite struct SnapshotLineTests {
    private func written(_ rule: SnapshotRule) -> ArraySlice<UInt8> {
        let head = SnapshotHead(store: "s", epoch: 1, version: 1, generatedAt: 1, expiresAt: 2, identity: "i")
        var writer = SnapshotWriter(.ndjson, head, rules: 1)
        let before = writer.bytes.count
        writer.add(rule)
        return writer.bytes[before...].dropLast()
    }

    @Test(arguments: DenyScope.allCases)
    func `reads what is written`(_ scope: DenyScope) {
        for (value, issued, until) in [
            ("4f3c2b1a", nil, nil), ("", 0, 1_900_000_000), ("a b/c:d", 1_700_000_000, nil), ("x", nil, 9_999_999_999),
        ] as [(String, Int64?, Int64?)] {
            let rule = SnapshotRule(scope, value, issuedUntil: issued, matchesUntil: until)
            #expect(SnapshotLine.rule(written(rule)) == rule)
        }
    }

    /// Read as JSON instead, which knows what they mean, or that they mean nothing.
    @Test(arguments: [
        "", "{}", #"{"scope":"tenant","value":"x","issued_until":null,"matches_until":null}"#,
        #"{"scope":"user","value":"a\"b","issued_until":null,"matches_until":null}"#,
        #"{"scope":"user","value":"é","issued_until":null,"matches_until":null}"#,
        #"{"scope":"user","value":"x","issued_until":-1,"matches_until":null}"#,
        #"{"scope":"user","value":"x","issued_until":01,"matches_until":null}"#,
        #"{"scope":"user","value":"x","issued_until":1.5,"matches_until":null}"#,
        #"{"scope":"user","value":"x","issued_until":,"matches_until":null}"#,
        #"{"scope":"user","value":"x","issued_until":99999999999,"matches_until":null}"#,
        #"{"scope":"user","value":"x","issued_until":1,"matches_until":null} "#,
        #"{"scope":"user","value":"x","issued_until":1,"matches_until":null}}"#,
        #"{"scope":"user","value":"x","issued_until":1,"matches_until":nul"#,
        #"{"value":"x","scope":"user","issued_until":1,"matches_until":null}"#,
        "{\"scope\":\"user\",\"value\":\"a\u{1}\",\"issued_until\":1,\"matches_until\":null}",
    ])
    func `leaves every other spelling to JSON`(_ line: String) {
        #expect(SnapshotLine.rule(Array(line.utf8)[...]) == nil)
    }
}
