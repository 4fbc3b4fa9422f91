import Foundation
import Testing

/// docs/output.md and docs/exit-codes.md as tables, for comparing them with the program.
enum Document {
    struct Member {
        var name: String
        /// Without the `?`.
        var type: String
        var isOptional: Bool
        var meaning: String
    }

    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "docs")

    /// The cells of every table row, by the heading above it.
    static func rows(of name: String) throws -> [String: [[String]]] {
        let text = try String(contentsOf: folder.appending(path: name), encoding: .utf8)
        var rows: [String: [[String]]] = [:]
        var heading = ""
        for line in text.split(separator: "\n") {
            if line.hasPrefix("#") {
                heading = String(line.drop { $0 == "#" }).trimmingCharacters(in: .whitespaces)
                rows[heading] = []
            } else if line.hasPrefix("|"), !line.hasPrefix("|---") {
                let cells = line.dropFirst().dropLast().split(separator: "|", omittingEmptySubsequences: false)
                rows[heading, default: []].append(cells.map { $0.trimmingCharacters(in: .whitespaces) })
            }
        }
        return rows.mapValues { Array($0.dropFirst()) }
    }

    /// The members of each schema. A heading may name several.
    static func schemas() throws -> [String: [Member]] {
        var schemas: [String: [Member]] = [:]
        for (heading, rows) in try rows(of: "output.md") {
            let isSchema = heading.first?.isLowercase == true
            guard isSchema else { continue }
            for schema in heading.components(separatedBy: ", ") {
                schemas[schema] = rows.map { cells in
                    Member(
                        name: cells[0], type: cells[1].trimmingCharacters(in: ["?"]),
                        isOptional: cells[1].hasSuffix("?"), meaning: cells[2])
                }
            }
        }
        return schemas
    }

    /// The words of each fixed choice.
    static func words() throws -> [String: [String]] {
        let rows = try rows(of: "output.md")["Words"] ?? []
        return Dictionary(
            rows.map { cells in
                (cells[0], cells[1].split(separator: " ").map { $0.trimmingCharacters(in: ["`"]) })
            }, uniquingKeysWith: { first, _ in first })
    }
}

extension Document.Member {
    /// Why `value` is not of this type; nil where it is.
    func objection(to value: Any) -> String? {
        if value is NSNull { return isOptional ? nil : "\(name) is null" }
        let isRight =
            switch type {
            case "string", "id": value is String
            case "time": (value as? String)?.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/) != nil
            case "word": value is String
            case "integer": value is Int && !isBoolean(value)
            case "seconds": value is Double && !isBoolean(value)
            case "boolean": isBoolean(value)
            case "array": value is [Any]
            case "object": value is [String: Any]
            default: false
            }
        return isRight ? nil : "\(name) is no \(type): \(value)"
    }

    /// Foundation bridges `true` to a number.
    private func isBoolean(_ value: Any) -> Bool {
        (value as? NSNumber).map { String(cString: $0.objCType) == "c" } ?? false
    }
}
