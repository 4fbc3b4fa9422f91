import Foundation
import Testing
import TokenCrypto

/// Test vectors that nobody here wrote. They lie beside the repository, not in it; without them the tests that need them are
/// skipped, and say so in their condition.
enum Vectors {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "shared/vectors")
    static var arePresent: Bool { FileManager.default.fileExists(atPath: folder.path) }

    static func wycheproof<Group: Decodable>(_ name: String, _ type: Group.Type) throws -> [Group] {
        let data = try Data(contentsOf: folder.appending(path: "wycheproof/\(name)_test.json"))
        return try JSONDecoder().decode(Suite<Group>.self, from: data).testGroups
    }

    private struct Suite<Group: Decodable>: Decodable {
        let testGroups: [Group]
    }
}

extension Trait where Self == ConditionTrait {
    static var withVectors: Self { .enabled(if: Vectors.arePresent, "needs ../shared/vectors beside the repository") }
}

/// Bytes written in hexadecimal; spaces are for the reader.
func hex(_ text: String) -> [UInt8] {
    let digits = text.filter { !$0.isWhitespace }.compactMap(\.hexDigitValue)
    return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
}

func secret(_ text: String) -> SecretBytes { SecretBytes(copying: hex(text)) }

func array(_ secret: borrowing SecretBytes) -> [UInt8] { secret.withUnsafeBytes { Array($0) } }

func array(_ secret: consuming SecretBytes?) -> [UInt8]? {
    switch consume secret {
    case .some(let secret): secret.withUnsafeBytes { Array($0) }
    case nil: nil
    }
}
