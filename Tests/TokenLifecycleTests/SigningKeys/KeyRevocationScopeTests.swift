import Foundation
import Testing
import TokenJOSE
import TokenStorage

@testable import TokenLifecycle

/// What a revocation ends beside the key, and what it says about copies of the key set.
@Suite struct KeyRevocationScopeTests {
    @Test func `sessions and families end only when asked for`() throws {
        let test = try TestStore()
        let login = try test.logInWithTokens()
        let kid = try #require(try test.signer)
        #expect(
            try test.preview(test.revocation(of: kid)).notes.contains {
                $0.contains("live on") || $0.contains("lives on")
            })
        let ending = try test.revocation(of: kid) { $0.endsSessions = true }
        #expect(try test.preview(ending).notes.contains { $0.contains("everyone logs in again") })
        try test.run(ending)
        #expect(try test.state(login) == .loggedOut)
        #expect(try test.refresh(login.refreshToken).refusal != nil)
        #expect(try test.read { try $0.denyRule(.everyone, "") } != nil)
        test.advance(.seconds(2))
        let again = try test.logInWithTokens("bob")
        #expect(try test.verify(again.access?.text) == .active)
        #expect(try Set(["key.revoke", "everyone.logout"]).isSubset(of: test.auditVerbs))
    }

    @Test func `it says which published files carry the key, before and after`() throws {
        let test = try TestStore()
        let kid = try #require(try test.signer)
        let copy = test.folder + "/copy.json"
        try test.run(KeyPublication(path: copy))
        let notes = try test.preview(test.revocation(of: kid)).notes
        #expect(notes.contains { $0.hasPrefix(test.keySetPath) && $0.contains("written anew") })
        #expect(notes.contains { $0.hasPrefix(copy) && $0.contains("stays as it is") })
        let report = try test.revokeKey(kid, replacing: true)
        #expect(report.lines.contains { $0.hasPrefix(copy) && $0.contains("still carries") })
        #expect(report.details.last?.value.arrayValue?.compactMap(\.stringValue) == [copy])
        try test.run(KeyPublication(path: copy))
        #expect(try test.read { try $0.publishedFilesCarrying(kid) }.isEmpty)
    }

    @Test func `without a file it says that somebody must see to it`() throws {
        let test = try TestStore()
        try test.set("jwks.file", "none")
        try FileManager.default.removeItem(atPath: test.keySetPath)
        let report = try test.revokeKey(try #require(try test.signer), replacing: true)
        #expect(report.lines.last?.contains("jwks.file is not set") == true)
    }

    @Test func `a successor that verifiers do not know yet is announced`() throws {
        let test = try TestStore()
        let early = try test.revokeKey(try #require(try test.signer), replacing: true)
        #expect(early.lines.contains { $0.contains("reject the new key's tokens") })
        test.waitUntilKeysAreKnown()
        let known = try test.revokeKey(try #require(try test.signer), replacing: true)
        #expect(!known.lines.contains { $0.contains("reject the new key's tokens") })
    }
}
