import Foundation
import TokenLifecycle

// verify ALGORITHM DATABASE WITHOUT-RULES MASTER-KEY KEY KEYSET TOKENS ROUNDS
//
// Times raw OpenSSL, our verifier, the same on a copy of the database without deny rules, and jwt-kit on the tokens of a file, a
// line each. Prints the median of ROUNDS rounds, nanoseconds for each token, one `name=value` a line, and what the rules take in
// memory.

func residentBytes() -> Int {
    let pages = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8))?.split(separator: " ")
    return (pages.flatMap { $0.count > 1 ? Int($0[1]) : nil } ?? 0) * 4096
}

let words = CommandLine.arguments
guard words.count == 9, let rounds = Int(words[8]) else {
    print("usage: verify ALGORITHM DATABASE WITHOUT-RULES MASTER-KEY KEY KEYSET TOKENS ROUNDS")
    exit(64)
}
let algorithm = words[1]
let tokens = try String(contentsOfFile: words[7], encoding: .utf8).split(separator: "\n").map { Array($0.utf8) }

var options = Verifier.Options()
options.masterKeyFile = words[4]
let before = residentBytes()
let began = ContinuousClock.now
let verifier = try await Verifier.open(at: words[2], options: options)
let loading = ContinuousClock.now - began
let grown = residentBytes() - before
let bare = try await Verifier.open(at: words[3], options: options)

let raw = try RawOpenSSL(algorithm, key: words[5])
let peer = try await Peer(algorithm, keySet: words[6])
var tokenForOurs = Cycle(tokens)
var tokenForBare = Cycle(tokens)
var tokenForPeer = Cycle(tokens)
var signed = Cycle(tokens.map { raw.prepared($0) })

// Each round takes some 10 ms of each.
var timing = Timing()
timing.add("trial", 200) { raw.verify(signed()) }
let count = max(50, Int(10_000_000 / timing.median("trial")))
for _ in 0..<rounds {
    timing.add("openssl", count) { raw.verify(signed()) }
    timing.add("tokenctl", count) { verifier.verify(tokenForOurs()).claims != nil }
    timing.add("bare", count) { bare.verify(tokenForBare()).claims != nil }
    let some = (0..<max(10, count / 4)).map { _ in tokenForPeer() }
    timing.add("jwtkit", try await peer.time(for: some))
}
for name in ["openssl", "tokenctl", "jwtkit"] { print("\(name)=\(Int(timing.median(name)))") }
print("ratio=\(Int(timing.ratio("tokenctl", to: "openssl") * 1000))")
print("rules_ratio=\(Int(timing.ratio("tokenctl", to: "bare") * 1000))")
print("rules=\(verifier.ruleCount)")
print("load_ms=\(Int(loading / .milliseconds(1)))")
if verifier.ruleCount > 0 { print("rule_bytes=\(grown / verifier.ruleCount)") }
await verifier.close()
await bare.close()
