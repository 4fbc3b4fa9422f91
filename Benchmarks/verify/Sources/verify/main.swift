import Foundation
import TokenLifecycle

// verify ALGORITHM DATABASE MASTER-KEY KEY KEYSET TOKEN-FILE ROUNDS
//
// Times, in turns so that a busy moment falls on all: raw OpenSSL, our verifier, jwt-kit. Prints the median of ROUNDS rounds,
// nanoseconds for each token, one `name=value` a line, and what the deny rules take in memory.

func residentBytes() -> Int {
    let pages = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8))?.split(separator: " ")
    return (pages.flatMap { $0.count > 1 ? Int($0[1]) : nil } ?? 0) * 4096
}

func nanoseconds(_ count: Int, _ body: () async throws -> Bool) async rethrows -> Double {
    let start = ContinuousClock.now
    for _ in 0..<count {
        guard try await body() else { fatalError("a token that should verify does not") }
    }
    return Double((ContinuousClock.now - start) / .nanoseconds(1)) / Double(count)
}

let words = CommandLine.arguments
guard words.count == 8, let rounds = Int(words[7]) else {
    print("usage: verify ALGORITHM DATABASE MASTER-KEY KEY KEYSET TOKEN-FILE ROUNDS")
    exit(64)
}
let algorithm = words[1]
let token = try String(contentsOfFile: words[6], encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)

var options = Verifier.Options()
options.masterKeyFile = words[3]
let before = residentBytes()
let began = ContinuousClock.now
let verifier = try await Verifier.open(at: words[2], options: options)
let loading = ContinuousClock.now - began
let grown = residentBytes() - before

let raw = try RawOpenSSL(algorithm, key: words[4], token: token)
let peer = try await Peer(algorithm, keySet: words[5], token: token)
let bytes = Array(token.utf8)

// Each round takes some 10 ms of each.
let count = max(50, Int(10_000_000 / (await nanoseconds(50) { raw.verify() })))
var times: [String: [Double]] = [:]
for _ in 0..<rounds {
    times["openssl", default: []].append(await nanoseconds(count) { raw.verify() })
    times["tokenctl", default: []].append(await nanoseconds(count) { verifier.verify(bytes).claims != nil })
    times["jwtkit", default: []].append(try await nanoseconds(max(10, count / 4)) { try await peer.verify() })
}
for (name, values) in times.sorted(by: { $0.key < $1.key }) {
    print("\(name)=\(Int(values.sorted()[values.count / 2]))")
}
print("rules=\(verifier.ruleCount)")
print("load_ms=\(Int(loading / .milliseconds(1)))")
if verifier.ruleCount > 0 { print("rule_bytes=\(grown / verifier.ruleCount)") }
await verifier.close()
