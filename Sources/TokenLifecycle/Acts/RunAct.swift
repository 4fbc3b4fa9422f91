extension Store {
    /// Decides and applies an act in one transaction, without asking anyone: for what the product itself must do.
    @discardableResult
    package func run<A: Act>(_ act: A, as actor: Actor) throws -> Report {
        let report = try write(as: actor) { writer in try act.apply(try act.decide(writer), writer) }
        return try act.conclude(report, self, as: actor)
    }
}
