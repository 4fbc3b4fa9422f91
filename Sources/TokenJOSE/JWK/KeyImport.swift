package import TokenCrypto

/// A key that came from outside.
package enum ImportedKey: Sendable {
    case publicKey(JWK)
    case privateKey(PrivateJWK)

    package var kid: String? {
        switch self {
        case .publicKey(let key): key.kid
        case .privateKey(let key): key.kid
        }
    }

    package var publicJWK: JWK? {
        switch self {
        case .publicKey(let key): key
        case .privateKey(let key): key.publicJWK
        }
    }
}

/// The keys of a file of unknown kind: a JWK, a JWKS, or PEM (SPKI, PKCS#8, PKCS#1, SEC 1).
///
/// A raw HS256 secret looks like nothing in particular: the caller must know, and use `PrivateJWK.init(secret:)`.
package struct KeyImport: Sendable {
    package let keys: [ImportedKey]
    /// Keys of a set that serve another purpose or algorithm, which RFC 7517 §5 wants ignored: their place, and why.
    package let skipped: [Skipped]

    package struct Skipped: Sendable {
        package let index: Int
        package let reason: JOSEError
    }

    /// `allowWeak` admits HS256 secrets under 32 bytes.
    package init(reading bytes: borrowing SecretBytes, allowWeak: Bool = false) throws(JOSEError) {
        let first = bytes.withUnsafeBytes { $0.first { ![0x20, 0x09, 0x0a, 0x0d].contains($0) } }
        switch first {
        case nil: throw JOSEError(.empty)
        case UInt8(ascii: "{"): (keys, skipped) = try Self.readJSON(bytes, allowWeak: allowWeak)
        default: (keys, skipped) = (try Self.readPEM(bytes), [])
        }
        try Self.checkSet(keys)
    }

    // MARK: JSON

    private static func readJSON(
        _ bytes: borrowing SecretBytes, allowWeak: Bool
    ) throws(JOSEError) -> ([ImportedKey], [Skipped]) {
        let tree = try SecretJSON.reading(bytes).tree
        guard let set = tree["keys"] else {
            return ([try readKey(bytes, tree: tree, path: [], allowWeak: allowWeak)], [])
        }
        guard let elements = set.arrayValue else { throw JOSEError(.badMember, "keys is not an array") }
        var keys: [ImportedKey] = []
        var skipped: [Skipped] = []
        for (index, element) in elements.enumerated() {
            do throws(JOSEError) {
                keys.append(
                    try readKey(bytes, tree: element, path: ["keys", String(index)], allowWeak: allowWeak))
            } catch {
                guard ignorable.contains(error.reason) else { throw error }
                skipped.append(Skipped(index: index, reason: error))
            }
        }
        guard !keys.isEmpty else { throw skipped.first?.reason ?? JOSEError(.emptySet) }
        return (keys, skipped)
    }

    /// Keys for other uses beside ours in one set are ordinary; broken or dangerous ones are not.
    private static let ignorable: Set<JOSEError.Reason> = [
        .unsupportedKeyType, .unsupportedCurve, .unsupportedAlgorithm, .wrongUse, .wrongOperations,
    ]

    private static func readKey(
        _ bytes: borrowing SecretBytes, tree: JSON, path: [String], allowWeak: Bool
    ) throws(JOSEError) -> ImportedKey {
        guard PrivateMember.names.contains(where: { tree[$0] != nil }) else {
            return .publicKey(try JWK(parsing: tree))
        }
        let document = try SecretJSON.reading(bytes)
        let members = PrivateMembers(document, tree: tree, path: path)
        return .privateKey(try PrivateJWK(members, allowWeak: allowWeak))
    }

    // MARK: PEM

    private static func readPEM(_ bytes: borrowing SecretBytes) throws(JOSEError) -> [ImportedKey] {
        let blocks: [PEMBlock]
        do throws(CryptoError) { blocks = try PEMBlock.all(in: bytes) } catch .unacceptableKey(.undecodable) {
            throw JOSEError(.unrecognized)
        } catch { throw JOSEError(error) }
        var keys: [ImportedKey] = []
        for block in blocks {
            switch block.label {
            case "PRIVATE KEY", "EC PRIVATE KEY", "RSA PRIVATE KEY":
                let components = try joining { () throws(CryptoError) in try PrivateKeyComponents(der: block.der) }
                keys.append(.privateKey(try PrivateJWK(components, kid: nil, alg: nil)))
            case "PUBLIC KEY", "RSA PUBLIC KEY":
                let der = block.der.withUnsafeBytes { Array($0) }
                let components = try joining { () throws(CryptoError) in
                    try PublicKey(der: der, pkcs1: block.label == "RSA PUBLIC KEY").components
                }
                keys.append(.publicKey(try JWK(components)))
            case "EC PARAMETERS":
                continue  // `openssl ecparam -genkey` puts them before the key, which names its curve again
            default: throw JOSEError(.unrecognized, "a PEM block that is no key")
            }
        }
        guard !keys.isEmpty else { throw JOSEError(.emptySet) }
        return keys
    }

    // MARK: Sets

    /// A set is published whole or kept secret whole: one that mixes public keys with private ones, or asymmetric keys with
    /// shared secrets, was put together by mistake, and invites verifying a token with the wrong kind of key.
    private static func checkSet(_ keys: [ImportedKey]) throws(JOSEError) {
        var kids: Set<[UInt8]> = []
        var kinds: Set<Kind> = []
        for key in keys {
            kinds.insert(Kind(key))
            if let kid = key.kid, !kids.insert(Array(kid.utf8)).inserted { throw JOSEError(.duplicateKeyID) }
        }
        guard kinds.count <= 1 else { throw JOSEError(.mixedSet) }
    }

    private enum Kind: Hashable {
        case publicHalf, privateHalf, symmetric

        init(_ key: ImportedKey) {
            self =
                switch key {
                case .publicKey: .publicHalf
                case .privateKey(let key): key.isSymmetric ? .symmetric : .privateHalf
                }
        }
    }
}
