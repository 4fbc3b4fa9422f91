internal import Synchronization
internal import TokenJOSE

/// Where a `Verifier` reads away from the machine of the store: a key set and a snapshot of the denylist, files that somebody
/// replaces. docs/integration.md is the contract.
final class FileLookout: Lookout {
    struct Source: Sendable {
        var keySet: String
        var denylist: String
        /// Of the identity that must have signed the snapshot.
        var thumbprint: String
        var issuer: String
        var audience: String
    }

    private struct Seen {
        var keySet: FileStatus.Stamp
        var denylist: FileStatus.Stamp
        var head: SnapshotHead
    }

    private let source: Source
    private let clock: Clock
    /// Held while reading.
    private let seen = Mutex<Seen?>(nil)

    init(_ source: Source, clock: Clock) {
        self.source = source
        self.clock = clock
    }

    func look(since before: HeldKnowledge?) throws -> HeldKnowledge {
        try seen.withLock { seen in
            // Before reading: what is replaced meanwhile is read with the next look.
            let (keySet, denylist) = (try stamp(source.keySet), try stamp(source.denylist))
            let (hasKeys, hasRules) = (seen?.keySet == keySet, seen?.denylist == denylist)
            if hasKeys, hasRules, let before { return before }
            let keys = try (hasKeys ? before?.facts.keys : nil) ?? PublishedKeys.read(source.keySet)
            let (head, rules) =
                if hasRules, let head = seen?.head, let rules = before?.facts.rules { (head, rules) } else {
                    try readRules(after: seen?.head)
                }
            seen = Seen(keySet: keySet, denylist: denylist, head: head)
            return knowledge(head, rules, keys)
        }
    }

    func refusal(of session: String, _ token: [UInt8], _ expectations: Expectations) throws -> SessionLiveness {
        throw Failure(.refused, "a snapshot knows nothing of sessions", target: session)
    }

    func close() {}

    // MARK: The snapshot

    private func readRules(after last: SnapshotHead?) throws -> (SnapshotHead, HeldRules) {
        let snapshot = try SnapshotText(InputFile.read(source.denylist, limit: SnapshotText.largest))
        try snapshot.verify(trusting: source.thumbprint)
        // A list of ids does not say what it left out.
        guard snapshot.format != .txt else {
            throw Failure(.refused, "a list of ids may deny less than the store does", target: source.denylist)
        }
        if let last, !snapshot.head.follows(last) {
            throw Failure(.refused, "the snapshot is older than the one before it", target: source.denylist)
        }
        var rules = HeldRules(for: snapshot.ruleCount)
        try snapshot.eachRule { line, rule in
            guard let rule else {
                throw Failure(.malformed, "line \(line) of the snapshot does not read", target: source.denylist)
            }
            rules.settle(rule.scope, rule.value, cutOff: rule.issuedUntil ?? .max, until: rule.matchesUntil ?? .max)
        }
        return (snapshot.head, rules)
    }

    private func knowledge(_ head: SnapshotHead, _ rules: HeldRules, _ keys: [String: KnownKey]) -> HeldKnowledge {
        HeldKnowledge(
            HeldKnowledge.Facts(
                clock: clock, storeID: head.store, epoch: head.epoch,
                lastWriteAt: Instant(seconds: head.generatedAt), rulesLiftedAt: .epoch, auditHead: 0,
                clockSkew: Self.clockSkew, issuer: source.issuer, audience: source.audience, keys: keys,
                clientFloors: [:], rules: rules, expiresAt: Instant(seconds: head.expiresAt)))
    }

    /// What the contract tells verifiers elsewhere.
    private static let clockSkew = Duration.seconds(60)

    private func stamp(_ path: String) throws(Failure) -> FileStatus.Stamp {
        guard let status = FileStatus(at: path, followingLinks: true) else {
            throw Failure(.absent, "there is no file \(path)", target: path)
        }
        return status.stamp
    }
}

extension SnapshotHead {
    /// Whether it may come after another: an older file that comes back would free what was denied since.
    fileprivate func follows(_ last: SnapshotHead) -> Bool {
        store == last.store && (epoch, version, generatedAt) >= (last.epoch, last.version, last.generatedAt)
    }
}
