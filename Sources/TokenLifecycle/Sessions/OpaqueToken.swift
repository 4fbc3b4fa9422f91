internal import TokenCrypto

/// Which opaque token a text is; told by its prefix, so a wrong one can be named.
package enum OpaqueTokenKind: String, CaseIterable, Sendable {
    case session = "tks_"
    case refresh = "tkr_"
}

/// An opaque token taken apart: prefix, id, secret, checksum, all in Crockford base32.
///
/// The checksum says only that nothing was mistyped. Whether the token is ours, the secret's hash decides. The secret is
/// wiped when the last reference goes.
package final class OpaqueToken: Sendable {
    package let kind: OpaqueTokenKind
    let id: UInt64
    /// Refresh tokens only: which of its family's it is.
    let generation: UInt32
    let secret: SecretBytes
    /// Refresh tokens only: proves a generation ours without a row of its own.
    let tag: [UInt8]

    static let secretLength = 32
    static let tagLength = 16

    /// Why a text is no opaque token.
    package enum Refusal: Error, Equatable {
        /// Does not begin like one.
        case otherPrefix
        case wrongLength
        /// A digit that base32 does not have, or a checksum that does not match: mistyped or cut.
        case mistyped
    }

    package init(_ text: [UInt8]) throws(Refusal) {
        guard let kind = OpaqueTokenKind.allCases.first(where: { text.starts(with: $0.rawValue.utf8) }) else {
            throw .otherPrefix
        }
        let count = Self.length(kind)
        let digits = text.dropFirst(kind.rawValue.utf8.count)
        guard digits.count == (count * 8 + 4) / 5 else { throw .wrongLength }
        guard let bytes = Crockford.decode(digits, count: count) else { throw .mistyped }
        let body = bytes.dropLast(4)
        let checksum = bytes.suffix(4).reduce(0) { $0 << 8 | UInt32($1) }
        guard CRC32.checksum(Array(kind.rawValue.utf8) + body) == checksum else { throw .mistyped }
        self.kind = kind
        id = body.prefix(5).reduce(0) { $0 << 8 | UInt64($1) }
        let isRefresh = kind == .refresh
        generation = isRefresh ? body[5..<9].reduce(0) { $0 << 8 | UInt32($1) } : 0
        let start = isRefresh ? 9 : 5
        secret = SecretBytes(copying: Array(body[start..<start + Self.secretLength]))
        tag = isRefresh ? Array(body.suffix(Self.tagLength)) : []
    }

    private static func length(_ kind: OpaqueTokenKind) -> Int {
        switch kind {
        case .session: 5 + secretLength + 4
        case .refresh: 5 + 4 + secretLength + tagLength + 4
        }
    }

    static func session(_ id: UInt64, secret: borrowing SecretBytes) -> String {
        text(.session, PublicIDs.bytes(of: id) + secret.withUnsafeBytes { Array($0) })
    }

    static func refresh(_ id: UInt64, generation: UInt32, secret: borrowing SecretBytes, tag: [UInt8]) -> String {
        let number = (0..<4).map { UInt8(truncatingIfNeeded: generation >> (24 - 8 * UInt32($0))) }
        return text(.refresh, PublicIDs.bytes(of: id) + number + secret.withUnsafeBytes { Array($0) } + tag)
    }

    private static func text(_ kind: OpaqueTokenKind, _ body: [UInt8]) -> String {
        let checksum = CRC32.checksum(Array(kind.rawValue.utf8) + body)
        let check = (0..<4).map { UInt8(truncatingIfNeeded: checksum >> (24 - 8 * UInt32($0))) }
        return kind.rawValue + Crockford.encode(body + check)
    }
}
