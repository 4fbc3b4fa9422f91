import Foundation
import Testing
import TokenCrypto
import TokenJOSE
import TokenStorage

@testable import TokenLifecycle

@Suite struct SnapshotTests {
    /// A store with a rule of every scope, floors, and values that want care.
    private func filled() throws -> TestStore {
        let test = try TestStore()
        let login = try test.logInWithTokens("alice", client: "web")
        let first = try #require(try test.signer)
        test.waitUntilKeysAreKnown()
        try test.rotate()
        try test.run(DenylistAddition(.tokenIDs(["jti-1", "=cmd|x", "a,b", "qu\"ote\\", "x\"\u{301},y"]), reason: nil))
        try test.run(DenylistAddition(.session(login.session.id.text), reason: nil))
        try test.run(DenylistAddition(.user("zo\u{EB} \u{1F600}\u{202E}"), reason: nil))
        try test.run(DenylistAddition(.key(first), reason: nil))
        try test.run(FloorLogout(.clients(["web"]), reason: nil))
        try test.run(FloorLogout(.everyone, reason: nil))
        return test
    }

    private func make(_ test: TestStore, _ format: SnapshotFormat, partial: Bool = false) throws -> DenylistExport.Made
    {
        try test.read { try DenylistExport(format, isPartial: partial).make($0) }
    }

    private func rules(_ snapshot: SnapshotText) -> [SnapshotRule?] {
        var rules: [SnapshotRule?] = []
        snapshot.eachRule { rules.append($1) }
        return rules
    }

    private func thumbprint(_ test: TestStore) throws -> String { try test.read { try $0.identity().thumbprint } }

    @Test(arguments: [SnapshotFormat.ndjson, .json, .csv])
    func `says all that is denied, and reads back`(_ format: SnapshotFormat) throws {
        let test = try filled()
        let made = try make(test, format)
        let snapshot = try SnapshotText(made.bytes)
        try snapshot.verify(trusting: thumbprint(test))
        #expect(snapshot.format == format && snapshot.head == made.head)
        var expected: [SnapshotRule] = []
        try test.read { try $0.eachSnapshotRule { expected.append($0) } }
        #expect(rules(snapshot) == expected && expected.count == made.rules)
        #expect(Set(expected.map(\.scope)) == Set(DenyScope.allCases))
        let facts = try test.read(\.facts)
        #expect(made.head.store == facts.storeID && made.head.epoch == 1)
        #expect(made.head.version == facts.rulesChangedAt.milliseconds && made.head.version > 0)
        #expect(made.head.generatedAt == test.now.seconds && made.head.expiresAt == test.now.seconds + 600)
    }

