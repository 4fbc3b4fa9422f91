import Testing
import TokenCrypto

@Suite struct SignatureTests {
    private struct Group: Decodable {
        struct Key: Decodable { let wx: String, wy: String }
        struct Case: Decodable { let tcId: Int, comment: String, msg: String, sig: String, result: String }
        let publicKey: Key, publicKeyDer: String, tests: [Case]
    }

    /// Wycheproof's signatures are DER, JOSE's are r‖s: a case is refused either because it is not DER of two numbers of 32
    /// bytes, or because it does not verify.
    @Test(.withVectors) func `ES256 gives Wycheproof's answers`() throws {
        var valid = 0
        var refused = 0
        for group in try Vectors.wycheproof("ecdsa_secp256r1_sha256", Group.self) {
            let key = try PublicKey(der: hex(group.publicKeyDer)).components
            #expect(key == .p256(x: coordinate(group.publicKey.wx), y: coordinate(group.publicKey.wy)))
            let verifier = try SignatureVerifier(.es256, key: key)
            for test in group.tests {
                let raw = try? ECDSASignature(der: hex(test.sig)).raw
                let isValid = raw.map { verifier.isValid($0, for: hex(test.msg)) } ?? false
                #expect(isValid == (test.result == "valid"), "case \(test.tcId): \(test.comment)")
                if isValid { valid += 1 } else { refused += 1 }
            }
        }
        #expect(valid + refused == 484)
        #expect(valid > 100)
    }

    private func coordinate(_ text: String) -> [UInt8] {
        let bytes = Array(hex(text).drop { $0 == 0 })
        return [UInt8](repeating: 0, count: 32 - bytes.count) + bytes
    }

    private static let asymmetric = SignatureAlgorithm.allCases.filter { !$0.isSymmetric }

    private func pair(_ algorithm: SignatureAlgorithm) throws -> (SignatureSigner, SignatureVerifier) {
        let type = try #require(algorithm.keyType)
        let components = try PrivateKeyComponents.generate(type, rsaBits: 2048)
        return (
            try SignatureSigner(algorithm, key: PrivateKey(components)),
            try SignatureVerifier(algorithm, key: components.publicHalf)
        )
    }

    @Test(arguments: asymmetric)
    func `what is signed verifies, and nothing else does`(_ algorithm: SignatureAlgorithm) throws {
        let (signer, verifier) = try pair(algorithm)
        let message = Array("the message".utf8)
        let signature = try signer.sign(message)
        #expect(signature.count == [.es256: 64, .edDSA: 64, .rs256: 256, .ps256: 256][algorithm])
        #expect(verifier.isValid(signature, for: message))
        #expect(!verifier.isValid(signature, for: message + [0]))
        #expect(!verifier.isValid(signature, for: []))
        #expect(!verifier.isValid([], for: message))
        #expect(!verifier.isValid(signature + [0], for: message))
        #expect(!verifier.isValid(Array(signature.dropLast()), for: message))
        #expect(!verifier.isValid([UInt8](repeating: 0, count: signature.count), for: message))
        for index in signature.indices {
            var altered = signature
            altered[index] ^= 1
            #expect(!verifier.isValid(altered, for: message))
        }
        #expect(verifier.isValid(signature, for: message), "a refused signature spoils nothing for the next")
        #expect(!(try pair(algorithm).1).isValid(signature, for: message), "another key's verifier")
    }

    @Test(arguments: asymmetric) func `an empty message can be signed`(_ algorithm: SignatureAlgorithm) throws {
        let (signer, verifier) = try pair(algorithm)
        #expect(verifier.isValid(try signer.sign([]), for: []))
    }

    @Test(arguments: asymmetric)
    func `one verifier serves many threads at once`(_ algorithm: SignatureAlgorithm) async throws {
        let (signer, verifier) = try pair(algorithm)
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for worker in 0..<8 {
                group.addTask {
                    let message = Array("message \(worker)".utf8)
                    let signature = try signer.sign(message)
                    return (0..<25).allSatisfy { _ in
                        verifier.isValid(signature, for: message) && !verifier.isValid(signature, for: [UInt8(worker)])
                    }
                }
            }
            for try await allRight in group { #expect(allRight) }
        }
    }

    @Test func `PS256 and RS256 do not verify each other's signatures`() throws {
        let key = try PrivateKeyComponents.generate(.rsa, rsaBits: 2048)
        let pss = try SignatureSigner(.ps256, key: PrivateKey(key)).sign([1, 2, 3])
        let pkcs1 = try SignatureSigner(.rs256, key: PrivateKey(key)).sign([1, 2, 3])
        #expect(!(try SignatureVerifier(.rs256, key: key.publicHalf)).isValid(pss, for: [1, 2, 3]))
        #expect(!(try SignatureVerifier(.ps256, key: key.publicHalf)).isValid(pkcs1, for: [1, 2, 3]))
    }

    @Test func `a key of another type is refused`() throws {
        let components = try PrivateKeyComponents.generate(.p256)
        for algorithm in SignatureAlgorithm.allCases where algorithm != .es256 {
            #expect(throws: CryptoError.algorithmMismatch(algorithm)) {
                _ = try SignatureSigner(algorithm, key: PrivateKey(components))
            }
            #expect(throws: CryptoError.algorithmMismatch(algorithm)) {
                _ = try SignatureVerifier(algorithm, key: components.publicHalf)
            }
        }
    }

    @Test func `a signature goes to DER and back unchanged`() throws {
        let (signer, _) = try pair(.es256)
        for round in 0..<20 {
            let raw = try signer.sign([UInt8(round)])
            let signature = try #require(ECDSASignature(raw: raw))
            #expect(try ECDSASignature(der: try signature.der()) == signature)
        }
        #expect(ECDSASignature(raw: [UInt8](repeating: 1, count: 63)) == nil)
        #expect(throws: CryptoError.self) { try ECDSASignature(der: [0x30, 0x00]) }
        // Two numbers of one, the second spelled with a byte too many
        #expect(throws: CryptoError.self) { try ECDSASignature(der: hex("300702010102020001")) }
    }
}
