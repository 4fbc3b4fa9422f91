internal import TokenStorage

extension StoreWriter {
    /// Makes sure that a token issued in this very second will not be matched by a cut-off that is already there.
    ///
    /// `iat` is whole seconds (RFC 7519 §4.1.6) and a cut-off matches its own second, so issuing gives way until the next.
    func giveWayToCutOffs(user: String, client: String, session: String?) throws {
        let rules = try [
            denyRule(.everyone, ""), denyRule(.client, client), denyRule(.user, user),
            session.flatMap { try denyRule(.session, $0) },
        ].compactMap { $0 }
        var cutOffs = try [floor(.everyone, ""), floor(.client, client)].compactMap { $0 }
        for rule in rules where rule.matches(issuedAt: now.seconds) {
            guard let cutOff = rule.issuedBefore else {
                throw Failure(
                    .refused, "rule \(rule.id) denies every token of \(rule.subject)",
                    hint: "'tokenctl denylist remove \(rule.id)' lifts it", target: rule.value)
            }
            cutOffs.append(cutOff)
        }
        guard let last = cutOffs.max(), last.seconds >= now.seconds else { return }
        throw CutOffPending(until: Instant(seconds: last.seconds + 1))
    }
}
