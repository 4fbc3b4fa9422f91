@testable import TokenLifecycle

/// A token as it was issued, in true time.
struct IssuedToken {
    var number: Int
    var text: String
    var kid: String
    var issuedAt: Instant
    /// By the clock of the store.
    var expiry: Instant
    var revokedAt: Instant?
}

/// The key set as it lay at the web server from one instant to the next change, in true time.
struct PublishedVersion {
    var from: Instant
    var until: Instant = .latest
    var kids: Set<String>
    var bytes: [UInt8]
    /// Until when any verifier that fetched it may hold it.
    var heldUntil: Instant = .latest
}

/// Every verifier there could be: any age of cache up to `max_age`, any clock within the skew, any instant of presenting a
/// token. Instead of drawing some, the intervals in which one would reject are computed.
struct EveryVerifier {
    var skew: Duration
    var versions: [PublishedVersion]
    /// Keys that were made to sign before every verifier knew them, said aloud, and until when that may show, in true time.
    var early: [String: Instant]
    /// Since when a key signs by the store's clock; only for the fault that lets verifiers judge that by their own.
    var activation: [String: Instant]?

    struct Rejection: CustomStringConvertible {
        var token: IssuedToken
        var version: PublishedVersion?
        var at: Instant

        var description: String {
            let held = version.map { "the key set of \($0.from.rfc3339)" } ?? "a slow clock"
            return
                "token \(token.number) of \(token.kid), issued \(token.issuedAt.rfc3339) until \(token.expiry.rfc3339), "
                + "is rejected at \(at.rfc3339) by a verifier with \(held)"
        }
    }

    /// The first instant at which some verifier would reject the token while it is good; nil where none ever does.
    func rejection(of token: IssuedToken) -> Rejection? {
        // The slowest clock takes it the longest.
        let end = min(token.expiry + skew / 2, token.revokedAt ?? .latest)
        if let activation = activation?[token.kid], activation + skew / 2 > token.issuedAt {
            return Rejection(token: token, version: nil, at: token.issuedAt)
        }
        for version in versions where !version.kids.contains(token.kid) {
            // One that was fetched in no time at all was fetched by nobody.
            guard version.until > version.from else { continue }
            let from = max(version.from, token.issuedAt)
            let until = min(version.heldUntil, end)
            guard from < until else { continue }
            if let excused = early[token.kid], until <= excused { continue }
            return Rejection(token: token, version: version, at: from)
        }
        return nil
    }
}
