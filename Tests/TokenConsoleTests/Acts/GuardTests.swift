import ArgumentParser
import Testing
import TokenLifecycle

@testable import TokenConsole

@Suite struct `Guards of an act` {
    private func check(
        _ flags: [String], count: Int, isCapped: Bool = false, word: String? = nil, policy: Int = 1000
    ) throws -> Failure.Kind? {
        let guards = Guards(try ActOptions.parse(flags))
        var preview = Preview(action: "pet.end", tier: .three, summary: "end pets", count: count, word: word)
        preview.isCapped = isCapped
        do throws(Failure) {
            try guards.check(preview, policyLimit: policy)
            return nil
        } catch {
            return error.kind
        }
    }

    @Test(
        arguments: [
            ([], 1000, nil, nil), ([], 1001, nil, .refused), (["--max-affected", "2000"], 1001, nil, nil),
            (["--max-affected", "5"], 6, nil, .refused), (["--max-affected", "5"], 5, nil, nil),
            (["--expect-count", "5"], 5, nil, nil), (["--expect-count", "5"], 4, nil, .refused),
            (["--expect-count", "0"], 0, nil, nil), (["--expect-count", "5"], 5, "web", .usage),
            (["--confirm", "web"], 5000, "web", nil), (["--confirm", "wbe"], 1, "web", .refused),
            (["--confirm", "5"], 5, "web", .refused), (["--confirm", "37"], 37, nil, nil),
            (["--confirm", "38"], 37, nil, .refused),
            (["--confirm", "1,204", "--max-affected", "2000"], 1204, nil, nil),
            (["--max-affected", "3"], 5, "web", .refused),
        ] as [([String], Int, String?, Failure.Kind?)])
    func `hold against what is there`(flags: [String], count: Int, word: String?, refusal: Failure.Kind?) throws {
        #expect(try check(flags, count: count, word: word) == refusal)
    }

    @Test func `never hold against a count that was cut short`() throws {
        for flags in [["--max-affected", "10000"], ["--max-affected", "20000"], ["--max-affected", "5"]] {
            #expect(try check(flags, count: 10_000, isCapped: true, word: "web") == .refused)
        }
        #expect(try check([], count: 10_000, isCapped: true) == .refused)
        #expect(try check(["--confirm", "web"], count: 10_000, isCapped: true, word: "web") == nil)
    }

    @Test func `say what would have confirmed the act`() throws {
        for (word, count, expected) in [("web", 5, "'web'"), (nil, 37, "'37'")] as [(String?, Int, String)] {
            let preview = Preview(action: "pet.end", tier: .three, summary: "end pets", count: count, word: word)
            let error = #expect(throws: Failure.self) {
                try Guards(ActOptions.parse(["--confirm", "wbe"])).check(preview, policyLimit: 1000)
            }
            #expect(error?.message.contains("'wbe'") == true)
            #expect(error?.message.contains(expected) == true)
        }
    }

    @Test func `of less than nothing are refused when parsed`() {
        #expect(throws: (any Error).self) { try ActOptions.parse(["--expect-count=-1"]) }
    }
}

@Suite struct `Consent to an act` {
    private func preview(_ tier: Tier, count: Int = 3, word: String? = nil) -> Preview {
        Preview(action: "pet.end", tier: tier, summary: "end pets", count: count, word: word)
    }

    @Test(arguments: [
        (Tier.one, Consent.none, true), (.two, .none, false), (.three, .none, false),
        (.two, .flag(guarded: false), true),
        (.three, .flag(guarded: false), false), (.three, .flag(guarded: true), true),
        (.two, .person(.two, count: 3, word: nil), true), (.one, .person(.two, count: 3, word: nil), true),
        (.three, .person(.two, count: 3, word: nil), false), (.two, .person(.two, count: 2, word: nil), false),
        (.two, .person(.two, count: 4, word: nil), false), (.two, .person(.two, count: 3, word: "web"), false),
    ])
    func `covers no more than was agreed to`(tier: Tier, consent: Consent, suffices: Bool) {
        #expect(consent.suffices(for: preview(tier)) == suffices)
    }

    @Test(
        arguments: [
            (Tier.two, nil, "y", true), (.two, nil, " Yes ", true), (.two, nil, "", false), (.two, nil, "n", false),
            (.two, nil, nil, false), (.three, nil, "3", true), (.three, nil, "y", false), (.three, nil, "03", false),
            (.three, "web", "web", true), (.three, "web", "3", false), (.three, "web", "WEB", false),
        ] as [(Tier, String?, String?, Bool)])
    func `is given by the right answer only`(tier: Tier, word: String?, answer: String?, agreed: Bool) {
        #expect(preview(tier, word: word).isAgreed(by: answer) == agreed)
    }

    @Test func `is asked for with what matters`() {
        var preview = preview(.three, count: 12_345)
        preview.byUser = [("alice", 12_000), ("bob", 345)]
        preview.rows = ["ses_1", "ses_2"]
        preview.stillValidUntil = TestWorld.newYear
        preview.notes = ["the standby signs from now"]
        #expect(
            preview.lines == [
                "end pets", "  by user: alice 10,000+, bob 345", "  ses_1", "  ses_2", "  and 10,000+ more",
                "  verifiers that read only public keys accept access tokens until 2026-01-01T00:00:00Z",
                "  the standby signs from now",
            ])
        #expect(preview.question == "type the count, 12345, to go on: ")
    }
}
