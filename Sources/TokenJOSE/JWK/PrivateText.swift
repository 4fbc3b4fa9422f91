internal import TokenCrypto

/// Writes private JWKs: the public members as `JWK.json` has them but for `use`, then the private ones.
enum PrivateText {
    static func symmetric(_ secret: borrowing SecretBytes, kid: String?) -> SecretBytes {
        var members: [JSON.Member] = [.init("kty", "oct")]
        if let kid { members.append(.init("kid", .string(kid))) }
        members.append(.init("alg", .string(SignatureAlgorithm.hs256.rawValue)))
        var builder = opening(members)
        append("k", secret, to: &builder)
        return closing(builder)
    }

    static func asymmetric(
        _ components: borrowing PrivateKeyComponents, kid: String?, alg: SignatureAlgorithm?
    ) -> SecretBytes {
        let numbers = PublicMembers.json(of: components.publicHalf)
        var members = Array(numbers.prefix(1))
        if let kid { members.append(.init("kid", .string(kid))) }
        if let alg { members.append(.init("alg", .string(alg.rawValue))) }
        var builder = opening(members + numbers.dropFirst())
        append("d", components.d, to: &builder)
        switch components.crt {
        case .some(let crt):
            append("p", crt.p, to: &builder)
            append("q", crt.q, to: &builder)
            append("dp", crt.dp, to: &builder)
            append("dq", crt.dq, to: &builder)
            append("qi", crt.qi, to: &builder)
        case nil: break
        }
        return closing(builder)
    }

    private static func opening(_ members: [JSON.Member]) -> SecretBuilder {
        var builder = SecretBuilder(capacity: 4096)
        builder.append(JSON.object(members).text.dropLast())
        return builder
    }

    private static func append(_ name: String, _ secret: borrowing SecretBytes, to builder: inout SecretBuilder) {
        builder.append(",\"\(name)\":\"")
        Base64URL.append(secret, to: &builder)
        builder.append("\"")
    }

    private static func closing(_ builder: consuming SecretBuilder) -> SecretBytes {
        builder.append("}")
        return builder.finish()
    }
}
