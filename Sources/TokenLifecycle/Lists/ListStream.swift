internal import TokenStorage

/// Rows in the order of a list, of which those that match are read window by window, so that a walk past the others is bounded.
protocol ListStream {
    /// Matching rows read and not yet taken.
    var buffer: ArraySlice<ListKey> { get set }
    var isExhausted: Bool { get }

    /// Reads the matches among the next `window` rows, or among all, at most `limit`. Returns how many rows it passed in vain,
    /// where somebody counts.
    mutating func advance(_ query: ListQuery, window: Int?, limit: Int, _ sql: any ReadTransaction) throws -> Int

    /// The statements that `advance` runs, for tests to look at their plans.
    func statements(_ query: ListQuery) -> [SQL]
}
