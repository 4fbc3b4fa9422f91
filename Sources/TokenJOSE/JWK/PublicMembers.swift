internal import TokenCrypto

/// The public numbers of a key as members of a JWK (RFC 7518 §6.2.1, §6.3.1; RFC 8037 §2).
enum PublicMembers {
    static func components(of kind: KeyAttributes.KeyKind, in json: JSON) throws(JOSEError) -> PublicKeyComponents {
        switch kind {
        case .asymmetric(.p256): .p256(x: try bytes("x", in: json), y: try bytes("y", in: json))
        case .asymmetric(.ed25519): .ed25519(try bytes("x", in: json))
        case .asymmetric(.rsa): .rsa(modulus: try integer("n", in: json), exponent: try integer("e", in: json))
        case .symmetric: throw JOSEError(.symmetricInPublic)
        }
    }

    /// `kty` first, then the members of RFC 7638 §3.2.
    static func json(of components: PublicKeyComponents) -> [JSON.Member] {
        switch components {
        case .p256(let x, let y):
            [.init("kty", "EC"), .init("crv", "P-256"), member("x", x), member("y", y)]
        case .ed25519(let point):
            [.init("kty", "OKP"), .init("crv", "Ed25519"), member("x", point)]
        case .rsa(let modulus, let exponent):
            [.init("kty", "RSA"), member("n", modulus), member("e", exponent)]
        }
    }

    private static func member(_ name: String, _ bytes: [UInt8]) -> JSON.Member {
        .init(name, .string(Base64URL.encode(bytes)))
    }

    private static func bytes(_ name: String, in json: JSON) throws(JOSEError) -> [UInt8] {
        guard let value = json[name] else { throw JOSEError.missing(name) }
        guard let text = value.stringValue else { throw JOSEError(.badMember, "\(name) is not a string") }
        do throws(Base64URLError) { return try Base64URL.decode(text) } catch {
            throw JOSEError.badMember(name, error)
        }
    }

    /// RFC 7518 §6.3.1.1 forbids leading zero bytes and knows of libraries that write one. Reading past it changes neither the
    /// key nor, since we write it the right way, its thumbprint.
    private static func integer(_ name: String, in json: JSON) throws(JOSEError) -> [UInt8] {
        Array(try bytes(name, in: json).drop { $0 == 0 })
    }
}

/// The members that make a key private or symmetric (RFC 7518 §6.2.2, §6.3.2, §6.4.1).
enum PrivateMember {
    static let names: Set<String> = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"]
}
