import Testing
import TokenConsole

@Suite struct `Bad input to lists` {
    @Test(arguments: [
        ("session list --limit -1", "limit"), ("session list --limit 0", "--limit is at least 1"),
        ("session list --limit ten", "limit"), ("session list --limit 99999999999999999999", "limit"),
        ("session list --after ?", "cursor"), ("session list --sort user", "cannot be sorted by user"),
        ("session list --sort created_at:up", "sort"), ("session list --ip 10.0.0.1/8", "bits beyond its prefix"),
        ("session list --ip 2001:db8::1/32", "bits beyond its prefix"), ("session list --ip 10.0.0.0/33", "network"),
        ("session list --ip 010.0.0.1", "cannot read"), ("session list --ip fe80::1%eth0", "cannot read"),
        ("session list --ip example.org", "cannot read"), ("session list --since 2026-02-30", "2026-02-30"),
        ("session list --since yesterday", "yesterday"), ("session list --until 2026-01-01T25:00:00Z", "2026-01-01T25"),
        ("session list --idle-over 5", "5"), ("session list --idle-over now", "now"),
        ("session list --expires-within 5x", "5x"), ("session list --state gone", "gone"),
        ("session list --columns nothing", "no column nothing"), ("session list alice", "alice"),
        ("refresh list --state idle_expired", "idle_expired"),
        ("refresh list --sort generation", "sorted by generation"),
        ("user list --min-sessions -3", "min-sessions"), ("user list --state ended", "ended"),
        ("user list --sort last_seen_at", "sorted by last_seen_at"),
        ("client list --sort floor_at", "sorted by floor_at"),
        ("denylist list --scope nobody", "nobody"), ("denylist list --sort value", "sorted by value"),
        ("audit list --sort verb", "sorted by verb"), ("key list --sort kid", "sorted by kid"),
        ("key list --state dead", "dead"),
    ])
    func `is refused as usage, naming what is wrong`(command: String, words: String) throws {
        let answer = try ListWorld().run(command)
        #expect(answer.code == .usage, "\(answer.errors)")
        #expect(answer.output == "")
        #expect(answer.errors.contains(words), "\(answer.errors)")
        #expect(answer.errors.contains("tokenctl: hint:"), "\(answer.errors)")
    }

    @Test func `a key that does not exist is not found`() throws {
        #expect(try ListWorld().run("key list --key nothing").code == .notFound)
    }

    @Test func `targets are ids or filters, never both, never neither`() throws {
        let world = try ListWorld()
        try world.logIn(2)
        let id = try #require(world.run("session list -o id --limit 1").lines.first)
        let yes = "--reason test --yes --max-affected 99"
        for targets in ["", "\(id) --user user1", "--all --user user1", "\(id) --all", "- --user user1"] {
            #expect(world.run("session revoke \(targets) \(yes)").code == .usage, "\(targets)")
        }
        #expect(world.run("session list --count").output == "2\n")
    }

    @Test func `three unknown among ten thousand ids are all named, and nothing changes`() throws {
        let world = try ListWorld()
        try world.logIn(10_000)
        var ids = world.run("session list -o id").lines
        #expect(ids.count == 10_000)
        let unknown = ["ses_00000000", "nonsense", "rt_4k2m9qdx"]
        ids[17] = unknown[0]
        ids[5000] = unknown[1]
        ids[9999] = unknown[2]
        let command = "session revoke - --reason test --yes --max-affected 10000"
        let refused = world.run(command, input: ids.joined(separator: "\n"))
        #expect(refused.code == .notFound)
        for id in unknown { #expect(refused.errors.contains(id), "\(refused.errors)") }
        #expect(refused.output == "")
        #expect(world.run("session list --count").output == "10000\n")
        #expect(world.run("audit list --verb session.revoke --count -q").output == "0\n")
    }
}
