package import TokenJOSE
internal import TokenCrypto
internal import TokenStorage

/// The keys that verifiers must know: a JWKS (RFC 7517 §5) of public halves, never a secret.
package struct KeySet: Sendable {
    package var kids: [String]
    package var json: JSON

    /// As it is published: members in one order, keys in the order they were made, so the same set is the same bytes.
    package var bytes: [UInt8] { json.serialized + [UInt8(ascii: "\n")] }
}

extension StoreReading {
    package func keySet() throws -> KeySet {
        let keys = try signingSchedule().keys.filter { !$0.algorithm.isSymmetric }
        let members = try keys.map { key -> JSON in try key.jwk().json(kid: key.kid, alg: key.algorithm) }
        return KeySet(kids: keys.map(\.kid), json: .object([.init("keys", .array(members))]))
    }

    /// The files that this store published, each once, of which `kid` is still in the content found there now.
    func publishedFilesCarrying(_ kid: String) throws -> [String] {
        let paths = try sql.rows("SELECT DISTINCT path FROM publication WHERE path IS NOT NULL ORDER BY path")
        return try paths.map { try $0.get(0, as: String.self) }.filter {
            PublishedFile(at: $0)?.kids.contains(kid) ?? false
        }
    }
}

/// A key set as it lies in a file now; nil where there is none or it does not read.
struct PublishedFile {
    let bytes: [UInt8]
    /// Permission bits.
    let mode: UInt32

    init?(at path: String) {
        guard let mode = Files.mode(of: path), let bytes = try? InputFile.read(path, limit: 1 << 20) else { return nil }
        self.bytes = bytes
        self.mode = mode
    }

    var kids: [String] {
        let keys = (try? JSON(parsing: bytes))?["keys"]?.arrayValue ?? []
        return keys.compactMap { $0["kid"]?.stringValue }
    }
}
