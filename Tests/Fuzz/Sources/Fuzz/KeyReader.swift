import TokenCrypto
import TokenJOSE

extension Reader {
    /// A key that is read is written as one that reads as the same, and its halves belong together.
    static func keys(_ bytes: [UInt8]) {
        do throws(JOSEError) {
            let found = try KeyImport(reading: SecretBytes(copying: bytes), allowWeak: bytes.count.isMultiple(of: 2))
            promise(!found.keys.isEmpty, "keys: accepted without a key")
            for skipped in found.skipped { promiseSilence(skipped.reason.message, about: bytes) }
            for key in found.keys {
                switch key {
                case .publicKey(let key): check(key)
                case .privateKey(let key): check(key)
                }
            }
        } catch {
            promiseSilence(error.message, about: bytes)
        }
    }

    private static func check(_ key: JWK) {
        mayBePlanted(key.kid)
        promise(try JWK(parsing: key.json()) == key, "keys: as JWK it is another key")
        promise(try JWK(parsing: JSON(parsing: key.json().text)) == key, "keys: as the text of a JWK it is another key")
        promise(try JWK.fromPEM(key.pem()).components == key.components, "keys: as PEM it is another key")
        promise(key.thumbprint.utf8.count == 43, "keys: no thumbprint")
        for algorithm in key.supportedAlgorithms {
            promise(try JWSVerifier(algorithm: algorithm, jwk: key).algorithm == algorithm, "keys: cannot verify")
        }
    }

    private static func check(_ key: PrivateJWK) {
        guard let again = try? PrivateJWK(parsing: key.text, allowWeak: true) else {
            fatalError("broken: keys: what a private key is written as does not read")
        }
        promise(again.publicJWK == key.publicJWK && again.kid == key.kid, "keys: as private JWK it is another key")
        promise(
            again.text.withUnsafeBytes { again in key.text.withUnsafeBytes { again.elementsEqual($0) } },
            "keys: written twice it is another text")
        guard let publicHalf = key.publicJWK else {
            return promise(again.hasSameSecret(as: key), "keys: another secret")
        }
        check(publicHalf)
        promise(
            try PrivateJWK.fromPEM(key.pem()).publicJWK?.components == publicHalf.components,
            "keys: as private PEM it is another key")
        for algorithm in key.supportedAlgorithms {
            promise(
                try JWSVerifier(algorithm: algorithm, jwk: publicHalf).verify(
                    CompactJWS(
                        parsing: JWSSigner(algorithm: algorithm, privateJWK: key).sign(
                            protectedHeader: [:], payload: [0x7B, 0x7D]))),
                "keys: the public half does not verify what the private one signs")
        }
    }
}
