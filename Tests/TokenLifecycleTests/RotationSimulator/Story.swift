import TokenCrypto

@testable import TokenLifecycle

/// What happens to a store's keys over some simulated years: data, so it can be shortened and played again.
struct Story: Sendable {
    /// Half of it is how far any clock may be from true time; so no two differ by more.
    var skew: Duration
    var steps: [Step]

    struct Step: Sendable {
        /// Before the event, at least a millisecond.
        var wait: Duration
        var event: Event
    }

    enum Event: Sendable, Equatable {
        case issue(lifetime: Duration)
        /// Waits until the promotion that waits takes over, and this much longer, and issues a token.
        case issueAtTakeover(after: Duration)
        /// Waits until a retiring key may be removed, and this much longer, and cleans up.
        case cleanupAtRemoval(after: Duration)
        /// The daily line: `key rotate --if-older-than …`, then `cleanup`.
        case cron(ifOlderThan: Duration)
        /// Two of them at once: both have decided before either acts.
        case cronTwice(ifOlderThan: Duration)
        case rotate
        case rotateTo(SignatureAlgorithm)
        case emergency
        case fresh
        case back
        case revokeSigner
        case revokeStandby
        case revokeRetiring
        case cleanup
        case removeAll
        case publish
        /// The web server's folder cannot be written from here on, and from there on it can again.
        case breakPublication
        case mendPublication
        case set(policy: String, to: Duration)
        /// The store's clock is stepped to this much from true time, in thousandths of half the skew.
        case stepClock(Int)

        var issues: Bool {
            switch self {
            case .issue, .issueAtTakeover: true
            default: false
            }
        }
    }
}

extension Story {
    /// The story of a seed: the same on every machine.
    init(seed: UInt64) {
        var random = SeededRandom(seed)
        skew = [.seconds(1), .seconds(30), .minutes(1), .minutes(10)].randomElement(using: &random) ?? .minutes(1)
        steps = [
            .init(wait: .ms, event: .set(policy: "jwks.max_age", to: Self.maxAge(&random))),
            .init(wait: .ms, event: .set(policy: "key.rollback", to: Self.rollback(&random))),
        ]
        let period = Self.period(&random)
        for _ in 0..<Int.random(in: 20...70, using: &random) {
            steps.append(.init(wait: Self.wait(&random), event: Self.event(period, &random)))
        }
    }

    /// From an instant to weeks, with much around the times that matter.
    private static func wait(_ random: inout SeededRandom) -> Duration {
        let longest: Int64 =
            switch Int.random(in: 0..<100, using: &random) {
            case ..<30: 2_000
            case ..<45: 60_000
            case ..<60: 15 * 60_000
            case ..<70: 70 * 60_000
            case ..<80: 26 * 3_600_000
            case ..<95: 8 * 86_400_000
            default: 60 * 86_400_000
            }
        return .milliseconds(Int64.random(in: 1...longest, using: &random))
    }

    private static func event(_ period: Duration, _ random: inout SeededRandom) -> Event {
        switch Int.random(in: 0..<100, using: &random) {
        case ..<32: .issue(lifetime: .seconds(Int64.random(in: 1...3600, using: &random)))
        case ..<38: .issueAtTakeover(after: moment(&random))
        case ..<42: .cleanupAtRemoval(after: moment(&random))
        case ..<54: .cron(ifOlderThan: period)
        case ..<58: .cronTwice(ifOlderThan: period)
        case ..<65: .rotate
        case ..<67: .rotateTo([.es256, .edDSA].randomElement(using: &random) ?? .es256)
        case ..<70: .emergency
        case ..<71: .fresh
        case ..<74: .back
        case ..<75: .revokeSigner
        case ..<76: .revokeStandby
        case ..<77: .revokeRetiring
        case ..<83: .cleanup
        case ..<86: .removeAll
        case ..<89: .publish
        case ..<91: .breakPublication
        case ..<94: .mendPublication
        case ..<95: .set(policy: "jwks.max_age", to: maxAge(&random))
        case ..<96: .set(policy: "key.rollback", to: rollback(&random))
        default:
            .stepClock([-1000, 1000, Int.random(in: -1000...1000, using: &random)].randomElement(using: &random) ?? 0)
        }
    }

    private static func moment(_ random: inout SeededRandom) -> Duration {
        .milliseconds(Int64.random(in: 0...2_000, using: &random))
    }

    private static func maxAge(_ random: inout SeededRandom) -> Duration {
        [.zero, .seconds(5), .minutes(10), .hours(1), .days(1)].randomElement(using: &random) ?? .minutes(10)
    }

    private static func rollback(_ random: inout SeededRandom) -> Duration {
        [.zero, .minutes(5), .hours(1), .days(1)].randomElement(using: &random) ?? .hours(1)
    }

    private static func period(_ random: inout SeededRandom) -> Duration {
        [.hours(1), .days(1), .days(30), .days(90)].randomElement(using: &random) ?? .days(30)
    }
}

extension Story: CustomStringConvertible {
    var description: String {
        var at = Duration.zero
        var lines = ["clocks differ by at most \(skew.text)"]
        for step in steps {
            at += step.wait
            lines.append("+\(at.text(milliseconds: true))  \(step.event)")
        }
        return lines.joined(separator: "\n")
    }
}

extension Story.Event: CustomStringConvertible {
    /// As one would say it: a shrunk story is read by somebody.
    var description: String {
        switch self {
        case .issue(let lifetime): "issue a token for \(lifetime.text)"
        case .issueAtTakeover(let more): "wait for the takeover and \(more.text(milliseconds: true)), issue a token"
        case .cleanupAtRemoval(let more):
            "wait until a key may leave and \(more.text(milliseconds: true)), clean up"
        case .cron(let age): "key rotate --if-older-than \(age.text); cleanup"
        case .cronTwice(let age): "key rotate --if-older-than \(age.text), twice at once"
        case .rotate: "key rotate"
        case .rotateTo(let algorithm): "key rotate --alg \(algorithm.rawValue)"
        case .emergency: "key rotate --emergency"
        case .fresh: "key rotate --fresh"
        case .back: "key rotate --back"
        case .revokeSigner: "key revoke the signer --replace"
        case .revokeStandby: "key revoke a standby"
        case .revokeRetiring: "key revoke a retiring key"
        case .cleanup: "cleanup"
        case .removeAll: "key remove every retiring key"
        case .publish: "key publish"
        case .breakPublication: "the web server's folder goes away"
        case .mendPublication: "the web server's folder is back"
        case .set(let policy, let value): "policy set \(policy) \(value.text)"
        case .stepClock(let thousandths): "the store's clock goes to \(thousandths)/1000 of half the skew"
        }
    }
}

extension Duration {
    /// `3d2h 0.125s`: whole seconds as people write them, then what is left.
    fileprivate func text(milliseconds: Bool) -> String {
        let rest = self.milliseconds % 1000
        let whole = Duration.milliseconds(self.milliseconds - rest).text
        return rest == 0 ? whole : "\(whole) \(rest)ms"
    }
}
