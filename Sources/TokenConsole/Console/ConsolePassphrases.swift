internal import Glibc
internal import TokenLifecycle

extension Console {
    /// Who is asked for the passphrase of a master key: the file that `TOKENCTL_MASTER_KEY_PASSPHRASE_FILE` names, else the
    /// person at the terminal. Never an argument, never the environment itself.
    var passphrases: PassphraseSource {
        if let file = variable("TOKENCTL_MASTER_KEY_PASSPHRASE_FILE") {
            return PassphraseSource { _, _ throws(Failure) in try Self.readPassphrase(file) }
        }
        guard canAsk else {
            return PassphraseSource { path, _ throws(Failure) in
                throw Failure(
                    .notPermitted, "the master key \(path) needs a passphrase, and nobody can be asked",
                    hint: "run this on a terminal, or name a file that holds it in TOKENCTL_MASTER_KEY_PASSPHRASE_FILE")
            }
        }
        let person = Person(prompter: prompter)
        return PassphraseSource { path, purpose throws(Failure) in try person.passphrase(path, purpose) }
    }

    /// One newline at its end is the editor's.
    private static func readPassphrase(_ path: String) throws(Failure) -> Passphrase {
        var status = stat()
        if stat(path, &status) == 0, status.st_mode & 0o077 != 0 {
            throw Failure(.notPermitted, "the passphrase file \(path) can be read by others", hint: "chmod 600 it")
        }
        var bytes = try InputFile.read(path, limit: 4096)
        if bytes.last == 0x0A { bytes.removeLast() }
        guard !bytes.isEmpty else { throw Failure(.malformed, "the passphrase file \(path) is empty") }
        return Passphrase(bytes)
    }
}

/// `@unchecked Sendable`: a console runs one command at a time on one thread, and the store asks only from within its calls.
private struct Person: @unchecked Sendable {
    let prompter: Prompter

    func passphrase(_ path: String, _ purpose: PassphraseSource.Purpose) throws(Failure) -> Passphrase {
        switch purpose {
        case .opening: return try ask("passphrase of \(Escaping.visible(path)): ")
        case .protecting:
            let first = try ask("new passphrase for \(Escaping.visible(path)): ")
            guard try ask("the same again: ").isSame(as: first) else {
                throw Failure(.refused, "the two passphrases differ; nothing was changed")
            }
            return first
        }
    }

    private func ask(_ question: String) throws(Failure) -> Passphrase {
        guard let answer = try prompter.ask(question, echoing: false), !answer.isEmpty else {
            throw Failure(.refused, "no passphrase was given; nothing was changed")
        }
        return Passphrase(Array(answer.utf8))
    }
}
