internal import Dispatch
internal import Synchronization

/// One connection's blocking work, off Swift's cooperative threads: one job at a time, in the order they came, and only so
/// many waiting.
///
/// SQLite blocks. A task that blocked a cooperative thread would take it from every other task of the application, so a
/// job runs on a thread of its lane while its task is suspended.
final class Lane: Sendable {
    private let queue: DispatchQueue
    private let pending = Mutex(0)
    private let limit: Int

    init(_ name: String, limit: Int) {
        queue = DispatchQueue(label: "tokenctl.\(name)")
        self.limit = limit
    }

    /// Jobs waiting or running.
    var load: Int { pending.withLock { $0 } }

    /// Runs `body` when its turn comes. More than `limit` pending jobs is `.busy`, at once: an application in trouble
    /// should say so and not queue for ever. A task cancelled before its turn throws `CancellationError`; a job that has
    /// begun is finished, so what it wrote and what it answers agree.
    func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try Task.checkCancellation()
        try admit()
        let isCancelled = Flag()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                queue.async {
                    defer { self.pending.withLock { $0 -= 1 } }
                    continuation.resume(
                        with: Result {
                            if isCancelled.isSet { throw CancellationError() }
                            return try body()
                        })
                }
            }
        } onCancel: {
            isCancelled.set()
        }
    }

    private func admit() throws(Failure) {
        let isAdmitted = pending.withLock { pending in
            guard pending < limit else { return false }
            pending += 1
            return true
        }
        guard isAdmitted else {
            throw Failure(
                .busy, "\(limit) operations wait for the store already", hint: "try again, or shed load earlier")
        }
    }
}

private final class Flag: Sendable {
    private let value = Atomic(false)
    var isSet: Bool { value.load(ordering: .relaxed) }
    func set() { value.store(true, ordering: .relaxed) }
}
