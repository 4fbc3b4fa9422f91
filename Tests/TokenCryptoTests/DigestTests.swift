import Testing
import TokenCrypto

@Suite struct DigestTests {
    @Test func `SHA-256 of the FIPS 180-4 examples`() {
        let abc = hex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(SHA256.hash(Array("abc".utf8)) == abc)
        #expect(SHA256.hash(SecretBytes(copying: Array("abc".utf8))) == abc)
        #expect(
            SHA256.hash([UInt8]()) == hex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"))
    }

    private struct MacGroup: Decodable {
        struct Case: Decodable { let tcId: Int, key: String, msg: String, tag: String, result: String }
        let tagSize: Int, tests: [Case]
    }

    @Test(.withVectors) func `HMAC-SHA-256 gives Wycheproof's answers`() throws {
        var checked = 0
        for group in try Vectors.wycheproof("hmac_sha256", MacGroup.self) {
            for test in group.tests {
                let tag = HMACSHA256.tag(of: hex(test.msg), key: hex(test.key))
                // JOSE never shortens a tag, so the groups with 128-bit tags check the first half and our refusal of it.
                let matches = Array(tag.prefix(group.tagSize / 8)) == hex(test.tag)
                #expect(matches == (test.result == "valid"), "case \(test.tcId)")
                let isValid = HMACSHA256Key(secret(test.key)).isValid(hex(test.tag), for: hex(test.msg))
                #expect(isValid == (test.result == "valid" && group.tagSize == 256), "case \(test.tcId)")
                checked += 1
            }
        }
        #expect(checked == 174)
    }

    @Test func `a prepared key gives the same tags again and again, from many threads`() async {
        let key = HMACSHA256Key(secret("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b"))
        let expected = hex("b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7")  // RFC 4231 §4.2
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<8 {
                group.addTask { (0..<200).allSatisfy { _ in key.tag(of: Array("Hi There".utf8)) == expected } }
            }
            for await allEqual in group { #expect(allEqual) }
        }
    }

    @Test func `an empty HMAC key is a key`() {
        let expected = hex("b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad")
        #expect(HMACSHA256.tag(of: [], key: [UInt8]()) == expected)
    }

    @Test func `HKDF of RFC 5869 A.1 and A.3`() {
        let key = secret(String(repeating: "0b", count: 22))
        let first = HKDFSHA256.derive(
            from: key, salt: hex("000102030405060708090a0b0c"), info: hex("f0f1f2f3f4f5f6f7f8f9"), count: 42)
        #expect(
            array(first)
                == hex(
                    "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"))
        let third = HKDFSHA256.derive(from: key, salt: [], info: [], count: 42)
        #expect(
            array(third)
                == hex(
                    "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"))
    }

    @Test func `PBKDF2-HMAC-SHA-512 is what other tools compute`() throws {
        // hashlib.pbkdf2_hmac("sha512", b"password", b"salt", 1000, 32)
        let key = try PBKDF2.derive(
            from: SecretBytes(copying: Array("password".utf8)), salt: Array("salt".utf8), iterations: 1000, count: 32)
        #expect(array(key) == hex("afe6c5530785b6cc6b1c6453384731bd5ee432ee549fd42fb6695779ad8a1c5b"))
    }

    @Test func `key wrap of RFC 3394 §4.6`() throws {
        let wrapping = secret("000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F")
        let key = "00112233445566778899AABBCCDDEEFF000102030405060708090A0B0C0D0E0F"
        let expected = hex(
            "28C9F404C4B810F4CBCCB35CFB87F8263F5786E2D80ED326CBC7F0E71A99F43BFB988B9B7A02DD21")
        #expect(try AESKeyWrap.wrap(secret(key), key: wrapping) == expected)
        func unwrapped(_ bytes: [UInt8]) -> [UInt8]? { array(AESKeyWrap.unwrap(bytes, key: wrapping)) }
        #expect(unwrapped(expected) == hex(key))
        for index in expected.indices {
            var altered = expected
            altered[index] ^= 1
            #expect(unwrapped(altered) == nil)
        }
        #expect(unwrapped(Array(expected.dropLast())) == nil)
        #expect(unwrapped([]) == nil)
    }
}
