internal import TokenStorage

extension StoreWriter {
    /// Ends a live session, and with it its refresh families, and denies the access tokens that carry its id.
    ///
    /// A session that never had an access token needs no rule, so the denylist does not grow by logins of cookies only.
    func end(_ session: Session, _ why: EndReason, audit seq: Int64?, reason: String?) throws {
        try execute(
            """
            UPDATE session SET ended_at = \(now), end_reason = \(why.rawValue), ended_by = \(actor.name),
                               alive_until = \(now)
            WHERE id = \(session.id.row) AND ended_at IS NULL
            """)
        if let until = session.accessUntil, until > now {
            try deny(.session, session.id.text, matchesUntil: until, audit: seq, reason: reason)
        }
    }
}
