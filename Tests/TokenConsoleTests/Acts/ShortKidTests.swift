import Foundation
import Testing
import TokenLifecycle

@testable import TokenConsole

/// A kid confirms an act as it names a key everywhere: whole, or by a unique beginning of at least six characters.
@Suite struct `A kid that confirms` {
    private let fixture: DemoFixture
    private let kid = "incident-2026-a"

    init() throws {
        fixture = try DemoFixture()
        for name in [kid, "incident-2026-b", "incident"] {
            #expect(fixture.run(["key", "generate", "--kid", name]).code == .done)
        }
    }

    private func revoke(_ key: String, confirm: String) -> DemoFixture.Answer {
        fixture.run([
            "key", "revoke", key, "--cause", "test", "--reason", "test", "--yes", "--confirm", confirm,
        ])
    }

    @Test(arguments: ["incident-2026-a"])
    func `may be whole`(confirm: String) {
        #expect(revoke(kid, confirm: confirm).code == .done)
    }

    @Test func `may be shortened while it is unique`() throws {
        let active = fixture.run(["key", "list", "--state", "active", "-o", "id"]).output.split(separator: "\n")
        let kid = String(try #require(active.first))
        let answer = fixture.run([
            "key", "revoke", String(kid.prefix(6)), "--cause", "test", "--replace", "--reason", "test", "--yes",
            "--confirm", String(kid.prefix(6)),
        ])
        #expect(answer.code == .done, "\(answer.errors)")
    }

    @Test(arguments: ["incident-2026", "incident", "inciden", "incident-2026-b", "incident-2026-ax", "a", ""])
    func `is refused when it may mean another`(confirm: String) {
        let answer = revoke(kid, confirm: confirm)
        #expect(answer.code == .refused || confirm.isEmpty)
        #expect(confirm.isEmpty || answer.errors.contains("'\(kid)'"), "\(answer.errors)")
        #expect(fixture.run(["key", "list", "--key", kid, "-o", "id"]).output == "\(kid)\n")
    }

    @Test(arguments: [("incident-2026-a", ExitCode.done), ("incident-2026", .refused), ("", .refused)])
    func `may be typed so too`(answer: String, code: TokenConsole.ExitCode) throws {
        let world = TestWorld()
        world.answers = [answer]
        var console = world.console(
            terminal: true,
            environment: [
                "TOKENCTL_DB": fixture.database.path, "XDG_CONFIG_HOME": fixture.folder.path, "TERM": "xterm",
            ])
        let words = ["key", "revoke", kid, "--cause", "test", "--reason", "test"]
        #expect(Dispatcher(Tokenctl.self).run(words, in: &console) == code)
        try console.closeStore()
        #expect(world.errors.contains(answer.isEmpty ? "declined" : "not '\(kid)'") == (code == .refused))
    }
}
