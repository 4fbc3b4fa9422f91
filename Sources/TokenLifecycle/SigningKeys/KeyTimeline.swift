internal import TokenCrypto

/// `key timeline`: what every key did, does, and will do if nothing else happens.
package struct KeyTimeline: Sendable {
    package enum Phase: String, Sendable {
        /// In the key set, not signing.
        case standby
        /// Signing.
        case active
        /// In the key set for the tokens it signed.
        case retiring
    }

    package struct Span: Sendable, Equatable {
        package var phase: Phase
        package var from: Instant
        /// Nil: no end is planned.
        package var until: Instant?
        /// Whether it begins after now.
        package var isPlanned: Bool
    }

    package struct Lane: Sendable {
        package var key: SigningKey
        package var state: KeyState
        /// In order, none overlapping.
        package var spans: [Span]
        /// When the private half may be gone by; nil where it is, or has no end.
        package var privateHalfUntil: Instant?
    }

    package var from: Instant
    package var now: Instant
    package var until: Instant
    package var lanes: [Lane]
}

extension StoreReading {
    /// The lanes of all keys that were in the key set at any time from `since` before now to `ahead` after it.
    package func keyTimeline(since: Duration, ahead: Duration) throws -> KeyTimeline {
        let schedule = try signingSchedule(withGoneKeys: true)
        let course = try SigningCourse(schedule, now: now, rotation: policies.keyRotation)
        let (from, until) = (max(.earliest, now - since), now + ahead)
        let lanes = try schedule.keys.map { key in
            try KeyTimeline.Lane(
                key: key, state: schedule.state(of: key, at: now),
                spans: spans(of: key, course, schedule), privateHalfUntil: privateHalfUntil(key, schedule))
        }
        return KeyTimeline(
            from: from, now: now, until: until,
            lanes: lanes.filter { lane in
                lane.spans.contains { $0.from < until && ($0.until ?? .latest) > from }
            })
    }

    private func privateHalfUntil(_ key: SigningKey, _ schedule: SigningSchedule) throws -> Instant? {
        guard key.isOurs, key.hasPrivateHalf, !key.algorithm.isSymmetric else { return nil }
        return try schedule.canReturnUntil(key, at: now, rollback: policies.keyRollback)
    }

    private func spans(
        of key: SigningKey, _ course: SigningCourse, _ schedule: SigningSchedule
    ) throws -> [KeyTimeline.Span] {
        let end = try endInKeySet(key, course, schedule)
        var spans: [KeyTimeline.Span] = []
        var reached = key.createdAt
        func add(_ phase: KeyTimeline.Phase, _ from: Instant, _ until: Instant?) {
            let until = [until, end].compactMap { $0 }.min()
            guard until.map({ $0 > from }) ?? true else { return }
            spans.append(.init(phase: phase, from: from, until: until, isPlanned: from > now))
        }
        let turns = course.turns.filter { $0.kid == key.kid }
        for (index, turn) in turns.enumerated() {
            let retired = index > 0 && !schedule.wasTakenBack(key, at: reached)
            if turn.from > reached { add(retired ? .retiring : .standby, reached, turn.from) }
            add(.active, turn.from, turn.until)
            reached = turn.until ?? .latest
        }
        if reached < .latest { add(turns.isEmpty ? idle(key, schedule) : after(turns, key, schedule), reached, nil) }
        return spans
    }

    /// What a key is while it does not sign.
    private func idle(_ key: SigningKey, _ schedule: SigningSchedule) -> KeyTimeline.Phase {
        key.isOurs && (key.hasPrivateHalf || key.overwrittenAt != nil) && !schedule.isDistrusted(key)
            ? .standby : .retiring
    }

    /// After its last turn a key retires, unless it was brought back to stand by.
    private func after(
        _ turns: [SigningCourse.Turn], _ key: SigningKey, _ schedule: SigningSchedule
    ) -> KeyTimeline.Phase {
        let hasEnded = turns.last?.until.map { $0 <= now } ?? false
        return hasEnded && schedule.state(of: key, at: now) == .standby ? .standby : .retiring
    }

    /// When a key left the key set, or will: revoked, removed, or retired with its last token.
    private func endInKeySet(_ key: SigningKey, _ course: SigningCourse, _ schedule: SigningSchedule) throws -> Instant?
    {
        if let gone = key.revokedAt ?? key.removedAt { return gone }
        switch schedule.state(of: key, at: now) {
        case .retiring: return try max(now, removableAfter(key, schedule))
        case .active, .standby:
            // Signed until its turn ends, its last token lives on for as long as any may.
            let last = course.turns.last { $0.kid == key.kid }?.until
            return try last.flatMap {
                $0 > now ? try max($0 + policies.accessTTL + policies.clockSkew, $0 + policies.keyRollback) : nil
            }
        case .removed, .revoked: return nil
        }
    }
}

/// Who signed, signs and is planned to sign, one after the other.
struct SigningCourse {
    struct Turn: Equatable {
        var kid: String
        var from: Instant
        /// Nil: until further notice.
        var until: Instant?
    }

    private(set) var turns: [Turn] = []

    /// The past as the schedule tells it, then the promotion that waits, and then one more when `rotation` is over.
    init(_ schedule: SigningSchedule, now: Instant, rotation: Duration) {
        for instant in schedule.changes where instant <= now {
            take(schedule.signer(at: instant)?.key.kid, at: instant)
        }
        if let pending = schedule.pending(at: now), let takesOver = pending.takesOver {
            take(pending.key.kid, at: takesOver)
        }
        guard let last = turns.last, last.until == nil,
            let next = schedule.standbys(at: now).first(where: { $0.kid != last.kid })
        else { return }
        let due = last.from + rotation
        take(next.kid, at: max(due, now + .milliseconds(1), next.knownAt ?? now))
    }

    private mutating func take(_ kid: String?, at instant: Instant) {
        let signing = turns.last.flatMap { $0.until == nil ? $0.kid : nil }
        guard kid != signing else { return }
        if signing != nil { turns[turns.count - 1].until = instant }
        if let kid { turns.append(Turn(kid: kid, from: instant, until: nil)) }
    }
}

extension SigningSchedule {
    /// Whether a turn of the key ended because its promotion was taken back, not because another followed.
    fileprivate func wasTakenBack(_ key: SigningKey, at instant: Instant) -> Bool {
        entries.contains { $0.key == key.row && $0.voidedAt == instant }
    }

    /// The instants at which who signs may have changed, in order.
    fileprivate var changes: [Instant] {
        let begun = turns(at: .earliest).compactMap(\.takesOver)
        let ended = entries.compactMap(\.voidedAt) + keys.compactMap(\.revokedAt)
        return Set(begun + ended).sorted()
    }
}
