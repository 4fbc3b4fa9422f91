internal import TokenLifecycle
internal import TokenStorage

/// A look into the store on behalf of a person who is typing: short, read-only, and given up when it takes too long.
final class LiveReading {
    /// Longer than this and completion is felt as a delay.
    static let patience = Duration.milliseconds(40)
    /// How long another process may hold the store for itself before there is nothing to offer.
    static let lockTimeout = Duration.milliseconds(20)

    private let store: Store?
    private var deadline: Task<Void, Never>?

    init(_ console: inout Console) {
        console.globals.isReadOnly = true
        console.globals.lockTimeout = Self.lockTimeout
        store = try? console.store(for: .reading)
        deadline = store.map { Self.interrupt($0.database, after: Self.patience) }
    }

    /// Ends what runs on `database` when the time is over, unless cancelled before.
    private static func interrupt(_ database: Database, after time: Duration) -> Task<Void, Never> {
        Task.detached { @Sendable in
            try? await Task.sleep(for: time)
            if !Task.isCancelled { database.interrupt() }
        }
    }

    /// Runs `body` on one snapshot; it is given nil where there is no store to read.
    func offers(_ body: (() throws -> StoreReader?) throws -> [Offer]) throws -> [Offer] {
        guard let store else { return try body { nil } }
        return try store.read { reader in try body { reader } }
    }

    func end() {
        deadline?.cancel()
        deadline = nil
    }
}
