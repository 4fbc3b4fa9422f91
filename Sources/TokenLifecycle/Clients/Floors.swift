internal import TokenStorage

extension StoreReading {
    /// Up to when everything of everyone, or of a client, has ended for ever; nil where nothing has, and for other scopes.
    ///
    /// A deny rule goes when the last token it can match has expired. A floor stays: a key may be imported later, with tokens
    /// that nobody knew of.
    func floor(_ scope: DenyScope, _ value: String) throws -> Instant? {
        let floor: Instant
        switch scope {
        case .everyone: floor = facts.floor
        case .client: floor = try sql.value("SELECT floor_at FROM client WHERE client_id = \(value)") ?? .epoch
        case .token, .session, .user, .key: return nil
        }
        return floor > .epoch ? floor : nil
    }
}
