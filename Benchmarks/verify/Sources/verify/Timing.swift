/// Times some calls in turn, a round each, so that a busy moment of the machine falls on all of them.
struct Timing {
    private(set) var rounds: [String: [Double]] = [:]

    /// Adds a round of `count` calls. Not `async`: going from one executor to another costs more than some verifications.
    mutating func add(_ name: String, _ count: Int, _ body: () -> Bool) {
        let start = ContinuousClock.now
        for _ in 0..<count {
            guard body() else { fatalError("\(name): a token that should verify does not") }
        }
        add(name, (ContinuousClock.now - start) / count)
    }

    mutating func add(_ name: String, _ time: Duration) {
        rounds[name, default: []].append(time / .nanoseconds(1))
    }

    /// The median of the rounds, nanoseconds a call.
    func median(_ name: String) -> Double {
        Self.median(rounds[name] ?? [])
    }

    /// The median of what one took in times of the other in the same round.
    func ratio(_ name: String, to other: String) -> Double {
        Self.median(zip(rounds[name] ?? [], rounds[other] ?? []).map { $0 / $1 })
    }

    private static func median(_ values: [Double]) -> Double {
        values.isEmpty ? .nan : values.sorted()[values.count / 2]
    }
}

/// Goes round and round in what does not fit the nearest caches, as the tokens of many users do not.
struct Cycle<Element> {
    private let elements: [Element]
    private var next = 0

    init(_ elements: [Element]) {
        self.elements = elements
    }

    mutating func callAsFunction() -> Element {
        defer { next = next + 1 == elements.count ? 0 : next + 1 }
        return elements[next]
    }
}
