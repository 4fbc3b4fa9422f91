internal import Synchronization

/// Lends contexts that are costly to make and must not be shared between threads. Holds at most as many as were ever in use
/// at once, and keeps no more than a few when idle.
final class ContextPool<Context: Sendable>: Sendable {
    private static var kept: Int { 8 }

    private let idle = Mutex<[Context]>([])
    private let make: @Sendable () -> Context

    init(_ make: @escaping @Sendable () -> Context) {
        self.make = make
    }

    func withContext<Result>(_ body: (Context) -> Result) -> Result {
        let context = idle.withLock { $0.popLast() } ?? make()
        defer { idle.withLock { if $0.count < Self.kept { $0.append(context) } } }
        return body(context)
    }
}
