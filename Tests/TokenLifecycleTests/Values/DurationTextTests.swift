import Testing
import TokenLifecycle

@Suite struct `Durations as text` {
    @Test(arguments: [
        ("0s", 0), ("90s", 90_000), ("15m", 900_000), ("1h30m", 5_400_000), ("7d", 604_800_000), ("2w", 1_209_600_000),
        ("1w2d3h4m5s", 788_645_000), ("007s", 7000), ("36525d", 3_155_760_000_000),
    ])
    func `are read`(text: String, milliseconds: Int64) throws {
        #expect(try Duration(text: text) == .milliseconds(milliseconds))
    }

    @Test(arguments: [
        "", "5", "m", "-5m", "+5m", "1.5h", "5 m", "5M", "30m1h", "1h1h", "1y", "5ms", "٥m", "5m\0", "36526d",
        "9223372036854775807s", "9223372036854775808s", "99999999999999999999999w", "15250284452471w",
    ])
    func `that make no sense or are too long are refused`(text: String) {
        let failure = #expect(throws: Failure.self) { try Duration(text: text) }
        #expect(failure?.kind == .usage)
    }

    @Test func `have milliseconds only where they make sense`() throws {
        #expect(try Duration(text: "1s250ms", allowingMilliseconds: true) == .milliseconds(1250))
        #expect(throws: Failure.self) { try Duration(text: "250ms") }
    }

    @Test(arguments: [
        (0, "0s"), (1000, "1s"), (5_400_000, "1h30m"), (604_800_000, "7d"), (1250, "1s250ms"), (-60_000, "-1m"),
    ])
    func `are written short`(milliseconds: Int64, text: String) {
        #expect(Duration.milliseconds(milliseconds).text == text)
    }

    @Test func `read back as they were written`() throws {
        var generator = SplitMix(state: 7)
        for _ in 0..<1000 {
            let duration = Duration.milliseconds(Int64.random(in: 0...3_155_760_000_000, using: &generator))
            #expect(try Duration(text: duration.text, allowingMilliseconds: true) == duration)
        }
    }
}
