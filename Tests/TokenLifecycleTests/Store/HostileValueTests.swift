import Testing
import TokenStorage

@testable import TokenLifecycle

/// Values that no program of ours writes, in a file that holds together.
@Suite struct HostileValueTests {
    @Test(arguments: [.min, -1, Instant.latest.milliseconds + 1, .max] as [Int64])
    func `a time that cannot be told is not believed, and stops nothing`(time: Int64) throws {
        let test = try TestStore()
        let login = try test.logIn()
        try test.tamper("UPDATE session SET alive_until = \(time)")
        #expect(try failure { _ = try test.session(login) } == .untrusted)
        // The oldest end is looked at; one to come is not.
        #expect(try test.store.diagnose(.thorough).isUntrusted == (time < 0))
        #expect(try test.logIn("another").session.user == "another")
    }

    @Test(arguments: [.min, -1, 1 << 40, 253_402_300_800_000, .max] as [Int64])
    func `cleanup does not walk to a number that is never given`(number: Int64) throws {
        let test = try TestStore()
        try test.logIn()
        try test.tamper("DROP TRIGGER session_stays")
        try test.tamper("UPDATE session SET id = \(number)")
        #expect(try failure { try test.cleanUp() } == .untrusted)
    }

    @Test(arguments: [1 << 40, .max] as [Int64])
    func `cleanup does not sweep up to a number that is never given`(number: Int64) throws {
        let test = try TestStore()
        try test.logIn()
        try test.tamper("UPDATE store SET sweep_due = 1")
        try test.tamper("UPDATE sqlite_sequence SET seq = \(number) WHERE name = 'session'")
        #expect(try failure { try test.cleanUp() } == .untrusted)
    }

    @Test func `what breaks a constraint was in the file`() {
        let broken = StorageError(.constraint, "FOREIGN KEY constraint failed")
        #expect(Failure(broken).kind == .untrusted && Failure(broken).hint != nil)
    }

    @Test func `time stands still at its ends`() {
        let (first, last) = (Instant(milliseconds: .min), Instant(milliseconds: .max))
        #expect(first - .seconds(1) == first && last + .seconds(1) == last)
        #expect(last - first == .milliseconds(Int64.max) && first - last == .milliseconds(Int64.min))
        #expect(Instant(seconds: .max) == last && Instant(seconds: .min) == first)
        #expect(first.seconds == -9_223_372_036_854_776 && Instant(milliseconds: -1).seconds == -1)
        #expect(Instant(milliseconds: -1000).seconds == -1 && Instant(milliseconds: -1001).seconds == -2)
    }
}
