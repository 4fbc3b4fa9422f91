/// An application of the demo, and what its logins look like.
struct DemoClient {
    var id: String
    /// Whether its logins carry tokens or a cookie alone.
    var usesTokens: Bool
    var machines: [DemoMachine]
    var scopes: [String]

    var devices: [String] { machines.compactMap(\.device) }

    /// What the device calls itself; one of several takes its pick by `variant`.
    func agent(on device: String?, variant: UInt64) -> String? {
        guard let agents = machines.first(where: { $0.device == device })?.agents, !agents.isEmpty else { return nil }
        return agents[Int(variant % UInt64(agents.count))]
    }

    static let web = DemoClient(
        id: "web", usesTokens: false,
        machines: [
            .init("ThinkPad T14", linux), .init("MacBook Air", mac), .init("Dell Latitude 7440", windows),
            .init("Framework 13", linux),
        ], scopes: [])

    static let ios = DemoClient(
        id: "ios", usesTokens: true,
        machines: [
            .init("iPhone 15", "Orchard/7.3.1 (iPhone; iOS 18.4)"),
            .init("iPhone SE", "Orchard/7.2.0 (iPhone; iOS 18.3)"),
            .init("iPad Air", "Orchard/7.2.0 (iPad; iPadOS 18.3)"),
        ], scopes: ["profile", "orders:read", "orders:write"])

    static let android = DemoClient(
        id: "android", usesTokens: true,
        machines: [
            .init("Pixel 9", "Orchard/7.3.0 (Android 15; Pixel 9)"),
            .init("Galaxy S23", "Orchard/7.1.2 (Android 14; SM-S918B)"),
            .init("Fairphone 5", "Orchard/7.3.0 (Android 13; FP5)"),
        ], scopes: ["profile", "orders:read", "orders:write"])

    static let desktop = DemoClient(
        id: "desktop", usesTokens: true,
        machines: [
            .init("ThinkPad T14", "OrchardDesktop/3.9 (Linux)"),
            .init("Dell Latitude 7440", "OrchardDesktop/3.9 (Windows 11)"),
            .init("Workshop PC", "OrchardDesktop/3.9 (Linux)", "OrchardDesktop/3.8 (Linux)"),
        ], scopes: ["profile", "reports"])

    static let kiosk = DemoClient(
        id: "kiosk", usesTokens: true,
        machines: ["Kiosk lobby", "Kiosk warehouse"].map { .init($0, "OrchardKiosk/1.4 (Raspberry Pi OS)") },
        scopes: ["orders:read"])

    static let batch = DemoClient(
        id: "batch", usesTokens: true, machines: [.init(nil, "orchard-batch/2.0 python-requests/2.32.3")],
        scopes: ["reports", "export"])

    /// What people choose between, the usual first.
    static let forPeople = [web, web, ios, android, desktop]

    private static let linux = "Mozilla/5.0 (X11; Linux x86_64; rv:138.0) Gecko/20100101 Firefox/138.0"
    private static let windows =
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/136.0.0.0 Safari/537.36"
    private static let mac =
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.4 Safari/605.1.15"
}

/// A device, and what the software on it calls itself: a MacBook does not say it is Linux.
struct DemoMachine {
    var device: String?
    var agents: [String]

    init(_ device: String?, _ agents: String...) {
        self.device = device
        self.agents = agents
    }
}

/// Who logs in. Names of nobody in particular.
enum DemoCast {
    static let people = [
        "alice", "amara", "bruno", "chiara", "chloe", "dmitri", "edith", "emeka", "farid", "freya", "giulia", "hana",
        "hugo", "ines", "ivan", "jamal", "jiho", "katya", "lars", "leila", "mateo", "mei", "nadia", "nils", "noor",
        "oskar", "paloma", "pavel", "quentin", "rosa", "samir", "sofia", "tariq", "tomas", "ulrike", "wanjiru", "yusuf",
        "zoe",
    ]
    static let services = ["svc-billing", "svc-reports"]

    /// Where a user usually is: the office, a home, or on the road; documentation and private ranges only (RFC 5737,
    /// RFC 3849, RFC 1918).
    static func addresses(ofUser number: Int) -> [String] {
        [
            "10.20.\(number % 4).\(20 + number)", "192.0.2.\(10 + number)", "198.51.100.\(30 + number * 3)",
            "2001:db8:\(String(0x40 + number, radix: 16))::\(String(0x10 + number * 7, radix: 16))",
        ]
    }

    /// Where what should not have happened comes from.
    static let strangers = ["203.0.113.66", "203.0.113.140", "2001:db8:dead::1f"]
}
