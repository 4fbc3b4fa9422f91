internal import TokenCrypto
internal import TokenJOSE
internal import TokenLifecycle

/// Where the next page begins: opaque, and only good for the listing, the filters and the order that gave it.
///
/// The position's numbers, counted and in network order, its text, and the beginning of a hash over these and the name of
/// the listing. It protects nothing: it notices a cursor that was cut, or that belongs elsewhere.
enum PageCursor {
    private static let checkLength = 6

    static func text(_ position: ListPosition, of listing: String) -> String {
        var bytes = [UInt8(truncatingIfNeeded: position.numbers.count)]
        for number in position.numbers { bytes += withUnsafeBytes(of: number.bigEndian) { Array($0) } }
        bytes += position.text.utf8
        return Base64URL.encode(bytes + check(bytes, listing))
    }

    static func position(_ text: String, of listing: String) throws(Failure) -> ListPosition {
        let refusal = Failure(
            .usage, "this cursor is not of this listing",
            hint: "repeat the command that gave it with the same filters and order, or leave --after out")
        guard let all = try? Base64URL.decode(Array(text.utf8)), all.count > checkLength else { throw refusal }
        let bytes = all.dropLast(checkLength)
        let count = Int(bytes[0])
        let end = 1 + count * 8
        guard check(Array(bytes), listing) == Array(all.suffix(checkLength)), bytes.count >= end,
            let name = String(validating: bytes[end...], as: UTF8.self)
        else { throw refusal }
        let numbers = (0..<count).map { index in
            bytes[(1 + index * 8)..<(9 + index * 8)].reduce(Int64(0)) { $0 << 8 | Int64($1) }
        }
        // No store holds a greater one (RFC 7493 §2.2), and a list that goes on from a number counts to the next.
        guard numbers.allSatisfy({ $0.magnitude <= 1 << 53 }) else { throw refusal }
        return ListPosition(numbers: numbers, text: name)
    }

    private static func check(_ bytes: [UInt8], _ listing: String) -> [UInt8] {
        Array(SHA256.hash(Array(listing.utf8) + [0] + bytes).prefix(checkLength))
    }
}

extension Console {
    /// Lists within one snapshot: memory stays flat however much there is.
    ///
    /// `filters` says what is listed, for the cursor to belong to. `each` gives the records after a position, one by one,
    /// until it is told to stop; how many will be wanted is known beforehand where it is not nil.
    mutating func list<Record>(
        _ listing: Listing<Record>, _ options: ListOptions, filters: String,
        _ each:
            @escaping (
                StoreReader, _ after: ListPosition?, _ expecting: Int?, _ give: (Record, ListPosition) throws -> Bool
            ) throws -> Void
    ) throws {
        let sort = options.sort.map { "\($0.column) \($0.isDescending)" } ?? ""
        let owner = "\(listing.schema) \(filters) \(sort)"
        let start = try options.after.map { text throws(Failure) in try PageCursor.position(text, of: owner) }
        let format = try format(onTerminal: .table)
        let most = options.limit ?? (format == .table || format == .wide ? TableWriter<Record>.cap : nil)
        let store = try store(for: .reading)
        try list(listing, options) { emit in
            try store.read { reader in
                var shown = 0
                var last = start
                var isCut = false
                try each(reader, start, most.map { $0 < .max ? $0 + 1 : $0 }) { record, position in
                    guard shown < options.limit ?? .max, try emit(record) else {
                        isCut = true
                        return false
                    }
                    shown += 1
                    last = position
                    return true
                }
                return isCut ? last.map { PageCursor.text($0, of: owner) } : nil
            }
        }
    }

    /// Says that a filter goes through rows one by one, and which part of it does.
    func noteScan(_ conditions: [String]) throws(Failure) {
        guard !conditions.isEmpty else { return }
        let names = conditions.joined(separator: " and ")
        try notes.note("no index for \(names): rows are looked at one by one")
    }
}

extension SortOrder {
    /// The column as one of those that this list can be sorted by; any other is `.usage`.
    func key<Key: RawRepresentable & CaseIterable>(_ type: Key.Type = Key.self) throws(Failure) -> Key
    where Key.RawValue == String {
        if let key = Key(rawValue: column) { return key }
        let names = Key.allCases.map(\.rawValue)
        throw Failure(
            .usage, "this list cannot be sorted by \(column.prefix(40))",
            hint: "--sort \(names.joined(separator: ", ")); with :desc downwards")
    }
}

/// What every list can be sorted by that has no order of its own besides.
enum CreationOnly: String, CaseIterable {
    case creation = "created_at"
}
