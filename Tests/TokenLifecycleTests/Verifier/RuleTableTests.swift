import Testing

@testable import TokenLifecycle

@Suite struct RuleTableTests {
    @Test func `agrees with a dictionary over random rules, however it grew`() {
        var random = SeededRandom(7)
        var table = RuleTable()
        var model: [String: Int64] = [:]
        for _ in 0..<20_000 {
            let value = "v\(random.next() % 9000)"
            let cutOff = Int64(random.next() % 1000)
            table.insert(.init(.init(.user, value), cutOff: cutOff))
            model[value] = cutOff
        }
        #expect(table.count == model.count)
        for value in 0..<12_000 {
            #expect(table[.init(.user, "v\(value)")]?.cutOff == model["v\(value)"])
            #expect(table[.init(.client, "v\(value)")] == nil)
        }
    }

    @Test func `takes at most 64 bytes a rule, just grown as well`() {
        #expect(MemoryLayout<RuleTable.Rule>.stride == 32)
        var table = RuleTable()
        for number in 0..<5000 {
            table.insert(.init(.init(.token, "\(number)")))
            if number > 100 { #expect(table.bytes <= 64 * table.count, "\(number)") }
        }
    }

    @Test func `a widened rule counts, and what matches nothing any more is let go`() throws {
        var rules = HeldRules(for: 10)
        rules.settle(.user, "alice", cutOff: 10, until: 5000)
        rules.add(.user, "alice", cutOff: 20, until: 6000)
        #expect(rules.rule(.user, "alice")?.cutOff == 20)
        for number in 0..<3000 { rules.add(.token, "\(number)", cutOff: .max, until: Int64(number)) }
        rules.settleRecent(after: 1500)
        let (alice, client) = (rules.rule(.user, "alice"), rules.rule(.client, "alice"))
        #expect(alice?.cutOff == 20 && client == nil)
        let (gone, due) = (rules.rule(.token, "1499"), rules.rule(.token, "1500"))
        #expect(gone == nil && due != nil && rules.count == 1501)
    }

    @Test func `without iat a token is older than any cut-off`() {
        let rule = RuleTable.Rule(.init(.everyone, ""), cutOff: 5)
        #expect(rule.matches(issuedAt: nil) && rule.matches(issuedAt: 5) && !rule.matches(issuedAt: 6))
        #expect(RuleTable.Rule(.init(.everyone, "")).matches(issuedAt: .max))
    }
}
