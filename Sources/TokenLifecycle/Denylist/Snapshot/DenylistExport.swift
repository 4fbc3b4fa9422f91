internal import TokenCrypto
internal import TokenJOSE
internal import TokenStorage

/// `denylist export`: what the store denies, for verifiers elsewhere, signed by the store's identity.
///
/// Floors are in it as cut-offs of a client or of everyone, so a verifier that knows no sessions refuses what a floor ended.
package struct DenylistExport: Sendable {
    package var format: SnapshotFormat
    /// Also as a list of ids where other scopes, and floors, have to be left out.
    package var isPartial: Bool

    package init(_ format: SnapshotFormat, isPartial: Bool = false) {
        self.format = format
        self.isPartial = isPartial
    }

    package struct Made: Sendable {
        package var bytes: [UInt8]
        package var head: SnapshotHead
        /// Of the identity that signed it.
        package var thumbprint: String
        package var rules: Int
        /// Rules that the format cannot say.
        package var leftOut: Int
    }

    /// All of one snapshot of the store. Needs the master key, which seals the identity.
    ///
    /// Fails with `.refused` where the format cannot say all of it and `isPartial` does not allow that.
    package func make(_ store: StoreReader) throws -> Made {
        let key = try store.identityKey()
        let identity = key.identity.jwk.json()["x"]?.stringValue ?? ""
        let now = store.now.seconds
        let maxAge = try store.policies.denylistMaxAge.milliseconds / 1000
        let head = SnapshotHead(
            store: store.facts.storeID, epoch: store.facts.epoch, version: store.facts.rulesChangedAt.milliseconds,
            generatedAt: now, expiresAt: now + maxAge, identity: identity)
        var made = Made(bytes: [], head: head, thumbprint: key.identity.thumbprint, rules: 0, leftOut: 0)
        var writer = SnapshotWriter(format, head, rules: try store.sql.value("SELECT count(*) FROM deny_rule") ?? 0)
        try store.eachSnapshotRule { rule in
            guard format != .txt || rule.scope == .token else {
                made.leftOut += 1
                return
            }
            if format == .txt, rule.value.hasPrefix("#") || rule.value.utf8.contains(where: { $0 < 0x20 }) {
                throw Failure(.refused, "a jti cannot be told as a line", hint: "choose another format")
            }
            writer.add(rule)
            made.rules += 1
        }
        guard made.leftOut == 0 || isPartial else {
            throw Failure(
                .refused, "a list of ids cannot say \(made.leftOut.counted("rule")) of other scopes",
                hint: "choose another format, or --partial to leave them out")
        }
        writer.endRules()
        writer.sign(
            try JWSSigner(algorithm: .edDSA, privateJWK: key.privateHalf).sign(
                detached: writer.bytes[...],
                header: [
                    .init("typ", .string(StatementKind.denylist.rawValue)),
                    .init("kid", .string(key.identity.thumbprint)),
                ]))
        made.bytes = writer.bytes
        return made
    }

    /// Whether a file holds what an export would write now, unaltered, and for at least half of its time still.
    package func isCurrent(_ file: [UInt8], _ store: StoreReader) throws -> Bool {
        guard let snapshot = try? SnapshotText(file), snapshot.format == format,
            let thumbprint = try? store.identity().thumbprint, (try? snapshot.verify(trusting: thumbprint)) != nil
        else { return false }
        let head = snapshot.head
        let maxAge = try store.policies.denylistMaxAge.milliseconds / 1000
        return head.store == store.facts.storeID && head.epoch == store.facts.epoch
            && head.version == store.facts.rulesChangedAt.milliseconds
            && head.expiresAt - store.now.seconds > maxAge / 2 && head.expiresAt - head.generatedAt == maxAge
    }
}

extension StoreReading {
    /// Floors first, then every rule that can still match a token; several may have one scope and value.
    func eachSnapshotRule(_ body: (SnapshotRule) throws -> Void) throws {
        if facts.floor > .epoch {
            try body(SnapshotRule(.everyone, "", issuedUntil: facts.floor.seconds, matchesUntil: nil))
        }
        try sql.forEach("SELECT client_id, floor_at FROM client WHERE floor_at > 0 ORDER BY id") { row in
            let floor = try row.get(1, as: Instant.self)
            try body(SnapshotRule(.client, try row.get(0), issuedUntil: floor.seconds, matchesUntil: nil))
            return true
        }
        let oldest = try now - policies.clockSkew
        try sql.forEach(
            """
            SELECT scope, value, issued_before, matches_until FROM deny_rule
            WHERE matches_until IS NULL OR matches_until + 0 >= \(oldest) ORDER BY id
            """
        ) { row in
            let name: String = try row.get(0)
            guard let scope = DenyScope(rawValue: name) else {
                throw Failure(.untrusted, "a denylist rule has a scope that this program does not know")
            }
            let until = try row.get(3, as: Instant?.self)
            try body(
                SnapshotRule(
                    scope, try row.get(1), issuedUntil: try row.get(2, as: Instant?.self)?.seconds,
                    matchesUntil: until.map { ($0 + .milliseconds(999)).seconds }))
            return true
        }
    }
}
