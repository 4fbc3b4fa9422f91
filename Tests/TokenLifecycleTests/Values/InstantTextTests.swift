import Testing
import TokenLifecycle

@Suite struct `Times as text` {
    @Test(arguments: [
        ("1970-01-01", 0), ("1970-01-01T00:00:00Z", 0), ("2000-02-29", 951_782_400_000),
        ("2026-01-01T09:30:00.000Z", 1_767_259_800_000), ("2026-01-01T09:30:00.5z", 1_767_259_800_500),
        ("2026-01-01t09:30:00.1239Z", 1_767_259_800_123), ("2026-01-01 10:30:00+01:00", 1_767_259_800_000),
        ("2026-01-01T00:00:00-09:30", 1_767_259_800_000), ("9999-12-31T23:59:59.999Z", 253_402_300_799_999),
    ])
    func `are read as RFC 3339 says`(text: String, milliseconds: Int64) throws {
        #expect(try Instant(rfc3339: text).milliseconds == milliseconds)
    }

    @Test(arguments: [
        "", "2026", "2026-1-1", "2026-02-30", "2026-02-29", "1900-02-29", "2026-13-01", "2026-00-01", "2026-01-00",
        "2026-01-01T", "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z", "2026-01-01T00:00:60Z", "2026-01-01T00:00:00",
        "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00+1:00", "2026-01-01T00:00:00+24:00", "2026-01-01T00:00:00ZZ",
        "1969-12-31T23:59:59Z", "1970-01-01T00:00:00+00:01", "٢٠٢٦-01-01", "2026-01-01T00:00:00Z\n", "-2026-01-01",
    ])
    func `that do not exist or are not RFC 3339 are refused`(text: String) {
        let failure = #expect(throws: Failure.self) { try Instant(rfc3339: text) }
        #expect(failure?.kind == .usage)
    }

    @Test func `read back as they were written, over all four centuries of the calendar`() throws {
        var generator = SplitMix(state: 20_260_101)
        for _ in 0..<2000 {
            let instant = Instant(milliseconds: Int64.random(in: 0...253_402_300_799_999, using: &generator))
            #expect(try Instant(rfc3339: instant.rfc3339) == instant, "\(instant.milliseconds)")
            #expect(try Instant(rfc3339: instant.rfc3339Seconds).seconds == instant.seconds)
        }
    }

    @Test func `have one width, so that they sort as texts`() {
        #expect(Instant(milliseconds: 0).rfc3339 == "1970-01-01T00:00:00.000Z")
        #expect(Instant(milliseconds: 1_767_259_800_007).rfc3339 == "2026-01-01T09:30:00.007Z")
        #expect(Instant(milliseconds: 1_767_259_800_999).rfc3339Seconds == "2026-01-01T09:30:00Z")
        let instant = Instant(milliseconds: 1_767_259_800_999)
        #expect(instant.clockText(at: instant - .seconds(86_399)) == "09:30:00Z")
        #expect(instant.clockText(at: instant - .seconds(86_400)) == "2026-01-01T09:30:00Z")
    }

    @Test func `before 1970 are still written rightly`() {
        #expect(Instant(milliseconds: -1).rfc3339 == "1969-12-31T23:59:59.999Z")
    }

    @Test func `say which day does not exist`() {
        let failure = #expect(throws: Failure.self) { try Instant(rfc3339: "2026-02-30") }
        #expect(failure?.message == "there is no day 2026-02-30")
    }

    @Test func `may be bare durations, ago in filters and from now in acts`() throws {
        let now = Instant(milliseconds: 1_000_000_000)
        #expect(try TimeExpression("15m").resolved(at: now, .ago) == now - .seconds(900))
        #expect(try TimeExpression("15m").resolved(at: now, .fromNow) == now + .seconds(900))
        #expect(try TimeExpression("now").resolved(at: now, .ago) == now)
        #expect(try TimeExpression("1970-01-02").resolved(at: now, .ago) == Instant(milliseconds: 86_400_000))
    }

    @Test(arguments: ["", "yesterday", "5", "-5d", "5d ago", "99999999w"])
    func `that are neither are refused`(text: String) {
        #expect(throws: Failure.self) { try TimeExpression(text) }
    }
}

/// A small generator with a fixed seed, so that a failure can be repeated.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
