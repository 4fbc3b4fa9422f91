import Foundation
import OpenSSL

/// The limit: `EVP_DigestVerify` with a key that is held, over the same bytes, and nothing else. No parsing, no claims.
final class RawOpenSSL {
    private let key: OpaquePointer?
    private let digest: OpaquePointer?
    private let secret: [UInt8]
    private let isECDSA: Bool

    struct Signed {
        let bytes: [UInt8]
        let signature: [UInt8]
    }

    /// `key` is a PEM file, or for HS256 the secret.
    init(_ algorithm: String, key file: String) throws {
        let bytes = try Array(Data(contentsOf: URL(fileURLWithPath: file)))
        digest = algorithm == "EdDSA" ? nil : EVP_sha256()
        isECDSA = algorithm == "ES256"
        if algorithm == "HS256" {
            (key, secret) = (nil, bytes)
        } else {
            let bio = BIO_new_mem_buf(bytes, Int32(bytes.count))
            defer { BIO_free(bio) }
            key = PEM_read_bio_PUBKEY(bio, nil, nil, nil)
            secret = []
        }
    }

    /// What comes before is not timed: the benchmark is of the signature, not of its spelling.
    func prepared(_ token: [UInt8]) -> Signed {
        let parts = token.split(separator: UInt8(ascii: "."))
        let raw = Self.decoded(String(decoding: parts[2], as: UTF8.self))
        return Signed(bytes: Array(token.dropLast(parts[2].count + 1)), signature: isECDSA ? Self.der(raw) : raw)
    }

    func verify(_ signed: Signed) -> Bool {
        let (bytes, signature) = (signed.bytes, signed.signature)
        guard let key else {
            var tag = [UInt8](repeating: 0, count: 32)
            HMAC(EVP_sha256(), secret, Int32(secret.count), bytes, bytes.count, &tag, nil)
            return tag == signature
        }
        let context = EVP_MD_CTX_new()
        defer { EVP_MD_CTX_free(context) }
        return EVP_DigestVerifyInit(context, nil, digest, nil, key) == 1
            && EVP_DigestVerify(context, signature, signature.count, bytes, bytes.count) == 1
    }

    private static func decoded(_ text: String) -> [UInt8] {
        let standard = text.replacing("-", with: "+").replacing("_", with: "/")
        return Array(Data(base64Encoded: standard + String(repeating: "=", count: (4 - text.count % 4) % 4)) ?? Data())
    }

    private static func der(_ raw: [UInt8]) -> [UInt8] {
        let signature = ECDSA_SIG_new()
        defer { ECDSA_SIG_free(signature) }
        ECDSA_SIG_set0(signature, BN_bin2bn(raw, 32, nil), BN_bin2bn(Array(raw[32...]), 32, nil))
        var bytes: UnsafeMutablePointer<UInt8>?
        let count = i2d_ECDSA_SIG(signature, &bytes)
        defer { free(bytes) }
        return Array(UnsafeBufferPointer(start: bytes, count: Int(count)))
    }
}
