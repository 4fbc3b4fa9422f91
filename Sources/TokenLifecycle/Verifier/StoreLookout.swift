internal import TokenStorage

/// Where a `Verifier` reads: the file of a store.
final class StoreLookout: Lookout {
    private let clock: Clock
    private let placed: PlacedStore

    init(path: String, masterKeyFile: String?, clock: Clock) {
        self.clock = clock
        placed = PlacedStore(at: path) { _ in
            var options = Database.Options()
            options.readOnly = true
            options.lockTimeout = .milliseconds(250)
            // All is read once, and then the little that is new: what more is held would be a third of a million rules.
            options.cacheKiB = 2 << 10
            let places = masterKeyFile.map { [MasterKeySource.Place(path: $0, isNamed: true)] } ?? []
            return try Store.open(
                at: path, options: options, clock: clock, masterKey: MasterKeySource(places: places))
        }
    }

    func look(since before: HeldKnowledge?) throws -> HeldKnowledge {
        try placed.use { store, isNew in
            try store.read { try $0.knowledge(since: isNew ? nil : before, clock: clock) }
        }
    }

    /// By the same checks as `token verify --online`.
    func refusal(of session: String, _ token: [UInt8], _ expectations: Expectations) throws -> SessionLiveness {
        try placed.use { store, _ in
            try store.read { reader in
                var expectations = expectations
                expectations.online = true
                return switch try reader.verify(token, expectations).verdict {
                case .active: .alive
                case .inactive(let reason): .refused(reason)
                }
            }
        }
    }

    func close() { try? placed.close() }
}
