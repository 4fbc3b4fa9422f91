import Dispatch
import Foundation
import Synchronization
import TokenLifecycle

/// An application that logs people in and refreshes their tokens through the library, and measures how long each commit took:
///
///     writer DATABASE MASTER-KEY SECONDS
///
/// It ends after so long, or at TERM, with one JSON object: commits, milliseconds p50, p99 and max, how many were refused as busy.
@main struct Writer {
    static func main() async {
        let words = CommandLine.arguments
        guard words.count == 4, let seconds = Double(words[3]) else {
            FileHandle.standardError.write(Data("usage: writer DATABASE MASTER-KEY SECONDS\n".utf8))
            exit(64)
        }
        do {
            var application = try await Application(TokenStore.open(at: words[1], masterKeyFile: words[2]))
            try await application.run(until: .now + .seconds(seconds))
        } catch {
            FileHandle.standardError.write(Data("writer: \(error)\n".utf8))
            exit(1)
        }
    }
}

/// One login, then a few refreshes of it, then the next: what an application commits all day.
struct Application {
    private let store: TokenStore
    private var milliseconds: [Double] = []
    private var busy = 0

    init(_ store: TokenStore) {
        self.store = store
    }

    mutating func run(until end: ContinuousClock.Instant) async throws {
        let over = Flag()
        signal(SIGTERM, SIG_IGN)
        let stop = DispatchSource.makeSignalSource(signal: SIGTERM)
        stop.setEventHandler { over.set() }
        stop.resume()
        var number = 0
        while ContinuousClock.now < end, !over.isSet {
            number += 1
            var request = LoginRequest(user: "writer\(number % 500)@example.org", client: "web")
            request.withTokens = true
            request.address = "203.0.113.\(number % 250 + 1)"
            request.device = "Pixel \(number % 40)"
            request.userAgent = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"
            let asked = request
            let store = store
            guard var token = try await measured({ try await store.logIn(asked).tokens?.refreshToken }) ?? nil else {
                continue
            }
            for _ in 0..<4 where !over.isSet {
                try await Task.sleep(for: .milliseconds(Int.random(in: 1...8)))
                let spent = token
                let answer = try await measured { try await store.refresh(spent, client: "web") }
                if case .refreshed(let pair) = answer { token = pair.refreshToken }
            }
        }
        try await store.close()
        report()
    }

    /// One commit, timed; nil where it was refused as busy.
    private mutating func measured<Value>(_ body: () async throws -> Value) async throws -> Value? {
        let start = ContinuousClock.now
        do {
            let value = try await body()
            milliseconds.append((ContinuousClock.now - start) / .milliseconds(1))
            return value
        } catch let failure as Failure where failure.kind == .busy {
            busy += 1
            return nil
        }
    }

    private func report() {
        let sorted = milliseconds.sorted()
        func quantile(_ share: Double) -> String {
            guard !sorted.isEmpty else { return "null" }
            let value = sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))]
            return String(Double(Int(value * 10)) / 10)
        }
        print(
            #"{"commits": \#(sorted.count), "p50": \#(quantile(0.5)), "p99": \#(quantile(0.99)), "#
                + #""max": \#(quantile(1)), "busy": \#(busy)}"#)
    }
}

/// Set by the signal, read by the loop.
final class Flag: Sendable {
    private let value = Atomic(false)
    var isSet: Bool { value.load(ordering: .relaxed) }
    func set() { value.store(true, ordering: .relaxed) }
}
