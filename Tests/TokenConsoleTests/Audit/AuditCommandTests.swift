import Foundation
import Testing
import TokenCrypto
import TokenJOSE

@testable import TokenConsole

@Suite struct `The audit record, from outside` {
    private let fixture: DemoFixture

    init() throws { fixture = try DemoFixture() }

    /// A checkpoint in a file, and the thumbprint that was noted with it.
    private func checkpoint() throws -> (path: String, thumbprint: String, size: Int) {
        let path = fixture.folder.path + "/checkpoint.jws"
        let made = fixture.run(["audit", "checkpoint", "--out", path, "--json"])
        let json = try #require(made.json, "\(made.errors)")
        return (path, try #require(json["thumbprint"] as? String), try #require(json["size"] as? Int))
    }

    private func verify(_ path: String, _ thumbprint: String) -> DemoFixture.Answer {
        fixture.run(["audit", "verify", "--checkpoint", path, "--trust", thumbprint])
    }

    private func act() {
        let answer = fixture.run(["denylist", "add", "--user", "zoe", "--reason", "test", "--yes"])
        #expect(answer.code == .done, "\(answer.errors)")
    }

    @Test func `a checkpoint goes alone to standard output, and its thumbprint beside it`() throws {
        let printed = fixture.run(["audit", "checkpoint"])
        let (path, thumbprint, _) = try checkpoint()
        #expect(printed.output.split(separator: ".").count == 3 && printed.output.hasSuffix("\n"))
        #expect(printed.errors.contains(thumbprint))
        #expect(fixture.run(["audit", "checkpoint", "--out", path]).output == path + "\n")
        try printed.output.write(toFile: path, atomically: true, encoding: .utf8)
        let verified = verify(path, thumbprint)
        #expect(verified.code == .done, "\(verified.errors)")
    }

    @Test func `acts after a checkpoint are fine, and a tail that was cut off is not`() throws {
        let copy = try Data(contentsOf: fixture.database)
        act()
        let (path, thumbprint, size) = try checkpoint()
        act()
        let sound = verify(path, thumbprint)
        #expect(sound.code == .done && sound.output.contains("intact") && sound.output.contains("event \(size)"))
        // Somebody puts the file of before in its place.
        try copy.write(to: fixture.database)
        #expect(fixture.run(["audit", "verify"]).code == .done, "the chain alone sees nothing")
        let cut = verify(path, thumbprint)
        #expect(cut.code == .no && cut.output.contains("ends at event \(size - 1)"), "\(cut.output)")
        // And goes on: as many events as before, but others.
        for user in ["u1", "u2"] {
            _ = fixture.run(["denylist", "add", "--user", user, "--reason", "test", "--yes"])
        }
        let rewritten = verify(path, thumbprint)
        #expect(rewritten.code == .no && rewritten.output.contains("is not the one"), "\(rewritten.output)")
    }

    @Test func `a checkpoint proves nothing unless the trusted key signed it`() throws {
        let (path, thumbprint, _) = try checkpoint()
        let wrong = verify(path, String(thumbprint.reversed()))
        #expect(wrong.code == .malformed && wrong.errors.contains("not the trusted one"))
        try "{}".write(toFile: path, atomically: true, encoding: .utf8)
        #expect(verify(path, thumbprint).code == .malformed)
        #expect(fixture.run(["audit", "verify", "--trust", thumbprint]).code == .usage)
        #expect(verify(fixture.folder.path + "/none", thumbprint).code == .absent)
    }

    @Test func `without the master key nothing is signed`() {
        let answer = fixture.run(["audit", "checkpoint"], environment: ["TOKENCTL_MASTER_KEY_FILE": "/nonexistent"])
        #expect(answer.code == .notPermitted && answer.output == "")
    }

    /// As a program in any language would do it, with nothing but SHA-256 and the form of RFC 8785.
    @Test func `whoever has the export can recompute the chain`() throws {
        act()
        let lines = fixture.run(["audit", "export"]).output.split(separator: "\n").map(String.init)
        let origin = try #require(JSONText.object(lines[0])?["origin"] as? String)
        var previous = try Base64URL.decode(Array(origin.utf8))
        for line in lines.dropFirst() {
            guard case .object(let members) = try JSON(parsing: Array(line.utf8)) else { throw CancellationError() }
            let event = JSON.object(members.filter { $0.name != "hash" }).canonical
            previous = SHA256.hash(previous + event)
            #expect(members.last?.value == .string(Base64URL.encode(previous)))
        }
        let verified = try #require(fixture.run(["audit", "verify", "--json"]).json)
        #expect(verified["head"] as? String == Base64URL.encode(previous))
        #expect(verified["events"] as? Int == lines.count - 1)
    }
}
