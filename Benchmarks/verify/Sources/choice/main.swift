import Foundation
import TokenLifecycle

// choice DATABASE MASTER-KEY LOGINS
//
// Sessions or JWTs, in figures of one process on one store: what a request costs either way, and what it carries. Prints
// `name=value` lines: microseconds of the clock and of the processor for each check, and bytes of the header.

struct Cost {
    var clock: Double
    var processor: Double

    /// The median of some rounds over all tokens, microseconds a check.
    static func of(_ tokens: [String], _ check: (String) async throws -> Bool) async rethrows -> Cost {
        var rounds: [Cost] = []
        for _ in 0..<9 {
            let (clock, processor) = (ContinuousClock.now, processorSeconds())
            for token in tokens {
                guard try await check(token) else { fatalError("a login that is alive is not accepted") }
            }
            let count = Double(tokens.count)
            rounds.append(
                Cost(
                    clock: (ContinuousClock.now - clock) / .microseconds(1) / count,
                    processor: (processorSeconds() - processor) * 1e6 / count))
        }
        return rounds.sorted { $0.clock < $1.clock }[rounds.count / 2]
    }

    private static func processorSeconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    func show(_ name: String) {
        print(String(format: "%@=%.1f %.1f", name, clock, processor))
    }
}

let words = CommandLine.arguments
guard words.count == 4, let number = Int(words[3]) else {
    print("usage: choice DATABASE MASTER-KEY LOGINS")
    exit(64)
}
let store = try await TokenStore.open(at: words[1], masterKeyFile: words[2])
var cookies: [String] = []
var accessTokens: [String] = []
for index in 0..<number {
    var request = LoginRequest(user: "bench-\(index)", client: "web")
    request.withTokens = true
    let login = try await store.logIn(request)
    cookies.append(login.sessionToken)
    accessTokens.append(login.tokens?.accessToken ?? "")
}
let verifier = try await Verifier.open(at: words[1])
await Cost.of(accessTokens) { verifier.verify($0).claims != nil }.show("jwt")
await Cost.of(accessTokens) { await verifier.verify($0, askingForSession: true).claims != nil }.show("jwt_online")
try await Cost.of(cookies) { try await store.checkSession($0, touching: false).session != nil }.show("session")
print("jwt_bytes=\("Authorization: Bearer \(accessTokens[0])\r\n".utf8.count)")
print("session_bytes=\("Cookie: \(SessionCookie.name)=\(cookies[0])\r\n".utf8.count)")
await verifier.close()
try await store.close()
