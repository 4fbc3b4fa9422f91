/// The cookie that carries a session token.
///
/// The prefix `__Host-` makes browsers insist on `Secure`, `Path=/` and no `Domain`, so that no neighbouring host can
/// plant one (RFC 6265bis §4.1.3.2). `HttpOnly` keeps it from scripts, `SameSite=Lax` from other sites' forms.
public enum SessionCookie {
    /// What the cookie is called.
    public static let name = "__Host-session"

    /// The value of a `Set-Cookie` header that gives the browser a session token. `lifetime` is cut to whole seconds.
    public static func setting(_ sessionToken: String, for lifetime: Duration) -> String {
        header(sessionToken, maxAge: max(0, lifetime.components.seconds))
    }

    /// The value of a `Set-Cookie` header that takes the cookie away.
    public static var clearing: String { header("", maxAge: 0) }

    /// The session token in the value of a `Cookie` header (RFC 6265 §4.2.1). Nil where there is none, and where there
    /// are several: with the prefix no honest browser sends two.
    public static func token(inHeader header: String) -> String? {
        let values = header.split(separator: ";").compactMap { pair -> Substring? in
            let pair = pair.drop { $0 == " " || $0 == "\t" }
            guard pair.hasPrefix("\(name)=") else { return nil }
            return pair.dropFirst(name.count + 1)
        }
        guard values.count == 1, let value = values.first, !value.isEmpty else { return nil }
        return String(value)
    }

    private static func header(_ value: String, maxAge: Int64) -> String {
        "\(name)=\(value); Path=/; HttpOnly; Secure; SameSite=Lax; Max-Age=\(maxAge)"
    }
}

extension Session {
    /// The `Set-Cookie` value for this session, for as long as it can live at all: the idle timeout is the store's to judge.
    package func cookie(_ sessionToken: String, at now: Instant) -> String {
        SessionCookie.setting(sessionToken, for: absoluteExpiry - now)
    }
}
