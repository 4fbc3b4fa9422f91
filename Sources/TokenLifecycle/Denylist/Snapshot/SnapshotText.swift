internal import TokenCrypto
internal import TokenJOSE

/// An exported denylist as it was read: its head, its signature, and the lines of its rules, not yet taken apart.
package struct SnapshotText: Sendable {
    /// Bytes of the largest snapshot that is read: some five million rules.
    package static let largest = 1 << 29

    package let format: SnapshotFormat
    package let head: SnapshotHead
    /// What is signed: every byte before the last line.
    private let content: ArraySlice<UInt8>
    private let signature: DetachedJWS
    private let rules: ArraySlice<UInt8>

    /// Throws `.malformed` for what is no snapshot, or one that was cut.
    package init(_ text: [UInt8]) throws(Failure) {
        let newline = UInt8(ascii: "\n")
        // A shell takes the last newline away; nothing that is signed is behind it.
        let bytes = text.last == newline ? text : text + [newline]
        guard let end = bytes.dropLast().lastIndex(of: newline) else { throw Self.unreadable }
        content = bytes[...end]
        let lastLine = String(decoding: bytes[(end + 1)...], as: UTF8.self)
        guard let found = Self.format(of: bytes), let jws = Self.signature(lastLine, found),
            let read = Self.head(of: content, found)
        else { throw Self.unreadable }
        format = found
        signature = jws
        head = read.head
        rules = read.rest
    }

    private static let unreadable = Failure(
        .malformed, "this is no whole snapshot of a denylist", hint: "'tokenctl denylist export' makes one")

    /// Throws where the identity of this thumbprint did not sign exactly this: `.refused` for another signer, `.untrusted`
    /// for content that was altered.
    package func verify(trusting thumbprint: String) throws(Failure) {
        guard let jwk = head.jwk, jwk.thumbprint == thumbprint else {
            throw Failure(
                .refused, "the snapshot is of store \(head.store), and signed by a key that is not the trusted one",
                hint: "--trust names the thumbprint of the store it comes from")
        }
        guard signature.typ == StatementKind.denylist.rawValue,
            let verifier = try? JWSVerifier(algorithm: .edDSA, jwk: jwk), verifier.verify(signature, of: content)
        else {
            throw Failure(
                .untrusted, "the snapshot was altered: its signature does not verify", hint: "export it again")
        }
    }

    /// How many rules there are at most.
    var ruleCount: Int { rules.count { $0 == UInt8(ascii: "\n") } }

    /// The rules, each with the number of its line; nil for one that does not read.
    package func eachRule(_ body: (_ line: Int, SnapshotRule?) throws -> Void) rethrows {
        var number = content[..<rules.startIndex].count { $0 == UInt8(ascii: "\n") }
        guard format != .csv else {
            var reader = CSVRows(rules)
            while let cells = reader.next() {
                number += 1
                try body(number, Self.rule(cells))
            }
            return
        }
        var rest = rules
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            var line = rest[..<end]
            rest = rest[(end + 1)...]
            number += 1
            // An empty line, and the one of `json` that ends the array.
            if line.isEmpty || format == .json && line.first == UInt8(ascii: "]") { continue }
            if format == .json, line.last == UInt8(ascii: ",") { line = line.dropLast() }
            try body(number, format == .txt ? Self.listed(line) : SnapshotLine.rule(line) ?? Self.rule(line))
        }
    }

    // MARK: Form

    private static func format(of bytes: [UInt8]) -> SnapshotFormat? {
        switch bytes.first {
        case UInt8(ascii: "{"):
            let line = bytes.prefix { $0 != UInt8(ascii: "\n") }
            return line.last == UInt8(ascii: "[") ? .json : .ndjson
        case UInt8(ascii: "d"): return .csv
        case UInt8(ascii: "#"): return .txt
        default: return nil
        }
    }

    private static func signature(_ line: String, _ format: SnapshotFormat) -> DetachedJWS? {
        let (before, after) =
            switch format {
            case .ndjson: ("{\"signature\":\"", "\"}\n")
            case .json: ("\"signature\":\"", "\"}\n")
            case .csv: ("signature:", ",,\r\n")
            case .txt: ("# signature: ", "\n")
            }
        guard line.utf8.starts(with: before.utf8), line.utf8.reversed().starts(with: after.utf8.reversed()) else {
            return nil
        }
        let text = line.utf8.dropFirst(before.utf8.count).dropLast(after.utf8.count)
        return try? DetachedJWS(parsing: Array(text))
    }

    private static func head(
        of content: ArraySlice<UInt8>, _ format: SnapshotFormat
    ) -> (head: SnapshotHead, rest: ArraySlice<UInt8>)? {
        switch format {
        case .ndjson, .json:
            guard let end = content.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
            // The array that `json` opens is closed here, so that the head reads alone.
            let line = Array(content[..<end]) + Array(format == .json ? "]}".utf8 : "".utf8)
            guard let json = try? JSON(parsing: line), json["schema"]?.stringValue == SnapshotHead.schema,
                let head = SnapshotHead(json)
            else { return nil }
            return (head, content[(end + 1)...])
        case .csv, .txt: return namedHead(of: content, format)
        }
    }

    /// Lines of `name: value` or rows of `name:value`, until the first that names a rule.
    private static func namedHead(
        of content: ArraySlice<UInt8>, _ format: SnapshotFormat
    ) -> (head: SnapshotHead, rest: ArraySlice<UInt8>)? {
        let integers: Set<String> = ["epoch", "version", "generated_at", "expires_at"]
        var rest = content
        var members: [JSON.Member] = []
        while members.count < integers.count + 2, let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            var line = String(decoding: rest[..<end], as: UTF8.self)
            rest = rest[(end + 1)...]
            if format == .csv {
                if line.unicodeScalars.first == "d" { continue }
                guard line.utf8.reversed().starts(with: [13, 44, 44]) else { return nil }
                line = String(line.unicodeScalars.dropLast(3))
            } else {
                guard line.hasPrefix("# ") else { return nil }
                line = String(line.dropFirst(2))
            }
            guard let colon = line.firstIndex(of: ":") else { return nil }
            let name = String(line[..<colon])
            let value = String(line[line.index(after: colon)...].drop { $0 == " " })
            // A store's id may be all digits too, and is no number for it.
            members.append(
                .init(name, integers.contains(name) ? Int64(value).map(JSON.integer) ?? .null : .string(value)))
        }
        return SnapshotHead(.object(members)).map { ($0, rest) }
    }

    // MARK: Rules

    private static func rule(_ line: ArraySlice<UInt8>) -> SnapshotRule? {
        guard let json = try? JSON(parsing: Array(line)),
            let scope = json["scope"]?.stringValue.flatMap(DenyScope.init),
            let value = json["value"]?.stringValue, let issued = json["issued_until"],
            let until = json["matches_until"],
            let issuedUntil = seconds(issued), let matchesUntil = seconds(until)
        else { return nil }
        return SnapshotRule(scope, value, issuedUntil: issuedUntil, matchesUntil: matchesUntil)
    }

    private static func rule(_ cells: [String]) -> SnapshotRule? {
        guard cells.count == 3, let colon = cells[0].unicodeScalars.firstIndex(of: ":"),
            let scope = DenyScope(rawValue: String(cells[0][..<colon])),
            let issued = seconds(cells[1].isEmpty ? .null : Int64(cells[1]).map(JSON.integer) ?? .bool(false)),
            let until = seconds(cells[2].isEmpty ? .null : Int64(cells[2]).map(JSON.integer) ?? .bool(false))
        else { return nil }
        let value = String(cells[0].unicodeScalars[cells[0].unicodeScalars.index(after: colon)...])
        return SnapshotRule(scope, value, issuedUntil: issued, matchesUntil: until)
    }

    private static func listed(_ line: ArraySlice<UInt8>) -> SnapshotRule? {
        String(validating: line, as: UTF8.self).map { SnapshotRule(.token, $0, issuedUntil: nil, matchesUntil: nil) }
    }

    /// The outer nil: not a time.
    private static func seconds(_ json: JSON) -> Int64?? {
        switch json {
        case .null: .some(nil)
        case .integer(let value) where JWTClaims.allowedTimes.contains(value): .some(value)
        default: nil
        }
    }
}

/// Rows of a CSV text as it is written here (RFC 4180): CRLF, cells in quotes where they need it.
private struct CSVRows {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    mutating func next() -> [String]? {
        guard !rest.isEmpty else { return nil }
        var cells: [String] = []
        var cell: [UInt8] = []
        var isQuoted = false
        var index = rest.startIndex
        while index < rest.endIndex {
            let byte = rest[index]
            index += 1
            switch byte {
            case UInt8(ascii: "\""):
                // Two within quotes stand for one.
                if isQuoted, index < rest.endIndex, rest[index] == byte {
                    cell.append(byte)
                    index += 1
                } else {
                    isQuoted.toggle()
                }
            case UInt8(ascii: ",") where !isQuoted:
                cells.append(String(decoding: cell, as: UTF8.self))
                cell = []
            case UInt8(ascii: "\r") where !isQuoted: continue
            case UInt8(ascii: "\n") where !isQuoted:
                rest = rest[index...]
                return cells + [String(decoding: cell, as: UTF8.self)]
            default: cell.append(byte)
            }
        }
        rest = []
        return cells + [String(decoding: cell, as: UTF8.self)]
    }
}
