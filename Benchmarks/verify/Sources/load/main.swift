import Foundation
import TokenLifecycle

// load KEYSET SNAPSHOT THUMBPRINT
//
// Opens a verifier on an exported denylist, and prints how long that took and what the process has grown by, a `name=value` a line.

func residentBytes() -> Int {
    let pages = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8))?.split(separator: " ")
    return (pages.flatMap { $0.count > 1 ? Int($0[1]) : nil } ?? 0) * 4096
}

let words = CommandLine.arguments
guard words.count == 4 else {
    print("usage: load KEYSET SNAPSHOT THUMBPRINT")
    exit(64)
}
let before = residentBytes()
let began = ContinuousClock.now
let verifier = try await Verifier.open(
    keySet: words[1], denylist: words[2], trusting: words[3], issuer: "https://tokenctl.example", audience: "api")
let loading = ContinuousClock.now - began
print("load_ms=\(Int(loading / .milliseconds(1)))")
print("rules=\(verifier.ruleCount)")
print("grown=\(residentBytes() - before)")
await verifier.close()
