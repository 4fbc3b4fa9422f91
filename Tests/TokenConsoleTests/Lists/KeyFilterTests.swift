import Testing
import TokenConsole

/// `--key` on sessions and families: whom a leaked key concerns.
@Suite struct `Logins by the key of their tokens` {
    private let fixture: DemoFixture

    init() throws {
        fixture = try DemoFixture()
    }

    private func lines(_ command: String) -> [String] {
        let answer = fixture.run(command.split(separator: " ").map(String.init))
        #expect(answer.code == .done, "\(answer.errors)")
        return answer.output.split(separator: "\n").map(String.init)
    }

    @Test func `are those that it signed for, and every one with a token has its key`() throws {
        let kids = lines("key list --state all -o id")
        let signed = lines("session list --state all --columns access_key -o tsv --no-header").filter { !$0.isEmpty }
        var found = 0
        for kid in kids {
            let listed = lines("session list --state all --key \(kid) --columns access_key -o tsv --no-header")
            #expect(Set(listed).isSubset(of: [kid]))
            #expect(lines("session list --state all --key \(kid) --count") == ["\(listed.count)"])
            #expect(lines("session list --state all --key \(kid.prefix(6)) -o id").count == listed.count)
            found += listed.count
        }
        #expect(found == signed.count)
        #expect(Set(signed).count > 1, "the example has rotated")
    }

    @Test func `can be ended together, with their families`() throws {
        let kid = try #require(lines("key list --state active -o id").first)
        let meant = lines("session list --key \(kid) -o id")
        try #require(!meant.isEmpty)
        #expect(lines("refresh list --key \(kid) -o id").count <= meant.count)
        let all = Set(lines("session list -o id"))
        _ = lines("session revoke --key \(kid) --reason test --yes --expect-count \(meant.count)")
        #expect(Set(lines("session list -o id")) == all.subtracting(meant))
        #expect(lines("refresh list --key \(kid) -o id").isEmpty)
    }

    @Test func `of a key that does not exist are not found`() {
        for noun in ["session", "refresh"] {
            let answer = fixture.run([noun, "list", "--key", "nothing-like-it"])
            #expect(answer.code == .notFound)
            #expect(answer.errors.contains("no key nothing-like-it"))
        }
    }
}
