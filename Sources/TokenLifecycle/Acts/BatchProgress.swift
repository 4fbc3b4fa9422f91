/// How far an act in batches has come. An operation tells it after each transaction to whoever watches; what nobody
/// watches costs nothing.
package struct BatchProgress: Equatable, Sendable {
    /// Rows dealt with so far.
    package var done: Int
    /// How many there were at the beginning; nil where nobody counted. More than that may turn up beside a live application.
    package var total: Int?

    package init(done: Int, total: Int? = nil) {
        self.done = done
        self.total = total
    }
}
