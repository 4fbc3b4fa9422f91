import Testing
import TokenCrypto

@Suite struct KeyFlawTests {
    private static let x = hex("60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6")
    private static let y = hex("7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299")

    private func flaw(_ components: PublicKeyComponents) -> KeyFlaw? {
        do throws(CryptoError) {
            _ = try PublicKey(components)
            return nil
        } catch {
            guard case .unacceptableKey(let flaw) = error else {
                Issue.record("\(error)")
                return nil
            }
            return flaw
        }
    }

    @Test func `P-256 takes points of the curve in 32 bytes a coordinate, and nothing else`() {
        // RFC 6979 §A.2.5
        #expect(flaw(.p256(x: Self.x, y: Self.y)) == nil)
        #expect(flaw(.p256(x: Self.y, y: Self.x)) == .pointNotOnCurve)
        #expect(
            flaw(.p256(x: [UInt8](repeating: 0, count: 32), y: [UInt8](repeating: 0, count: 32))) == .pointNotOnCurve)
        #expect(flaw(.p256(x: [0] + Self.x, y: Self.y)) == .wrongLength)
        #expect(flaw(.p256(x: Self.x.dropLast(), y: Self.y)) == .wrongLength)
        #expect(flaw(.p256(x: Self.x, y: [0] + Self.y)) == .wrongLength)
        #expect(flaw(.p256(x: Self.x, y: Self.y.dropLast())) == .wrongLength)
        // x + p spells the same point when it fits; here it is simply outside the field
        #expect(flaw(.p256(x: [UInt8](repeating: 0xff, count: 32), y: Self.y)) == .pointNotOnCurve)
    }

    private static func ed25519(_ littleEndian: String) -> PublicKeyComponents { .ed25519(hex(littleEndian)) }

    private static let ff30 = String(repeating: "ff", count: 30)
    private static let zero31 = String(repeating: "00", count: 31)

    @Test(
        arguments: [
            ("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", nil),  // RFC 8032 §7.1
            ("01" + zero31, .lowOrderPoint),
            ("01" + String(repeating: "00", count: 30) + "80", .lowOrderPoint),
            ("00" + zero31, .lowOrderPoint),
            ("00" + String(repeating: "00", count: 30) + "80", .lowOrderPoint),
            ("ec" + ff30 + "7f", .lowOrderPoint),
            ("ec" + ff30 + "ff", .lowOrderPoint),
            ("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05", .lowOrderPoint),
            ("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85", .lowOrderPoint),
            ("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a", .lowOrderPoint),
            ("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa", .lowOrderPoint),
            ("ed" + ff30 + "7f", .nonCanonicalPoint),  // p, which is 0
            ("ee" + ff30 + "7f", .nonCanonicalPoint),  // p + 1
            ("ff" + ff30 + "ff", .nonCanonicalPoint),
            ("02" + zero31, .pointNotOnCurve),
            ("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f70751", .wrongLength),
        ] as [(String, KeyFlaw?)])
    func `Ed25519 takes canonical points of full order`(_ point: String, _ expected: KeyFlaw?) {
        #expect(flaw(Self.ed25519(point)) == expected)
    }

    @Test func `every generated Ed25519 key passes the check of its own curve`() throws {
        for _ in 0..<50 {
            let components = try PrivateKeyComponents.generate(.ed25519)
            #expect(flaw(components.publicHalf) == nil)
        }
    }

    private func modulus(bits: Int, last: UInt8) -> [UInt8] {
        var bytes = [UInt8](repeating: 0xa5, count: bits / 8)
        bytes[bytes.count - 1] = last
        return bytes
    }

    @Test func `RSA takes 2048 to 8192 bits, odd, with an exponent of 65537 or more`() {
        func check(_ bits: Int = 2048, last: UInt8 = 0xa5, e: [UInt8] = [1, 0, 1]) -> KeyFlaw? {
            flaw(.rsa(modulus: modulus(bits: bits, last: last), exponent: e))
        }
        #expect(check() == nil)
        #expect(check(8192) == nil)
        #expect(check(2040) == .modulusTooSmall)
        #expect(check(1024) == .modulusTooSmall)
        #expect(check(8200) == .modulusTooLarge)
        #expect(check(last: 0xa4) == .modulusEven)
        #expect(check(e: []) == .exponentInvalid)
        #expect(check(e: [1]) == .exponentInvalid)
        #expect(check(e: [1, 0, 0]) == .exponentInvalid)
        #expect(check(e: [3]) == .exponentWeak)
        #expect(check(e: [0xff, 0xff]) == .exponentWeak)
        #expect(check(e: [1, 0, 3]) == nil)
        #expect(check(e: [1, 0, 0, 0, 0, 0, 0, 0, 1]) == .exponentTooLarge)
    }

    @Test func `a private key of another public key is refused`() throws {
        for type in [KeyType.p256, .ed25519, .rsa] {
            let one = try PrivateKeyComponents.generate(type, rsaBits: 2048)
            let other = try PrivateKeyComponents.generate(type, rsaBits: 2048)
            _ = try PrivateKey(one)
            let mixed: PrivateKeyComponents =
                switch one.crt {
                case .some(let crt):
                    PrivateKeyComponents(
                        publicHalf: other.publicHalf, d: one.d.copy(),
                        crt: RSAFactors(
                            p: crt.p.copy(), q: crt.q.copy(), dp: crt.dp.copy(), dq: crt.dq.copy(), qi: crt.qi.copy()))
                case nil: PrivateKeyComponents(publicHalf: other.publicHalf, d: one.d.copy())
                }
            #expect(throws: CryptoError.unacceptableKey(.mismatchedHalves)) { _ = try PrivateKey(mixed) }
        }
    }

    @Test(arguments: 0..<6) func `an RSA key with one number altered is refused`(_ which: Int) throws {
        let key = try PrivateKeyComponents.generate(.rsa, rsaBits: 2048)
        func part(_ index: Int, _ secret: borrowing SecretBytes) -> SecretBytes {
            var bytes = array(secret)
            if index == which { bytes[bytes.count - 1] ^= 2 }
            return SecretBytes(copying: bytes)
        }
        switch key.crt {
        case .some(let crt):
            let altered = PrivateKeyComponents(
                publicHalf: key.publicHalf, d: part(0, key.d),
                crt: RSAFactors(
                    p: part(1, crt.p), q: part(2, crt.q), dp: part(3, crt.dp), dq: part(4, crt.dq), qi: part(5, crt.qi))
            )
            #expect(throws: CryptoError.unacceptableKey(.mismatchedHalves)) { _ = try PrivateKey(altered) }
        case nil: Issue.record("an RSA key without factors")
        }
    }

    @Test func `an RSA private key needs its factors, a P-256 scalar its range`() throws {
        let rsa = try PrivateKeyComponents.generate(.rsa, rsaBits: 2048)
        let bare = PrivateKeyComponents(publicHalf: rsa.publicHalf, d: rsa.d.copy())
        #expect(throws: CryptoError.unacceptableKey(.incomplete)) { _ = try PrivateKey(bare) }
        for scalar in [[UInt8](repeating: 0, count: 32), [UInt8](repeating: 0xff, count: 32)] {
            let components = PrivateKeyComponents(
                publicHalf: .p256(x: Self.x, y: Self.y), d: SecretBytes(copying: scalar))
            #expect(throws: CryptoError.unacceptableKey(.mismatchedHalves)) { _ = try PrivateKey(components) }
        }
        let short = PrivateKeyComponents(
            publicHalf: .p256(x: Self.x, y: Self.y), d: SecretBytes(copying: [UInt8](repeating: 1, count: 31)))
        #expect(throws: CryptoError.unacceptableKey(.wrongLength)) { _ = try PrivateKey(short) }
    }

    @Test func `RSA keys of another strength are not generated`() {
        #expect(throws: CryptoError.unacceptableKey(.modulusTooSmall)) {
            _ = try PrivateKeyComponents.generate(.rsa, rsaBits: 1024)
        }
        #expect(throws: CryptoError.unacceptableKey(.modulusTooLarge)) {
            _ = try PrivateKeyComponents.generate(.rsa, rsaBits: 16384)
        }
    }

    @Test func `every flaw has a code and a sentence of its own`() {
        #expect(Set(KeyFlaw.allCases.map(\.rawValue)).count == KeyFlaw.allCases.count)
        #expect(Set(KeyFlaw.allCases.map(\.description)).count == KeyFlaw.allCases.count)
    }
}
