import Foundation
import Testing
import TokenCrypto

@Suite struct SecretTests {
    @Test func `a builder that outgrows its room keeps every byte`() {
        var builder = SecretBuilder(capacity: 1)
        var expected: [UInt8] = []
        for round in 0..<200 {
            builder.append("r\(round)")
            expected += Array("r\(round)".utf8)
            builder.append(SecretBytes(copying: [UInt8(round)]))
            expected.append(UInt8(round))
        }
        #expect(array(builder.finish()) == expected)
    }

    @Test func `a failing initializer passes its error on`() {
        struct Broken: Error {}
        #expect(throws: Broken.self) {
            _ = try SecretBytes(unsafeUninitializedCapacity: 8) { _, _ in throw Broken() }
        }
    }

    @Test func `entropy gives as many bytes as asked for, and never the same`() throws {
        #expect(try Entropy.bytes(0).isEmpty)
        let first = try Entropy.bytes(32)
        #expect(first.count == 32)
        #expect(try Entropy.bytes(32) != first)
        let secret = array(try Entropy.secret(32))
        #expect(secret.count == 32)
        #expect(array(try Entropy.secret(32)) != secret)
    }

    @Test(
        arguments: [([], [], true), ([1], [1], true), ([1], [2], false), ([1, 2], [1], false)]
            as [([UInt8], [UInt8], Bool)])
    func `constant time equality is equality`(_ left: [UInt8], _ right: [UInt8], _ equal: Bool) {
        #expect(ConstantTime.equal(left, right) == equal)
        #expect(ConstantTime.equal(SecretBytes(copying: left), SecretBytes(copying: right)) == equal)
    }

    @Test func `the library says its version`() {
        #expect(OpenSSLInfo.version.hasPrefix("OpenSSL 3."))
    }

    /// In a process of its own, because a library is initialised once. The file would leave no algorithm to be had: it asks
    /// for the FIPS provider, which nothing loads.
    @Test func `a configuration file in the environment is ignored`() async {
        await #expect(processExitsWith: .success) {
            let file = FileManager.default.temporaryDirectory.appending(path: "openssl-\(UUID().uuidString).cnf")
            try """
            openssl_conf = init
            [init]
            alg_section = algorithms
            [algorithms]
            default_properties = fips=yes
            """.write(to: file, atomically: true, encoding: .utf8)
            defer { try? FileManager.default.removeItem(at: file) }
            setenv("OPENSSL_CONF", file.path, 1)
            #expect(SHA256.hash([UInt8]()).count == 32)
            _ = try PrivateKeyComponents.generate(.p256)
        }
    }
}
