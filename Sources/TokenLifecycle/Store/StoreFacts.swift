internal import TokenJOSE
internal import TokenStorage

/// The store's one row about itself, read at the start of every transaction.
package struct StoreFacts: Sendable {
    package var storeID: String
    package var epoch: Int64
    package var createdAt: Instant
    /// The time of the last write; the next one is later.
    package var lastWriteAt: Instant
    /// Sessions of anyone valid from then or before are logged out.
    package var floor: Instant
    /// When rules were last taken from the denylist before they were due; the epoch where none ever were.
    var rulesLiftedAt: Instant
    /// When a rule was added, widened or lifted last, or a floor set: the version of what the store denies.
    package var rulesChangedAt: Instant
    /// Until when a verifier may cache a key set that it fetched under an earlier, longer `jwks.max_age`.
    var keySetsHeldUntil: Instant
    /// Whether entries may lie about of sessions that are gone: whoever removed them is to sweep, or was cut off before.
    var sweepIsDue: Bool
    package var masterKeyID: String
    /// The store's Ed25519 identity, a public JWK as text.
    package var identity: String
    var idKey: [UInt8]
    var replayKey: [UInt8]

    static func load(_ sql: any ReadTransaction) throws -> StoreFacts {
        let found = try sql.row(
            """
            SELECT store_id, epoch, created_at, last_write_at, floor_at, master_key_id, identity_jwk, id_key, replay_key,
                   key_sets_until, rules_lifted_at, rules_changed_at, sweep_due
            FROM store WHERE id = 1
            """)
        guard let row = found else {
            throw Failure(.untrusted, "the database has lost the row that says which store it is")
        }
        return StoreFacts(
            storeID: try row.get(0), epoch: try row.get(1), createdAt: try row.get(2), lastWriteAt: try row.get(3),
            floor: try row.get(4), rulesLiftedAt: try row.get(10), rulesChangedAt: try row.get(11),
            keySetsHeldUntil: try row.get(9), sweepIsDue: try row.get(12, as: Int64.self) != 0,
            masterKeyID: try row.get(5),
            identity: try row.get(6), idKey: try row.get(7),
            replayKey: try row.get(8))
    }
}
