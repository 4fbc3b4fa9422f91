internal import CSQLite
internal import GRDB

extension Database {
    /// Runs `body`, whose statements on this connection end once `limit` is over: then nil. What `body` throws otherwise is
    /// passed on. For counting in bounded time.
    package func limited<T>(to limit: Duration, _ body: () throws -> T) throws -> T? {
        let budget = TimeBudget(limit)
        try exclusively { database in
            // Every few thousand steps of the engine: some ten microseconds.
            sqlite3_progress_handler(
                database.sqliteConnection, 4000,
                { context in
                    guard let context else { return 0 }
                    return Unmanaged<TimeBudget>.fromOpaque(context).takeUnretainedValue().isOver ? 1 : 0
                }, Unmanaged.passUnretained(budget).toOpaque())
        }
        // The handler is gone before the budget is.
        defer {
            withExtendedLifetime(budget) {
                try? exclusively { sqlite3_progress_handler($0.sqliteConnection, 0, nil, nil) }
            }
        }
        do {
            return try body()
        } catch  where budget.isOver {
            return nil
        }
    }
}

private final class TimeBudget {
    private let deadline: ContinuousClock.Instant

    init(_ limit: Duration) { deadline = .now + limit }

    var isOver: Bool { ContinuousClock.now >= deadline }
}
