import TokenCrypto
import TokenJOSE

@testable import TokenLifecycle

/// An application that made tokens before tokenctl: its key, and tokens as it signs them.
struct ForeignApp {
    let algorithm: SignatureAlgorithm
    let key: PrivateJWK

    init(_ algorithm: SignatureAlgorithm) throws {
        self.algorithm = algorithm
        key = try PrivateJWK.generate(for: algorithm)
    }

    init(secret: String) throws {
        algorithm = .hs256
        key = try PrivateJWK(secret: SecretBytes(copying: Array(secret.utf8)), allowWeak: true)
    }

    func token(_ claims: JSON, kid: String? = nil, typ: String? = "JWT") throws -> String {
        var header: [JSON.Member] = []
        if let typ { header.append(.init("typ", .string(typ))) }
        if let kid { header.append(.init("kid", .string(kid))) }
        return try JWSSigner(algorithm: algorithm, privateJWK: key)
            .sign(protectedHeader: .object(header), payload: claims.serialized)
    }

    /// The file an operator would import: the secret as a JWK, or the public half.
    var file: [UInt8] { key.publicJWK?.json(alg: algorithm).serialized ?? key.text.bytes }

    @discardableResult
    func importKey(
        into test: TestStore, until: Instant?, _ change: (inout SigningKeyImport.Options) -> Void = { _ in }
    ) throws -> Report {
        var options = SigningKeyImport.Options()
        options.kid = "legacy"
        options.until = until
        options.answersWithoutKid = true
        change(&options)
        return try test.run(SigningKeyImport(SecretBytes(copying: file), options, reason: nil))
    }
}
