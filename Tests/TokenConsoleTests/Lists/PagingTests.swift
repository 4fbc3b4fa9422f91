import Testing
import TokenJOSE
import TokenLifecycle

@testable import TokenConsole

@Suite struct `Paging` {
    private func next(_ answer: ListWorld.Answer) throws -> String? {
        try JSON(parsing: Array(answer.output.utf8))["next"]?.stringValue
    }

    @Test(arguments: [
        "session list", "session list --sort last_seen_at", "session list --sort alive_until:desc",
        "session list --state all --state ended", "session list --user user1* --client web --since 2d",
        "user list", "user list --sort created_at:desc", "client list", "audit list", "denylist list",
    ])
    func `shows everything once, in the order of one long page`(command: String) throws {
        let world = try ListWorld()
        try world.logIn(60)
        for name in ["a", "b", "c"] {
            #expect(world.run("denylist add --jti jti-\(name) --reason test --expires 5m --yes").code == .done)
        }
        let whole = world.run("\(command) -o id").lines
        try #require(whole.count > 1)
        for size in [1, 4, whole.count] where whole.count / size < 12 {
            var shown: [String] = []
            var cursor: String?
            repeat {
                let page = "\(command) --limit \(size)" + (cursor.map { " --after \($0)" } ?? "")
                // Times given as "ago" move on between two pages; the filter stays the same.
                let answer = world.run("\(page) --json", after: .seconds(1))
                #expect(answer.code == .done, "\(answer.errors)")
                shown += world.run("\(page) -o id", after: .seconds(1)).lines
                cursor = try next(answer)
            } while cursor != nil
            #expect(shown == whole)
        }
    }

    @Test func `refuses a cursor of another listing, filter or order, and one that was cut`() throws {
        let world = try ListWorld()
        try world.logIn(30)
        let cursor = try #require(try next(world.run("session list --user user1 --limit 1 --json")))
        #expect(world.run("session list --user user1 --after \(cursor)").code == .done)
        for command in [
            "session list --user user2", "session list", "session list --user user1 --user user2",
            "session list --user user1 --state all", "session list --user user1 --sort created_at",
            "refresh list --user user1", "user list", "client list", "denylist list", "audit list", "key list",
        ] {
            let answer = world.run("\(command) --after \(cursor)")
            #expect(answer.code == .usage, "\(command)")
            #expect(answer.errors.contains("this cursor is not of this listing"), "\(command)")
        }
        for broken in [String(cursor.dropLast()), cursor + "A", "x", "AAAA", String(cursor.reversed())] {
            #expect(world.run("session list --user user1 --after \(broken)").code == .usage)
        }
    }

    @Test(arguments: [.min, .min + 1, -1 << 53 - 1, 1 << 53 + 1, .max - 1, .max] as [Int64])
    func `refuses a cursor that names a number no store holds`(number: Int64) throws {
        let holdable = ListPosition(numbers: [-1 << 53, 0, 1 << 53], text: "é")
        #expect(try PageCursor.position(PageCursor.text(holdable, of: "a list"), of: "a list") == holdable)
        for place in 0..<3 {
            var numbers: [Int64] = [1, 0, 1]
            numbers[place] = number
            let forged = PageCursor.text(ListPosition(numbers: numbers), of: "a list")
            #expect(throws: Failure.self) { try PageCursor.position(forged, of: "a list") }
        }
    }

    @Test func `counts without listing, and says by its exit when there is nothing`() throws {
        let world = try ListWorld()
        try world.logIn(40)
        #expect(world.run("session list --count").output == "40\n")
        #expect(world.run("session list --user user1 --count --json").output.hasSuffix("\"count\":4}\n"))
        #expect(world.run("user list --count").output == "10\n")
        #expect(world.run("client list w* --count").output == "1\n")
        #expect(world.run("session list --user nobody --count --fail-empty").code == .nothingMatched)
        #expect(world.run("session list --user nobody --fail-empty").code == .nothingMatched)
        #expect(world.run("session list --user nobody").code == .done)
        for noun in ["refresh", "key", "denylist"] {
            #expect(world.run("\(noun) list --count --fail-empty").code == .nothingMatched, "\(noun)")
        }
    }

    @Test func `says which part of a filter has no index`() throws {
        let world = try ListWorld()
        try world.logIn(10)
        #expect(world.run("session list --user *1").errors.contains("no index for a * before the end of a name"))
        #expect(
            world.run("session list --not-user user1 --not-client web").errors.contains("--not-user and --not-client"))
        #expect(world.run("session list --user user*").errors == "")
        #expect(world.run("session list --user *1 -q").errors == "")
        #expect(world.run("audit list --verb init").errors.contains("no index for --verb"))
    }
}
