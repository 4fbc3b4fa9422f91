internal import Synchronization

/// The clock of a made-up past: it stands still until it is moved, and a wait moves it.
final class DemoClock: Sendable {
    private let time: Mutex<Instant>

    init(_ start: Instant) {
        time = Mutex(start)
    }

    var clock: Clock {
        Clock(now: { self.time.withLock { $0 } }, sleep: { wait in self.time.withLock { $0 = $0 + wait } })
    }

    /// Never back.
    func move(to instant: Instant) {
        time.withLock { $0 = max($0, instant) }
    }
}

/// SplitMix64: the same demo from the same seed on every machine, which the system's generator could not promise.
struct DemoRandom: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        return z ^ z >> 31
    }

    /// One of `choices`; the fallback is for an empty list, which the demo does not have.
    mutating func pick<T>(_ choices: [T], else fallback: T) -> T { choices.randomElement(using: &self) ?? fallback }
}
