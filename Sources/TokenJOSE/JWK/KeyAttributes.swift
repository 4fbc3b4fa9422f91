internal import TokenCrypto

/// What a JWK says about itself beside its numbers (RFC 7517 §4), read the same way for public and private keys.
struct KeyAttributes {
    enum KeyKind: Equatable {
        case asymmetric(KeyType)
        case symmetric
    }

    let type: KeyKind
    let kid: String?
    let alg: SignatureAlgorithm?

    /// `operation` is what the key must allow when it lists its operations: `verify` or `sign`.
    init(_ json: JSON, operation: String) throws(JOSEError) {
        guard json.members != nil else { throw JOSEError(.notAnObject) }
        type = try Self.type(of: json)
        kid = try Self.string("kid", in: json, orThrow: .badKeyID)
        if let use = json["use"] {
            guard use.stringValue?.isIdentical(to: "sig") == true else { throw JOSEError(.wrongUse) }
        }
        try Self.check(operations: json["key_ops"], contain: operation)
        alg = try Self.algorithm(in: json, for: type)
    }

    private static func type(of json: JSON) throws(JOSEError) -> KeyKind {
        guard let kty = json["kty"] else { throw JOSEError.missing("kty") }
        switch kty.stringValue {
        case "oct": return .symmetric
        case "RSA": return .asymmetric(.rsa)
        case "EC": return .asymmetric(try curve(of: json, "P-256", .p256))
        case "OKP": return .asymmetric(try curve(of: json, "Ed25519", .ed25519))
        default: throw JOSEError(.unsupportedKeyType)
        }
    }

    private static func curve(of json: JSON, _ name: String, _ type: KeyType) throws(JOSEError) -> KeyType {
        guard let crv = json["crv"] else { throw JOSEError.missing("crv") }
        guard crv.stringValue?.isIdentical(to: name) == true else { throw JOSEError(.unsupportedCurve) }
        return type
    }

    private static func algorithm(in json: JSON, for type: KeyKind) throws(JOSEError) -> SignatureAlgorithm? {
        guard let name = try string("alg", in: json, orThrow: .badAlgorithm) else { return nil }
        guard let algorithm = SignatureAlgorithm(rawValue: name) else { throw JOSEError(.unsupportedAlgorithm) }
        let expected: KeyKind = algorithm.keyType.map { .asymmetric($0) } ?? .symmetric
        guard type == expected else { throw JOSEError(.algorithmMismatch) }
        return algorithm
    }

    private static func check(operations: JSON?, contain operation: String) throws(JOSEError) {
        guard let operations else { return }
        var seen: Set<String> = []
        for value in operations.arrayValue ?? [] {
            guard let name = value.stringValue, seen.insert(name).inserted else { throw JOSEError(.wrongOperations) }
        }
        guard seen.contains(operation) else { throw JOSEError(.wrongOperations) }
    }

    private static func string(
        _ name: String, in json: JSON, orThrow reason: JOSEError.Reason
    ) throws(JOSEError) -> String? {
        guard let value = json[name] else { return nil }
        guard let text = value.stringValue else { throw JOSEError(reason) }
        return text
    }
}
