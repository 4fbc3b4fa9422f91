/// Where a row stands in a list: the value that the list is sorted by and, where values are equal, the row's number.
///
/// In a list by creation both are the row's number, because rows are numbered in order of creation.
struct ListKey: Hashable, Comparable, Sendable {
    var value: Int64
    /// What decides between equal values before the row's number does, where the index has a column in between.
    var tie: Int64 = 0
    var row: Int64

    static func < (a: ListKey, b: ListKey) -> Bool { (a.value, a.tie, a.row) < (b.value, b.tie, b.row) }

    /// Of a list by creation.
    static func row(_ row: Int64) -> ListKey { ListKey(value: row, row: row) }

    /// Before all rows of a value, or after them where the list goes down.
    static func edge(_ value: Int64, descending: Bool) -> ListKey {
        let outermost: Int64 = descending ? .max : .min
        return ListKey(value: value, tie: outermost, row: outermost)
    }
}

/// Where the next page of a list begins: after this record. The console makes an opaque cursor of it.
package struct ListPosition: Hashable, Sendable {
    /// Each list's own: a value and a row, sometimes more.
    package var numbers: [Int64]
    /// The name that a list of names has reached.
    package var text: String

    package init(numbers: [Int64] = [], text: String = "") {
        self.numbers = numbers
        self.text = text
    }

    init(_ key: ListKey) {
        self.init(numbers: [key.value, key.tie, key.row])
    }

    /// Fails with `.usage` where the position is of another kind of list.
    func key() throws(Failure) -> ListKey {
        guard numbers.count >= 3 else { throw Failure(.usage, "this cursor is not of this listing") }
        return ListKey(value: numbers[0], tie: numbers[1], row: numbers[2])
    }
}

/// One page of a list, and where the next one begins.
package struct Page<Element: Sendable>: Sendable {
    package var items: [Element]
    /// After the last item; nil where there are no more.
    package var next: ListPosition?

    package init(items: [Element], next: ListPosition?) {
        self.items = items
        self.next = next
    }

    /// The first `limit` of what `each` gives, one by one, until it is told to stop.
    init(limit: Int, _ each: (_ give: (Element, ListPosition) throws -> Bool) throws -> Void) rethrows {
        var items: [Element] = []
        var last: ListPosition?
        var next: ListPosition?
        try each { element, position in
            guard items.count < limit else {
                next = last
                return false
            }
            items.append(element)
            last = position
            return true
        }
        self.init(items: items, next: next)
    }
}
