import Foundation
import Testing
import TokenCrypto
import TokenJOSE

/// Inputs that nobody here wrote. They lie beside the repository, not in it; without them the tests that need them are
/// skipped, and say so in their condition.
enum Shared {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "shared")
    static var isPresent: Bool { FileManager.default.fileExists(atPath: folder.path) }

    static func bytes(_ path: String) throws -> [UInt8] {
        Array(try Data(contentsOf: folder.appending(path: path)))
    }

    /// Read with our own reader: the vectors nest a little deeper than tokens may.
    static func json(_ path: String) throws -> JSON {
        try JSON(parsing: bytes(path), limits: JSONLimits(maximumDepth: 16, maximumBytes: 1 << 22))
    }

    static func lines(_ path: String) throws -> [String] {
        try String(decoding: bytes(path), as: UTF8.self).split(separator: "\n").map(String.init)
    }
}

extension Trait where Self == ConditionTrait {
    static var withShared: Self { .enabled(if: Shared.isPresent, "needs ../shared beside the repository") }
}

func secret(_ text: String) -> SecretBytes { SecretBytes(copying: Array(text.utf8)) }

func array(_ secret: borrowing SecretBytes) -> [UInt8] { secret.withUnsafeBytes { Array($0) } }

func text(_ secret: borrowing SecretBytes) -> String { String(decoding: array(secret), as: UTF8.self) }

/// The code of the JOSEError that `body` throws; nil when it throws none.
func refusal(_ body: () throws -> Void) -> String? {
    do { try body() } catch let error as JOSEError { return error.code } catch { return "another error: \(error)" }
    return nil
}
