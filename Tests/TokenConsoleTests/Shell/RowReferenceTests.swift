import Foundation
import Glibc
import Testing
import TokenLifecycle

@testable import TokenConsole

@Suite struct `Row references` {
    @Test(
        arguments: [
            ("@2", 2...2), ("@1-4", 1...4), ("@all", nil), ("@07", 7...7),
        ] as [(String, ClosedRange<Int>?)])
    func `are read`(word: String, range: ClosedRange<Int>?) throws {
        #expect(try #require(RowReference(word)).range == range)
    }

    @Test(arguments: ["@", "@0", "@4-1", "@a", "@1-", "@-1", "@1-2-3", "@+1", "2", "@99999999999999999999", "@alle"])
    func `are not seen in other words`(word: String) {
        #expect(RowReference(word) == nil)
    }

    @Test func `mean the ids of the last listing, whatever is listed by now`() throws {
        let shell = try ShellWorld()
        let ids = shell.ids("session list --limit 5")
        #expect(shell("session create --user zoe -q").code == .done)
        let revoked = shell("session revoke @2")
        #expect(revoked.code == .done)
        #expect(revoked.errors.contains("note: @2: \(ids[1]) ("))
        #expect(shell("session show @2 -o id").output == ids[1] + "\n")
        #expect(shell("session show @1-3 -o id").output == ids[0..<3].map { $0 + "\n" }.joined())
        #expect(shell("session show @all -o id").output == ids.map { $0 + "\n" }.joined())
        #expect(shell("session show '\(ids[4])' @1 -o id").output == "\(ids[4])\n\(ids[0])\n")
    }

    @Test func `stand in options that take ids, and nowhere else`() throws {
        let shell = try ShellWorld()
        let ids = shell.ids("session list --user alice")
        let kept = shell("user logout alice --keep @1 --reason @2 --yes")
        #expect(kept.code == .done, "\(kept.errors)")
        #expect(shell.ids("session list --user alice") == [ids[0]])
        let recorded = shell("audit list --limit 1 --json").output
        #expect(recorded.contains(#""reason":"@2""#))
        shell("session list --limit 2")
        #expect(shell("user logout bob --keep=@1-2 --reason x --dry-run").errors.contains("@1-2: ses_"))
    }

    @Test func `are checked for their kind, their number and their place`() throws {
        let shell = try ShellWorld()
        func refusal(_ line: String) -> String? {
            let answer = shell(line)
            return answer.code == .usage ? answer.errors : nil
        }
        #expect(refusal("session revoke @1")?.contains("nothing was listed yet") == true)
        shell("session list --limit 3")
        #expect(refusal("user show @1")?.contains("@1 is of the listing of sessions, not of users") == true)
        #expect(refusal("session revoke @4")?.contains("there is no @4: the last listing has 3 rows") == true)
        #expect(refusal("session regenerate @1-2")?.contains("takes one there") == true)
        shell("session list --user nobody")
        #expect(refusal("session revoke @all")?.contains("the last listing was empty") == true)
        // Quoted, it is a name like any other.
        shell("user list --limit 1")
        #expect(shell("user show '@1'").errors.contains("@1"))
        #expect(shell("user show '@1'").code == .notFound)
        #expect(shell("user show @1").code == .done)
    }

    @Test func `work for every kind that has a listing and a verb`() throws {
        let shell = try ShellWorld()
        for (list, use) in [
            ("refresh list", "refresh show @1"), ("user list", "user show @1"), ("client list", "client show @1"),
            ("key list", "key show @1"), ("denylist list --state all", "denylist remove @1 --dry-run"),
            ("policy list", "policy get @1"),
        ] {
            #expect(shell(list).code == .done)
            let used = shell(use)
            #expect(used.code == .done, "\(use): \(used.errors)")
        }
    }

    @Test func `are forgotten when the file is another store`() throws {
        let shell = try ShellWorld()
        let other = try DemoFixture()
        shell("session list --limit 2")
        _ = rename(other.database.path, shell.fixture.database.path)
        let answer = shell("session show @1")
        #expect(answer.errors.contains("was replaced since the last command"))
        #expect(answer.errors.contains("nothing was listed yet"))
    }
}
