import Foundation
import Testing
import TokenCrypto
import TokenJOSE
import TokenStorage

@testable import TokenLifecycle

/// The move of an existing application: its tokens go on verifying while keys rotate, and can be taken back.
@Suite struct LegacyApplicationTests {
    /// `../shared/realdata` beside the repository: made by other people's tools, not part of it.
    private static let folder = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("shared/realdata").path

    private static var isPresent: Bool { FileManager.default.fileExists(atPath: folder) }

    private func lines(_ name: String) throws -> [String] {
        try String(contentsOfFile: Self.folder + "/" + name, encoding: .utf8).split(separator: "\n").map(String.init)
    }

    /// When the tokens in the file had all been issued, and those that live long not yet expired.
    private static let afterTheLast = Instant(seconds: 1_795_140_000)
    private static let until = Instant(seconds: 2_110_492_800)

    /// What issue 2 asks of the legacy application, for tokens from anywhere: all of `live` verify and none of `expired`,
    /// over two rotations, and after one user's logout exactly that user's do not.
    private func move(_ test: TestStore, live: [String], expired: [String], loggingOut user: String) throws {
        let bystander = try test.logInWithTokens("somebody-else")
        func verifying() throws -> [String] { try live.filter { try test.verify($0) == .active } }
        #expect(try verifying().count == live.count)
        for token in expired { #expect(try test.verify(token) == .inactive(.expired)) }
        for _ in 0..<2 {
            let signer = try test.signer
            test.waitUntilKeysAreKnown()
            try test.rotate()
            #expect(try test.signer != signer)
            #expect(try verifying().count == live.count)
        }
        test.advance(.hours(2))
        try test.cleanUp()
        #expect(try verifying().count == live.count)

        try test.run(UserLogout([user], includesUnseen: true, reason: "test"))
        let (theirs, others) = try live.reduce(into: ([String](), [String]())) { parts, token in
            if try test.claims(token)["sub"]?.stringValue == user {
                parts.0.append(token)
            } else {
                parts.1.append(token)
            }
        }
        #expect(!theirs.isEmpty)
        for token in theirs { #expect(try test.verify(token) == .inactive(.deniedUser)) }
        #expect(try verifying() == others)
        #expect(try test.state(bystander) == .active)
        #expect(try test.refresh(bystander.refreshToken).refusal == nil)
    }

    @Test(.enabled(if: isPresent, "../shared/realdata is not beside this repository"))
    func `the real application with one secret and no kid moves without a logout`() throws {
        let test = try TestStore(at: Self.afterTheLast)
        var options = SigningKeyImport.Options()
        options.kid = "legacy"
        options.until = Self.until
        options.answersWithoutKid = true
        options.secretFormat = .text
        let secret = try InputFile.read(Self.folder + "/legacy-hs256/secret.txt", limit: 4096)
        try test.run(SigningKeyImport(SecretBytes(copying: secret), options, reason: nil))
        let tokens = try lines("legacy-hs256/tokens.txt")
        let expired = try tokens.filter {
            try (test.claims($0)["exp"]?.integerValue ?? 0) <= Self.afterTheLast.seconds
        }
        #expect(tokens.count == 200 && expired.count == 40)
        try move(test, live: tokens.filter { !expired.contains($0) }, expired: expired, loggingOut: "user-1001")
    }

    @Test(
        .enabled(if: isPresent, "../shared/realdata is not beside this repository"),
        arguments: ["jwks.json", "public.pem"])
    func `the real RS256 application's tokens verify with its published key`(_ file: String) throws {
        let test = try TestStore(at: Self.afterTheLast)
        var options = SigningKeyImport.Options()
        options.kid = "2025-main"
        options.until = Self.until
        options.accepted = AcceptedTokens(type: "at+jwt", issuer: "https://login.example", audience: "api")
        let bytes = try InputFile.read(Self.folder + "/rs256-app/" + file, limit: 1 << 20)
        try test.run(SigningKeyImport(SecretBytes(copying: bytes), options, reason: nil))
        let tokens = try lines("rs256-app/tokens.txt")
        #expect(tokens.count == 100)
        #expect(try tokens.allSatisfy { try test.verify($0) == .active })
        try test.run(FloorLogoutFixture.client("web", in: test))
        #expect(try tokens.allSatisfy { try test.verify($0) == .inactive(.deniedClient) })
    }

    @Test func `an application made here moves in the same way`() throws {
        let test = try TestStore()
        let shop = try ForeignApp(.hs256)
        try shop.importKey(into: test, until: test.now + .days(300))
        let iat = test.now.seconds - 3600
        func token(_ number: Int, exp: Int64) throws -> String {
            var claims: [JSON.Member] = [
                .init("sub", .string("user-\(number % 8)")), .init("iat", .integer(iat + Int64(number))),
                .init("exp", .integer(exp)), .init("roles", ["user"]),
            ]
            if number.isMultiple(of: 3) { claims.append(.init("jti", .string("legacy-\(number)"))) }
            return try shop.token(.object(claims))
        }
        let live = try (0..<40).map { try token($0, exp: iat + 86_400 * 200) }
        let expired = try (0..<10).map { try token($0, exp: iat + 60) }
        try move(test, live: live, expired: expired, loggingOut: "user-1")
    }
}

private enum FloorLogoutFixture {
    /// A client must have been seen before it can be logged out.
    static func client(_ id: String, in test: TestStore) throws -> FloorLogout {
        try test.logIn("somebody", client: id)
        return FloorLogout(.clients([id]), reason: nil)
    }
}
