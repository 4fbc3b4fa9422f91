internal import Dispatch
internal import Synchronization

/// Does something again and again on a thread of its own, until stopped or let go of.
final class Ticking: Sendable {
    private let queue = DispatchQueue(label: "tokenctl.verifier.lookout")
    private let isStopped = Atomic(false)

    /// The pause is from the end of one time to the beginning of the next, so that slow ones do not pile up.
    func start(every interval: Duration, _ body: @escaping @Sendable () -> Void) {
        queue.asyncAfter(deadline: .now() + .milliseconds(max(1, Int(interval.milliseconds)))) { [weak self] in
            guard let self, !isStopped.load(ordering: .relaxed) else { return }
            body()
            start(every: interval, body)
        }
    }

    func stop() {
        isStopped.store(true, ordering: .relaxed)
    }
}
