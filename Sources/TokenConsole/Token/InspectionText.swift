internal import TokenJOSE
internal import TokenLifecycle

/// What was found out about a token, for a person: what it is, what it says, and the checks in their order.
struct InspectionText {
    let lines: [String]

    init(_ inspection: Inspection, _ now: Instant, _ style: TimeStyle) {
        let verification = inspection.verification
        var lines = [inspection.what + (verification.verdict == .active ? ": accepted" : ": not accepted")]
        if let header = verification.header {
            lines += ["", "header"] + Self.members(header, now)
        }
        if let payload = verification.payload {
            let mark = verification.isSigned ? "" : ", UNVERIFIED: anyone can write these"
            lines += ["", "claims" + mark] + Self.members(payload, now)
        }
        if let session = inspection.session {
            lines += ["", "session \(session.id) of \(session.user) at \(session.client)"]
        }
        lines += ["", "checks"]
        lines += verification.checks.map { check in
            let detail = check.cause?.sentence { Self.told($0, now, style) } ?? check.detail
            return switch check.answer {
            case .yes: "  yes  \(check.name): \(detail)"
            case .no(let reason): "  NO   \(check.name): \(reason.rawValue): \(detail)"
            case .skipped: "  -    \(check.name): \(detail)"
            }
        }
        self.lines = lines
    }

    /// A member a line, its times beside their seconds.
    private static func members(_ object: JSON, _ now: Instant) -> [String] {
        let members = object.members ?? []
        let width = min(members.map(\.name.count).max() ?? 0, 16)
        return members.map { member in
            let text = member.value.stringValue ?? member.value.text
            let time = explained(member, now).map { "  \($0)" } ?? ""
            return "  \(member.name.padded(width))  \(text)\(time)"
        }
    }

    /// What a NumericDate means (RFC 7519 §4.1, OpenID Connect Core §2), as of now.
    private static func explained(_ member: JSON.Member, _ now: Instant) -> String? {
        guard let seconds = member.value.integerValue, JWTClaims.allowedTimes.contains(seconds) else { return nil }
        let at = Instant(seconds: seconds)
        let word: String? =
            switch member.name {
            case "iat": "issued"
            case "exp": at <= now ? "expired" : "expires"
            case "nbf": "not before"
            case "auth_time": "logged in"
            default: nil
            }
        return word.map { "\($0) \(at.rfc3339Seconds), \(TimeStyle.relative.text(at, now: now))" }
    }

    private static func told(_ instant: Instant, _ now: Instant, _ style: TimeStyle) -> String {
        switch style {
        case .relative: style.text(instant, now: now)
        case .iso, .unix: "at " + style.text(instant, now: now)
        }
    }
}
