/// What a policy may hold: every one has a documented range, so a value that makes no sense is refused when set.
package struct PolicyDefinition: Sendable {
    package enum Form: Sendable {
        /// A duration within a closed range.
        case duration(ClosedRange<Duration>)
        /// A duration within a closed range, or `none`.
        case optionalDuration(ClosedRange<Duration>)
        /// A whole number within a closed range.
        case count(ClosedRange<Int>)
        /// A whole number within a closed range, or `none`.
        case optionalCount(ClosedRange<Int>)
        /// One of these words.
        case choice([String])
        /// A name or URL.
        case text
        /// An absolute path, or `none`.
        case path
    }

    package var name: String
    package var form: Form
    package var standard: String
    package var summary: String

    /// No access token was ever issued for longer, whatever the policies were.
    static let longestAccessTTL = day
    static let longestKeySetAge = day * 7
    static let longestClockSkew = minute * 10

    /// Every policy there is, in the order it is listed.
    package static let all: [PolicyDefinition] = [
        .init("access.ttl", .duration(.seconds(10)...longestAccessTTL), "15m", "lifetime of an access token"),
        .init(
            "access.ttl.max", .duration(.seconds(10)...longestAccessTTL), "1h", "longest lifetime that may be asked for"
        ),
        .init("refresh.ttl", .duration(minute...year), "30d", "longest life of a login with tokens"),
        .init(
            "refresh.idle", .duration(minute...year), "7d", "a login with tokens ends when not refreshed for so long"),
        .init("refresh.grace", .duration(.zero...minute), "10s", "a lost response may be asked for again within"),
        .init("refresh.replay", .choice(["session", "family"]), "session", "what a replayed refresh token ends"),
        .init("session.idle", .duration(minute...year), "1h", "a session without tokens ends when unseen for so long"),
        .init("session.absolute", .duration(minute...year), "1d", "longest life of a session without tokens"),
        .init("session.limit", .optionalCount(1...10_000), "none", "live sessions a user may have"),
        .init(
            "session.limit.action", .choice(["end-oldest", "refuse"]), "end-oldest", "what a login beyond it does"),
        .init("jwks.max_age", .duration(.zero...longestKeySetAge), "10m", "how long verifiers may cache the key set"),
        .init("jwks.file", .path, "none", "where the key set is published"),
        .init("denylist.max_age", .duration(minute...day * 7), "10m", "how long an exported denylist may be relied on"),
        .init("clock.skew", .duration(.zero...longestClockSkew), "1m", "how far clocks may differ"),
        .init("key.rotation", .duration(minute * 10...year * 2), "90d", "how old a signing key should get"),
        .init("key.rollback", .duration(.zero...day * 7), "1h", "how long a replaced key can be brought back"),
        .init("retention.ended", .duration(.zero...year * 10), "30d", "how long ended and expired logins are kept"),
        .init("retention.audit", .optionalDuration(day...year * 50), "none", "how long audit events are kept"),
        .init("act.max_affected", .count(1...1_000_000_000), "1000", "an act that ends more must say so"),
        .init("token.issuer", .text, "https://tokenctl.example", "iss of the access tokens"),
        .init("token.audience", .text, "api", "aud of the access tokens"),
        .init("token.default_client", .text, "default", "client of a login that names none"),
    ]

    private init(_ name: String, _ form: Form, _ standard: String, _ summary: String) {
        self.name = name
        self.form = form
        self.standard = standard
        self.summary = summary
    }

    private static let minute = Duration.seconds(60)
    private static let day = Duration.seconds(86_400)
    private static let year = Duration.seconds(365 * 86_400)

    /// What may be set, in words: `10s to 1d`, `session or family`.
    package var range: String {
        switch form {
        case .duration(let range): "\(range.lowerBound.text) to \(range.upperBound.text)"
        case .optionalDuration(let range): "\(range.lowerBound.text) to \(range.upperBound.text), or none"
        case .count(let range): "\(range.lowerBound) to \(range.upperBound)"
        case .optionalCount(let range): "\(range.lowerBound) to \(range.upperBound), or none"
        case .choice(let words): words.joined(separator: " or ")
        case .text: "text"
        case .path: "an absolute path, or none"
        }
    }

    /// The value as it is stored, or why it is refused.
    func canonical(_ value: String) throws(Failure) -> String {
        let refusal = Failure(.malformed, "\(name) cannot be \"\(value)\"", hint: "it takes \(range)", target: name)
        switch form {
        case .optionalDuration where value == "none", .optionalCount where value == "none", .path where value == "none":
            return value
        case .duration(let range), .optionalDuration(let range):
            guard let duration = try? Duration(text: value), range.contains(duration) else { throw refusal }
            return duration.text
        case .count(let range), .optionalCount(let range):
            guard let count = Int(value), range.contains(count) else { throw refusal }
            return String(count)
        case .choice(let words):
            guard words.contains(value) else { throw refusal }
            return value
        case .text:
            try Names.check(value, name)
            return value
        case .path:
            guard value.hasPrefix("/"), value.utf8.count <= 4096, !value.utf8.contains(0) else { throw refusal }
            return value
        }
    }
}
