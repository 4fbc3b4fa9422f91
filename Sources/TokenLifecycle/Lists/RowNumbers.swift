/// A set of row numbers, a bit each: a hundred million rows in twelve megabytes, handed out in order.
struct RowNumbers {
    /// A set spans at most so many numbers, 16 MiB; more are dealt with one span after another.
    static let widest: Int64 = 1 << 27

    let first: Int64
    private var words: [UInt64]
    private(set) var count = 0
    /// The word from which on any number is left.
    private var start = 0

    /// For numbers from `first` to `last`.
    init(from first: Int64, through last: Int64) {
        self.first = first
        words = Array(repeating: 0, count: Int(max(0, last - first) / 64) + 1)
    }

    /// Those of `numbers`, which lie close enough together that a bit each costs a tenth of sorting them; else nil.
    private init?(close numbers: [Int64]) {
        guard let least = numbers.min(), let greatest = numbers.max() else { return nil }
        let span = greatest.subtractingReportingOverflow(least)
        guard !span.overflow, span.partialValue < min(Self.widest, 1024 * Int64(numbers.count)) else { return nil }
        self.init(from: least, through: greatest)
        for number in numbers { insert(number) }
    }

    /// Each of them once, rising.
    static func sorted(_ numbers: [Int64]) -> [Int64] {
        RowNumbers(close: numbers)?.lowest(.max) ?? Set(numbers).sorted()
    }

    mutating func insert(_ number: Int64) {
        let offset = Int(number - first)
        let bit: UInt64 = 1 << UInt64(offset & 63)
        if words[offset >> 6] & bit == 0 { count += 1 }
        words[offset >> 6] |= bit
    }

    /// Of numbers from the first to the last it was made for.
    func contains(_ number: Int64) -> Bool {
        let offset = Int(number - first)
        return words[offset >> 6] & (1 << UInt64(offset & 63)) != 0
    }

    /// The lowest of them, at most so many.
    func lowest(_ limit: Int) -> [Int64] {
        var found: [Int64] = []
        found.reserveCapacity(min(limit, count))
        var index = start
        while found.count < min(limit, count) {
            var word = words[index]
            while word != 0, found.count < limit {
                found.append(first + Int64(index << 6 + word.trailingZeroBitCount))
                word &= word - 1
            }
            index += 1
        }
        return found
    }

    mutating func removeLowest(_ number: Int) {
        var left = min(number, count)
        count -= left
        while left > 0 {
            if words[start] == 0 {
                start += 1
            } else {
                words[start] &= words[start] - 1
                left -= 1
            }
        }
    }
}
