internal import Glibc
internal import TokenCrypto
internal import TokenJOSE

/// A master key in its file: one line, a JWK, or that JWK protected by a passphrase (RFC 7518 §4.8).
enum MasterKeyFile {
    case open(MasterKey)
    /// The protected text; only the passphrase says which key is in it.
    case locked(String)

    /// The text, where it is protected.
    var protected: String? { if case .locked(let text) = self { text } else { nil } }

    /// Nil where nothing has this name. Fails with `.notPermitted` where others may read it, `.malformed` for anything
    /// that is no master key.
    init?(at path: String) throws(Failure) {
        var status = stat()
        guard stat(path, &status) == 0 else {
            if errno == EACCES { throw Failure(.notPermitted, "not permitted to read the master key \(path)") }
            return nil
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw Failure(.malformed, "the master key \(path) is not a file")
        }
        guard status.st_mode & 0o077 == 0 else {
            throw Failure(
                .notPermitted, "the master key \(path) can be read by others",
                hint: "chmod 600 it, and consider what read it meanwhile: 'tokenctl key rewrap'")
        }
        let content = try InputFile.read(path, limit: 8192).trimmingNewline
        if let key = MasterKey(jwk: SecretBytes(copying: content)) {
            self = .open(key)
        } else if let text = String(validating: content, as: UTF8.self), PassphraseProtected.isProtected(text) {
            self = .locked(text)
        } else {
            throw Failure(
                .malformed,
                "\(path) is not a master key: it should be a JWK of type oct with 256 bits, or one protected "
                    + "by a passphrase")
        }
    }

    /// What a file holds: the key as it is, or protected.
    static func content(_ key: MasterKey, passphrase: Passphrase?) throws(Failure) -> [UInt8] {
        let jwk = key.jwkText()
        guard let passphrase else { return jwk.withUnsafeBytes { Array($0) } + [UInt8(ascii: "\n")] }
        do {
            let text = try PassphraseProtected.seal(jwk, passphrase: passphrase.bytes, contentType: "jwk+json")
            return Array(text.utf8) + [UInt8(ascii: "\n")]
        } catch {
            throw Failure(.bug, "the master key could not be protected: \(error)")
        }
    }

    static func unlock(_ text: String, _ passphrase: Passphrase, path: String) throws(Failure) -> MasterKey {
        let jwk: SecretBytes
        do { jwk = try PassphraseProtected.open(text, passphrase: passphrase.bytes) } catch {
            guard error.reason == .doesNotOpen else {
                throw Failure(.malformed, "\(path) is not a master key that we protect: \(error)")
            }
            throw Failure(
                .notPermitted, "the passphrase does not open the master key \(path)",
                hint: "or the file was damaged; there is no way in without both")
        }
        guard let key = MasterKey(jwk: jwk) else {
            throw Failure(.malformed, "what \(path) protects is not a master key")
        }
        return key
    }
}

/// A passphrase in memory, wiped when its last owner ends.
package final class Passphrase: Sendable {
    let bytes: SecretBytes

    /// The least length of a new one, in bytes: it stands alone between a stolen file and every signing key.
    package static let leastLength = 12

    package init(_ bytes: [UInt8]) {
        self.bytes = SecretBytes(copying: bytes)
    }

    package var length: Int { bytes.count }

    package func isSame(as other: Passphrase) -> Bool { ConstantTime.equal(bytes, other.bytes) }
}

/// Who is asked for passphrases: a person at a terminal, or a file.
package struct PassphraseSource: Sendable {
    package enum Purpose: Sendable {
        /// Opens a file that is protected.
        case opening
        /// Will protect a new file: a person is asked twice.
        case protecting
    }

    private let answer: @Sendable (_ path: String, Purpose) throws(Failure) -> Passphrase

    package init(_ answer: @escaping @Sendable (_ path: String, Purpose) throws(Failure) -> Passphrase) {
        self.answer = answer
    }

    /// Nobody and nothing: `.notPermitted`.
    package static let none = PassphraseSource { path, _ throws(Failure) in
        throw Failure(
            .notPermitted, "the master key \(path) is protected by a passphrase, and nobody can be asked for it")
    }

    /// Fails with `.usage` where a new one is too short.
    func ask(_ path: String, _ purpose: Purpose) throws(Failure) -> Passphrase {
        let passphrase = try answer(path, purpose)
        guard purpose == .opening || passphrase.length >= Passphrase.leastLength else {
            throw Failure(
                .usage, "a passphrase needs at least \(Passphrase.leastLength) bytes", hint: "five random words do")
        }
        return passphrase
    }
}
