internal import TokenJOSE

/// Writes a snapshot in one of its formats: head, rules one by one, signature.
struct SnapshotWriter {
    private let format: SnapshotFormat
    private(set) var bytes: [UInt8] = []
    private var isFirst = true

    init(_ format: SnapshotFormat, _ head: SnapshotHead, rules: Int) {
        self.format = format
        bytes.reserveCapacity(512 + rules * 80)
        let schema = JSON.Member("schema", .string(SnapshotHead.schema))
        let members = [schema] + head.members.map { .init($0.name, $0.value) }
        switch format {
        case .ndjson: write(JSON.object(members).text + "\n")
        case .json: write(JSON.object(members).text.dropLast() + ",\"rules\":[")
        case .csv:
            write("denies,issued_until,matches_until\r\n")
            for (name, value) in head.members { write("\(name):\(value.stringValue ?? value.text),,\r\n") }
        case .txt:
            for (name, value) in head.members { write("# \(name): \(value.stringValue ?? value.text)\n") }
        }
    }

    mutating func add(_ rule: SnapshotRule) {
        switch format {
        case .ndjson:
            object(rule)
            byte("\n")
        case .json:
            write(isFirst ? "\n" : ",\n")
            object(rule)
        case .csv: row(rule)
        case .txt:
            write(rule.value)
            byte("\n")
        }
        isFirst = false
    }

    /// Ends the part that is signed.
    mutating func endRules() {
        if format == .json { write("\n],\n") }
    }

    mutating func sign(_ signature: String) {
        switch format {
        case .ndjson: write("{\"signature\":\"\(signature)\"}\n")
        case .json: write("\"signature\":\"\(signature)\"}\n")
        case .csv: write("signature:\(signature),,\r\n")
        case .txt: write("# signature: \(signature)\n")
        }
    }

    // MARK: Bytes

    private mutating func object(_ rule: SnapshotRule) {
        write("{\"scope\":\"")
        write(rule.scope.rawValue)
        write("\",\"value\":\"")
        // Rare: then what is not plain ASCII stands as escapes, and a record is one line to every reader.
        if rule.value.utf8.contains(where: { $0 >= 0x7F || $0 < 0x20 || $0 == 0x22 || $0 == 0x5C }) {
            escaped(rule.value)
        } else {
            write(rule.value)
        }
        limits(rule)
    }

    private mutating func escaped(_ value: String) {
        for unit in value.utf16 {
            switch unit {
            case 0x22: write("\\\"")
            case 0x5C: write("\\\\")
            case 0x20..<0x7F: bytes.append(UInt8(unit))
            default:
                let digits = String(unit, radix: 16)
                write("\\u" + String(repeating: "0", count: 4 - digits.count) + digits)
            }
        }
    }

    private mutating func limits(_ rule: SnapshotRule) {
        write("\",\"issued_until\":")
        write(rule.issuedUntil.map(String.init) ?? "null")
        write(",\"matches_until\":")
        write(rule.matchesUntil.map(String.init) ?? "null")
        byte("}")
    }

    /// The scope goes first, so no cell begins with what a spreadsheet would run.
    private mutating func row(_ rule: SnapshotRule) {
        let cell = "\(rule.scope.rawValue):\(rule.value)"
        let isQuoted = cell.utf8.contains { $0 == 0x22 || $0 == 0x2C || $0 == 0x0A || $0 == 0x0D }
        // By scalars: with a combining character behind it a quote is another `Character`, and still ends the cell.
        let parts = cell.unicodeScalars.split(separator: "\"", omittingEmptySubsequences: false).map(String.init)
        write(isQuoted ? "\"\(parts.joined(separator: "\"\""))\"" : cell)
        byte(",")
        if let until = rule.issuedUntil { write(String(until)) }
        byte(",")
        if let until = rule.matchesUntil { write(String(until)) }
        write("\r\n")
    }

    private mutating func write(_ text: some StringProtocol) { bytes.append(contentsOf: text.utf8) }

    private mutating func byte(_ character: Unicode.Scalar) { bytes.append(UInt8(ascii: character)) }
}