    /// Base32 has digits too: an id of nothing else is no number, whose zeros in front mean nothing.
    @Test(arguments: SnapshotFormat.allCases)
    func `keeps the id of its store, digit by digit`(_ format: SnapshotFormat) throws {
        let head = SnapshotHead(
            store: "0042738195061728", epoch: 1, version: 2, generatedAt: 3, expiresAt: 4, identity: "0")
        var writer = SnapshotWriter(format, head, rules: 0)
        writer.endRules()
        writer.sign(Base64URL.encode(Array(#"{"alg":"EdDSA"}"#.utf8)) + "..AAAA")
        #expect(try SnapshotText(writer.bytes).head == head)
    }

    @Test func `floors are cut-offs for ever, beside the rules that came with them`() throws {
        let test = try filled()
        var found: [SnapshotRule] = []
        try test.read { try $0.eachSnapshotRule { found.append($0) } }
        let floor = try test.read { $0.facts.floor }
        #expect(found.first == SnapshotRule(.everyone, "", issuedUntil: floor.seconds, matchesUntil: nil))
        #expect(found.count { $0.scope == .client && $0.value == "web" } == 2)
        #expect(found.contains { $0.scope == .client && $0.matchesUntil == nil && $0.issuedUntil != nil })
        // The rules go when no token is left; the floors stay in every export.
        test.advance(.hours(2))
        try test.cleanUp()
        found = []
        try test.read { try $0.eachSnapshotRule { found.append($0) } }
        #expect(found.filter { $0.scope == .client }.map(\.matchesUntil) == [nil])
    }

    @Test func `is one line a record, in ASCII`() throws {
        let made = try make(try filled(), .ndjson)
        #expect(made.bytes.allSatisfy { $0 < 0x7F })
        let lines = made.bytes.split(separator: UInt8(ascii: "\n"))
        #expect(lines.count == made.rules + 2)
        for line in lines { #expect(try JSON(parsing: Array(line)).members != nil) }
        #expect(try JSON(parsing: try make(try filled(), .json).bytes)["rules"]?.arrayValue?.isEmpty == false)
    }

    @Test func `no cell of a spreadsheet begins with what it would run`() throws {
        let text = String(decoding: try make(try filled(), .csv).bytes, as: UTF8.self)
        let rows = text.components(separatedBy: "\r\n").dropLast()
        #expect(rows.contains { $0.hasPrefix("token:=cmd|x,,") } && rows.contains { $0.hasPrefix("\"token:a,b\",,") })
        #expect(
            rows.allSatisfy { $0.first?.isLowercase == true || $0.hasPrefix("\"token:") || $0.hasPrefix("\"user:") })
    }

    @Test func `a list of ids has to be asked for as a part`() throws {
        let test = try filled()
        #expect(try failure { _ = try make(test, .txt) } == .refused)
        let made = try make(test, .txt, partial: true)
        #expect(made.rules == 5 && made.leftOut > 4)
        let lines = String(decoding: made.bytes, as: UTF8.self).split(separator: "\n")
        #expect(lines.filter { !$0.hasPrefix("#") } == ["jti-1", "=cmd|x", "a,b", "qu\"ote\\", "x\"\u{301},y"])
        try SnapshotText(made.bytes).verify(trusting: thumbprint(test))
        let alone = try TestStore()
        try alone.run(DenylistAddition(.tokenIDs(["one"]), reason: nil))
        #expect(try make(alone, .txt).rules == 1)
    }

    @Test func `an empty one is whole too`() throws {
        let test = try TestStore()
        for format in SnapshotFormat.allCases {
            let made = try make(test, format)
            let snapshot = try SnapshotText(made.bytes)
            try snapshot.verify(trusting: thumbprint(test))
            #expect(rules(snapshot).isEmpty)
        }
    }

    @Test(arguments: SnapshotFormat.allCases)
    func `no byte of it can be changed, added or cut`(_ format: SnapshotFormat) throws {
        let test = try filled()
        let good = try make(test, format, partial: true).bytes
        let trusted = try thumbprint(test)
        var random = SeededRandom(7)
        for _ in 0..<300 {
            var bytes = good
            let at = Int.random(in: 0..<bytes.count, using: &random)
            switch random.next() % 3 {
            case 0: bytes[at] ^= UInt8(1 << (random.next() % 7))
            case 1: bytes.remove(at: at)
            default: bytes.insert(UInt8.random(in: 0...127, using: &random), at: at)
            }
            // The last newline may be lost: a shell takes it away, and nothing that is signed is behind it.
            guard bytes != good, bytes + [0x0A] != good else { continue }
            #expect(throws: Failure.self) { try SnapshotText(bytes).verify(trusting: trusted) }
        }
    }

    @Test func `another store's is refused, also under its own signature`() throws {
        let test = try filled()
        let other = try filled()
        let bytes = try make(other, .ndjson).bytes
        #expect(try failure { try SnapshotText(bytes).verify(trusting: thumbprint(test)) } == .refused)
        // A statement of the right store about something else does not stand in.
        let statement = try test.read { try $0.sign([], as: .auditCheckpoint) }
        let parts = statement.split(separator: ".")
        let text = String(decoding: try make(test, .ndjson).bytes, as: UTF8.self)
        let cut = text.split(separator: "\n").dropLast().joined(separator: "\n")
        let forged = Array((cut + "\n{\"signature\":\"\(parts[0])..\(parts[2])\"}\n").utf8)
        #expect(try failure { try SnapshotText(forged).verify(trusting: thumbprint(test)) } == .untrusted)
    }

    @Test func `the version rises with what is denied, and with nothing else`() throws {
        let test = try TestStore()
        var last = try test.read { $0.facts.rulesChangedAt }
        func rises(_ body: () throws -> Void) throws -> Bool {
            test.advance(.seconds(2))
            try body()
            let now = try test.read { $0.facts.rulesChangedAt }
            defer { last = now }
            return now > last
        }
        let (login, policy) = (
            try rises { _ = try test.logInWithTokens(client: "web") }, try rises { try test.set("access.ttl", "5m") }
        )
        #expect(!login && !policy)
        let rule = try rises { try test.run(DenylistAddition(.user("alice"), reason: nil)) }
        let floor = try rises { try test.run(FloorLogout(.clients(["web"]), reason: nil)) }
        let lifted = try rises { try test.run(DenylistRemoval(["1"], reason: nil)) }
        #expect(rule && floor && lifted)
        test.advance(.hours(3))
        var forgotten = 0
        let cleanup = try rises { forgotten = try test.cleanUp().rules }
        #expect(!cleanup && forgotten > 0)
    }

    @Test func `a file is current while it says the same and half of its time is left`() throws {
        let test = try filled()
        let export = DenylistExport(.ndjson)
        var file = try make(test, .ndjson).bytes
        func isCurrent() throws -> Bool { try test.read { try export.isCurrent(file, $0) } }
        #expect(try isCurrent())
        test.advance(.minutes(4))
        #expect(try isCurrent())
        #expect(try test.read { try !DenylistExport(.csv).isCurrent(file, $0) })
        test.advance(.minutes(1))
        #expect(try !isCurrent())
        file = try make(test, .ndjson).bytes
        #expect(try isCurrent())
        try test.run(DenylistAddition(.tokenIDs(["new"]), reason: nil))
        #expect(try !isCurrent())
        file = try make(test, .ndjson).bytes
        file[200] ^= 1
        #expect(try !isCurrent())
        file = []
        #expect(try !isCurrent())
    }
}
