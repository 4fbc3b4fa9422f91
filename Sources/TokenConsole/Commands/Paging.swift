internal import TokenCrypto
internal import TokenJOSE
internal import TokenLifecycle

/// Where the next page begins: opaque, and only good for the listing and the filters that gave it.
struct PageCursor {
    /// The text of a cursor after `position`.
    static func text(_ position: Int64, of listing: String) -> String {
        let bytes = withUnsafeBytes(of: position.bigEndian) { Array($0) }
        return Base64URL.encode(bytes + SHA256.hash(Array(listing.utf8) + bytes).prefix(4))
    }

    static func position(_ text: String, of listing: String) throws(Failure) -> Int64 {
        let refusal = Failure(
            .usage, "this cursor is not of this listing",
            hint: "repeat the command that gave it with the same filters, or leave --after out")
        guard let bytes = try? Base64URL.decode(Array(text.utf8)), bytes.count == 12 else { throw refusal }
        let position = bytes.prefix(8).reduce(Int64(0)) { $0 << 8 | Int64($1) }
        guard Self.text(position, of: listing) == text else { throw refusal }
        return position
    }
}

extension Console {
    /// Lists page by page within one snapshot: memory stays flat however much there is.
    ///
    /// `listing` names the listing and its filters for the cursor; `page` reads at most so many records after a position.
    mutating func list<Record: Sendable>(
        _ description: Listing<Record>, _ options: ListOptions, cursorOf listing: String,
        position: (Record) -> Int64, _ page: (StoreReader, _ after: Int64?, _ limit: Int) throws -> Page<Record>
    ) throws {
        if let sort = options.sort {
            throw Failure(
                .usage, "this list cannot be sorted by \(sort.column)",
                hint: "it is in the order of creation, newest first")
        }
        let start = try options.after.map { text throws(Failure) in try PageCursor.position(text, of: listing) }
        let store = try store(for: .reading)
        try list(description, options) { emit in
            try store.read { reader in
                var after = start
                var left = options.limit ?? .max
                while left > 0 {
                    let found = try page(reader, after, min(500, left))
                    for record in found.items {
                        guard try emit(record) else { return after.map { PageCursor.text($0, of: listing) } }
                        after = position(record)
                        left -= 1
                    }
                    guard found.next != nil else { return nil }
                }
                return after.map { PageCursor.text($0, of: listing) }
            }
        }
    }
}
