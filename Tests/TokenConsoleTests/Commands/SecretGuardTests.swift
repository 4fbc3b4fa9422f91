import ArgumentParser
import Testing
import TokenConsole
import TokenLifecycle

@Suite struct `Secrets in arguments` {
    private static let token = "k7m2q9d0v3x8c5b1n6h4w2t0r9y8p7s6"
    private static let header = "eyJhbGciOiJIUzI1NiJ9"

    @Test(arguments: [
        "tks_\(token)", "tkr_\(token)", "TKR_\(token.uppercased())", "tks_4k2m9qdx0123456", "x=tkr_\(token)",
        "\(header).eyJzdWIiOiJhIn0.c2ln", "Bearer \(header).eyJzdWIiOiJhIn0.", "--claim=t=\(header).e30.c2ln",
        "-\(header).e30.c2ln", "--jti\(header).e30.c2ln", "-o\(header).e30.c2ln", "id\(header).e30.c2ln",
        "t_\(header).e30.c2ln", "\(header).e30.c2ln.", "a.b.\(header).e30.c2ln", "eyJ\(header).e30.c2ln",
        "\(header)%2Ee30%2ec2ln", "tks_a-tks_\(token)", "x\(header)..aXY.Y3Q.dGFn",
        "ewogICJhbGciOiAiRVMyNTYiCn0.e30.c2ln", "\(header)..aXY.Y3Q.dGFn", "-----BEGIN PRIVATE KEY-----\nMC4",
        "-----BEGIN EC PRIVATE KEY-----", #"{"kty":"oct","k":"c2VjcmV0"}"#, #"{ "kty" : "EC", "d" : "x" }"#,
    ])
    func `are refused and not echoed`(argument: String) {
        for arguments in [
            ["pet", "list", argument], ["--nope", argument], [argument], ["pet", "list", "--", argument],
        ] {
            let run = Run(arguments)
            #expect(run.code == .usage)
            #expect(run.errors.hasPrefix("tokenctl: error: an argument looks like a"))
            #expect(!run.errors.contains(argument))
            #expect(run.output == "")
        }
    }

    @Test(arguments: [
        "ses_4k2m9qdx", "rt_4k2m9qdx", "tks_", "tkr_short", "alice@example.com", "a.b.c", "eyeglasses.store.com", "eyJ",
        "monkeyJungleAdventures.shop.example", "eyJzdWIiOiJhbGljZSJ9.shop.example",
        "https://login.example/a.b.c", #"{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}"#, "2026-01-01", "10.0.0.0/8",
        "-",
        "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs",
    ])
    func `are not seen where there are none`(argument: String) {
        #expect(SecretGuard.secret(in: argument) == nil)
    }

    /// What a script puts into the environment ends in the audit record just as an argument does.
    @Test(arguments: ["ticket: tks_\(token)", "-----BEGIN PRIVATE KEY-----", "x \(header).e30.c2ln"])
    func `are refused as a reason from the environment too`(reason: String) throws {
        let console = TestWorld().console(environment: ["TOKENCTL_REASON": reason])
        let failure = try #require(throws: Failure.self) { _ = try ActOptions.parse([]).reason(in: console) }
        #expect(failure.kind == .usage && failure.message.hasPrefix("the reason looks like a"))
        #expect(!failure.message.contains(reason) && failure.hint?.contains("TOKENCTL_REASON") == true)
        let said = try ActOptions.parse(["--reason", "INC-481"]).reason(in: console)
        #expect(said == "INC-481", "what is not used is not judged")
    }

    /// Ending something must not wait until an environment is mended: who it was is known without it.
    @Test func `are never recorded as who acted`() {
        for name in ["tks_\(Self.token)", "\(Self.header).e30.c2ln"] {
            #expect(TestWorld().console(environment: ["SUDO_USER": name]).actor == "tester")
        }
        #expect(TestWorld().console(environment: ["SUDO_USER": "alice"]).actor == "alice")
    }
}
