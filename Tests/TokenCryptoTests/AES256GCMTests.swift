import Testing
import TokenCrypto

@Suite struct AES256GCMTests {
    private struct Group: Decodable {
        struct Case: Decodable {
            let tcId: Int, key: String, iv: String, aad: String, msg: String, ct: String, tag: String, result: String
        }
        let ivSize: Int, keySize: Int, tagSize: Int, tests: [Case]
    }

    /// Other key sizes are not JOSE's `A256GCM`, and other nonce sizes not what RFC 7518 §5.3 allows: refused, and counted.
    @Test(.withVectors) func `Wycheproof's cases seal and open as they should`() throws {
        var checked = 0
        var refused = 0
        for group in try Vectors.wycheproof("aes_gcm", Group.self) {
            for test in group.tests {
                let opened = array(
                    AES256GCM.open(
                        hex(test.ct), tag: hex(test.tag), key: secret(test.key), nonce: hex(test.iv),
                        authenticating: hex(test.aad)
                    ))
                guard group.keySize == 256, group.ivSize == 96 else {
                    #expect(opened == nil, "case \(test.tcId)")
                    refused += 1
                    continue
                }
                checked += 1
                #expect(opened == (test.result == "valid" ? hex(test.msg) : nil), "case \(test.tcId)")
                guard test.result == "valid" else { continue }
                let sealed = try AES256GCM.seal(
                    secret(test.msg), key: secret(test.key), nonce: hex(test.iv), authenticating: hex(test.aad))
                #expect(sealed.ciphertext == hex(test.ct), "case \(test.tcId)")
                #expect(sealed.tag == hex(test.tag), "case \(test.tcId)")
            }
        }
        #expect(checked == 66)
        #expect(refused == 250)
    }

    @Test func `nothing opens once anything changed`() throws {
        let key = secret(String(repeating: "2a", count: 32))
        let nonce = [UInt8](repeating: 7, count: 12)
        let sealed = try AES256GCM.seal(
            SecretBytes(copying: Array("the plaintext".utf8)), key: key, nonce: nonce, authenticating: [1, 2, 3])
        func opens(_ ciphertext: [UInt8], _ tag: [UInt8], _ nonce: [UInt8], _ context: [UInt8]) -> Bool {
            array(AES256GCM.open(ciphertext, tag: tag, key: key, nonce: nonce, authenticating: context))
                != nil
        }
        #expect(opens(sealed.ciphertext, sealed.tag, nonce, [1, 2, 3]))
        #expect(!opens(sealed.ciphertext, sealed.tag, nonce, [1, 2]))
        #expect(!opens(sealed.ciphertext, sealed.tag, [UInt8](repeating: 8, count: 12), [1, 2, 3]))
        #expect(!opens(sealed.ciphertext, Array(sealed.tag.prefix(12)), nonce, [1, 2, 3]))
        #expect(!opens(sealed.ciphertext.dropLast(), sealed.tag, nonce, [1, 2, 3]))
        for index in sealed.ciphertext.indices {
            var altered = sealed.ciphertext
            altered[index] ^= 0x80
            #expect(!opens(altered, sealed.tag, nonce, [1, 2, 3]))
        }
    }

    @Test func `keys and nonces of another size are refused by name`() {
        let plaintext = SecretBytes(copying: [1])
        #expect(throws: CryptoError.wrongSize(of: "key", expected: 32, actual: 16)) {
            try AES256GCM.seal(
                plaintext, key: SecretBytes(count: 16), nonce: [UInt8](repeating: 0, count: 12), authenticating: [])
        }
        #expect(throws: CryptoError.wrongSize(of: "nonce", expected: 12, actual: 8)) {
            try AES256GCM.seal(
                plaintext, key: SecretBytes(count: 32), nonce: [UInt8](repeating: 0, count: 8), authenticating: [])
        }
    }
}
