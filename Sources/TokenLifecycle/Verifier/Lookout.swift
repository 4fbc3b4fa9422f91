/// Where a `Verifier` learns what it holds.
protocol Lookout: Sendable {
    /// What is known now; `before` itself, or what it is continued to, where that is still true.
    func look(since before: HeldKnowledge?) throws -> HeldKnowledge

    /// Whether the session that an accepted token is tied to is alive. Throws where nobody there knows sessions.
    func refusal(of session: String, _ token: [UInt8], _ expectations: Expectations) throws -> SessionLiveness

    func close()
}

enum SessionLiveness: Sendable {
    case alive
    case refused(RefusalReason)
}

extension Verifier.Options {
    func check() throws(Failure) {
        guard maxStaleness > .zero, failAfter >= maxStaleness else {
            throw Failure(.usage, "maxStaleness is more than nothing, and failAfter no less than it")
        }
    }
}
