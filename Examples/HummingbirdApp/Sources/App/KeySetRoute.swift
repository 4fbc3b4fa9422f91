import Hummingbird
import TokenLifecycle

/// `/.well-known/jwks.json`: the public keys with which others verify our access tokens (RFC 7517 §5).
///
/// Serving a key is publishing it: the store records what was shown when, and a rotation promotes a key only after
/// every verifier has had time to fetch it.
struct KeySetRoute {
    let store: TokenStore

    func add(to router: Router<AppContext>) {
        router.get("/.well-known/jwks.json") { _, _ in
            let (json, maxAge) = try await store.keySet()
            return Response(
                status: .ok,
                headers: [
                    .contentType: "application/jwk-set+json",
                    .cacheControl: "public, max-age=\(maxAge.components.seconds)",
                ], body: .init(byteBuffer: ByteBuffer(bytes: json)))
        }
    }
}
