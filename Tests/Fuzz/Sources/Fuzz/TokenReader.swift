internal import TokenCrypto
@testable import TokenLifecycle

extension Reader {
    /// A token that is accepted is written as it was read; one digit mistyped, or two exchanged, and it is refused.
    static func opaqueTokens(_ bytes: [UInt8]) {
        do throws(OpaqueToken.Refusal) {
            let token = try OpaqueToken(bytes)
            promise(text(of: token) == bytes, "tokens: another text than was read")
        } catch {
            promiseSilence("\(error)", about: bytes)
        }
        build(bytes)
        readIDs(bytes)
    }

    private static func text(of token: OpaqueToken) -> [UInt8] {
        switch token.kind {
        case .session: Array(OpaqueToken.session(token.id, secret: token.secret).utf8)
        case .refresh:
            Array(
                OpaqueToken.refresh(token.id, generation: token.generation, secret: token.secret, tag: token.tag).utf8)
        }
    }

    /// A checksum hides all behind it from random texts, so whole tokens are made of the input as well.
    private static func build(_ bytes: [UInt8]) {
        let body = (0..<57).map { bytes.isEmpty ? 0 : bytes[$0 % bytes.count] }
        let id = body[..<5].reduce(0) { $0 << 8 | UInt64($1) }
        let generation = body[5..<9].reduce(0) { $0 << 8 | UInt32($1) }
        let secret = SecretBytes(copying: Array(body[9..<41]))
        let made =
            bytes.count.isMultiple(of: 2)
            ? OpaqueToken.session(id, secret: secret)
            : OpaqueToken.refresh(id, generation: generation, secret: secret, tag: Array(body[41...]))
        let text = Array(made.utf8)
        guard let token = try? OpaqueToken(text) else { fatalError("broken: tokens: a whole one is refused") }
        mayBePlanted(UInt32(truncatingIfNeeded: token.id))
        promise(token.id == id && Reader.text(of: token) == text, "tokens: another than was made")
        promise(token.kind == .session || token.generation == generation, "tokens: another generation")
        promise((try? OpaqueToken(text.changedOnce(among: digits))) == nil, "tokens: a digit changed, and accepted")
        let place = 4 + Int(body[0]) % (text.count - 5)
        var exchanged = text
        exchanged.swapAt(place, place + 1)
        promise(exchanged == text || (try? OpaqueToken(exchanged)) == nil, "tokens: digits exchanged, and accepted")
    }

    private static func readIDs(_ bytes: [UInt8]) {
        let number = bytes.prefix(5).reduce(0) { $0 << 8 | Int64($1) }
        let typed = String(decoding: bytes, as: UTF8.self)
        for kind in PublicIDs.Kind.allCases {
            promise(ids.row(of: ids.text(of: number, kind), kind) == number, "tokens: an id names another row")
            guard let row = ids.row(of: typed, kind) else { continue }
            let digits = Crockford.forgiving(typed.dropFirst(kind.prefix.count))
            promise(Array(ids.text(of: row, kind).utf8.dropFirst(kind.prefix.utf8.count)) == digits, "tokens: two ids")
        }
    }

    private static let ids = PublicIDs(key: Array(0..<16))
    private static let digits = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)
}
