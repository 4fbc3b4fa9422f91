internal import TokenCrypto

extension JSON {
    /// Reads a text that must be exactly one JSON value.
    package init(parsing bytes: [UInt8], limits: JSONLimits = .default) throws(JSONError) {
        let outcome = bytes.withUnsafeBytes { buffer -> Result<JSON, JSONError> in
            do throws(JSONError) {
                var reader = JSONReader(buffer, limits: limits)
                return .success(try reader.read())
            } catch { return .failure(error) }
        }
        self = try outcome.get()
    }

    package init(parsing text: String, limits: JSONLimits = .default) throws(JSONError) {
        try self.init(parsing: Array(text.utf8), limits: limits)
    }
}

/// A JSON text with secret members: the tree without them, and their places in the text that stays where it is.
struct SecretJSON: ~Copyable {
    let tree: JSON
    private let text: SecretBytes
    private let withheld: [String: Range<Int>]

    init(parsing text: borrowing SecretBytes, withholding names: Set<String>) throws(JSONError) {
        (tree, withheld) = try text.withUnsafeBytes { (bytes) throws(JSONError) -> (JSON, [String: Range<Int>]) in
            var reader = JSONReader(bytes, limits: .default, withholding: names)
            return (try reader.read(), reader.withheld)
        }
        self.text = text.copy()
    }

    /// Hands the bytes of a withheld string to `body`: as written, between its quotes. nil when there is no such string.
    func withBytes<Value: ~Copyable, Failure: Error>(
        at path: [String], _ body: (UnsafeRawBufferPointer) throws(Failure) -> Value
    ) throws(Failure) -> Value? {
        guard let range = withheld[JSONPointer.text(path)] else { return nil }
        return try text.withUnsafeBytes { (bytes) throws(Failure) -> Value? in
            try body(UnsafeRawBufferPointer(rebasing: bytes[range]))
        }
    }
}
