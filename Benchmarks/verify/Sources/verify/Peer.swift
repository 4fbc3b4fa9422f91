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

    /// `keySet` is a JWKS file, or for HS256 the secret.
    init(_ algorithm: String, keySet file: String) async throws {
        let bytes = try Data(contentsOf: URL(fileURLWithPath: file))
        if algorithm == "HS256" {
            await keys.add(hmac: HMACKey(from: bytes), digestAlgorithm: .sha256)
        } else {
            try await keys.add(jwks: JSONDecoder().decode(JWKS.self, from: bytes))
        }
    }

    /// The time for each token. Its keys are an actor: what it costs to get there is part of it.
    @concurrent func time(for tokens: [[UInt8]]) async throws -> Duration {
        let start = ContinuousClock.now
        for token in tokens { _ = try await keys.verify(token, as: Claims.self) }
        return (ContinuousClock.now - start) / tokens.count
    }
}
