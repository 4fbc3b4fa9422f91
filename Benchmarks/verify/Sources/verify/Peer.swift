import Foundation
import JWTKit

/// jwt-kit, with the checks that it makes of a payload like ours.
struct Peer {
    struct Claims: JWTPayload {
        var iss: IssuerClaim
        var sub: SubjectClaim
        var aud: AudienceClaim
        var exp: ExpirationClaim
        var iat: IssuedAtClaim

        func verify(using key: some JWTAlgorithm) throws {
            try exp.verifyNotExpired()
            try aud.verifyIntendedAudience(includes: "api")
        }
    }

    private let keys = JWTKeyCollection()
    private let token: [UInt8]

    /// `keySet` is a JWKS file, or for HS256 the secret.
    init(_ algorithm: String, keySet file: String, token: String) async throws {
        let bytes = try Data(contentsOf: URL(fileURLWithPath: file))
        if algorithm == "HS256" {
            await keys.add(hmac: HMACKey(from: bytes), digestAlgorithm: .sha256)
        } else {
            try await keys.add(jwks: JSONDecoder().decode(JWKS.self, from: bytes))
        }
        self.token = Array(token.utf8)
    }

    func verify() async throws -> Bool {
        try await !keys.verify(token, as: Claims.self).sub.value.isEmpty
    }
}
