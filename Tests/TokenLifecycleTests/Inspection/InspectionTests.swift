import Testing
import TokenCrypto
import TokenJOSE
import TokenStorage

@testable import TokenLifecycle

@Suite struct InspectionTests {
    private func inspect(_ test: TestStore, _ text: String?) throws -> Inspection {
        try test.read { try $0.inspect(Array((text ?? "").utf8)) }
    }

    @Test func `every kind of token is told by itself`() throws {
        let test = try TestStore()
        let login = try test.logInWithTokens()
        let session = try inspect(test, login.sessionToken)
        #expect(session.kind == .sessionToken && session.session?.id == login.session.id)
        #expect(session.verification.verdict == .active)
        let refresh = try inspect(test, login.refreshToken)
        #expect(refresh.kind == .refreshToken && refresh.family?.session.id == login.session.id)
        #expect(refresh.verification.verdict == .active)
        let access = try inspect(test, login.access?.text)
        #expect(access.kind == .accessToken && access.verification.verdict == .active)
        #expect(access.verification.isSigned)
        #expect(try inspect(test, "hello").kind == .unknown)
        #expect(try inspect(test, "").kind == .unknown)
    }

    @Test func `inspecting spends nothing`() throws {
        let test = try TestStore()
        let login = try test.logInWithTokens()
        let before = try test.read { $0.facts.lastWriteAt }
        for token in [login.sessionToken, login.refreshToken, login.access?.text] { _ = try inspect(test, token) }
        #expect(try test.read { $0.facts.lastWriteAt } == before)
        #expect(try test.refresh(login.refreshToken).refusal == nil)
    }

    @Test func `a spent refresh token is known as one`() throws {
        let test = try TestStore()
        let login = try test.logInWithTokens()
        _ = try test.refresh(login.refreshToken).pair
        #expect(try inspect(test, login.refreshToken).verification.verdict == .inactive(.spent))
    }

    @Test func `dead logins are told with their reason`() throws {
        let test = try TestStore()
        let ended = try test.logInWithTokens("alice")
        let floored = try test.logInWithTokens("bob", client: "kiosk")
        let idle = try test.logIn("carol")
        try test.run(SessionRevocation(.ids([ended.session.id.text]), reason: nil))
        try test.run(FloorLogout(.clients(["kiosk"]), reason: nil))
        test.advance(.hours(1) + .seconds(1))
        #expect(try inspect(test, ended.sessionToken).verification.verdict == .inactive(.sessionEnded))
        #expect(try inspect(test, floored.sessionToken).verification.verdict == .inactive(.sessionLoggedOut))
        #expect(try inspect(test, idle.sessionToken).verification.verdict == .inactive(.sessionExpired))
        #expect(try inspect(test, ended.refreshToken).verification.verdict == .inactive(.sessionEnded))
    }

    @Test func `a mistyped token is called so, and a wrong secret tells nothing`() throws {
        let test = try TestStore()
        let login = try test.logInWithTokens()
        var mistyped = Array(login.sessionToken)
        mistyped[20] = mistyped[20] == "0" ? "1" : "0"
        let typo = try inspect(test, String(mistyped))
        #expect(typo.kind == .sessionToken && typo.verification.verdict == .inactive(.malformed))
        #expect(try inspect(test, String(login.sessionToken.dropLast())).verification.verdict == .inactive(.malformed))

        let real = try OpaqueToken(Array(login.sessionToken.utf8))
        var random = SeededRandom(4)
        let guess = OpaqueToken.session(real.id, secret: SecretBytes(copying: random.bytes(32)))
        let guessed = try inspect(test, guess)
        #expect(guessed.verification.verdict == .inactive(.unknownToken))
        #expect(guessed.session == nil && guessed.verification.checks.allSatisfy { !$0.detail.contains("alice") })
        let elsewhere = OpaqueToken.session(real.id ^ 1, secret: SecretBytes(copying: random.bytes(32)))
        #expect(
            try inspect(test, elsewhere).verification.checks.map(\.detail) == guessed.verification.checks.map(\.detail))
    }
}
