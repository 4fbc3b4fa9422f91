internal import ShellWords
internal import TokenLifecycle

extension Reader {
    /// Quoted as they came out, the words come out again.
    static func shellWords(_ bytes: [UInt8]) {
        let line = String(decoding: bytes, as: UTF8.self)
        do throws(Failure) {
            let commands = try Words.words(in: line)
            for word in commands.joined() { mayBePlanted(word.text) }
            promise(commands.allSatisfy { !$0.isEmpty }, "shell: a command without words")
            let again = commands.map { $0.map { quoted($0.text) }.joined(separator: " ") }.joined(separator: ";")
            promise(
                try Words.words(in: again).map { $0.map { Array($0.text.utf8) } }
                    == commands.map { $0.map { Array($0.text.utf8) } },
                "shell: quoted words are other words")
            promise(try Words.words(in: again).allSatisfy { $0.allSatisfy(\.isLiteral) }, "shell: quoted, not literal")
        } catch {
            promise(error.kind == .usage, "shell: refused as something else")
            promiseSilence(error.message, about: bytes)
        }
    }

    private static func quoted(_ word: String) -> String {
        var text = ""
        for scalar in word.unicodeScalars {
            if scalar == "\"" || scalar == "\\" { text.unicodeScalars.append("\\") }
            text.unicodeScalars.append(scalar)
        }
        return "\"" + text + "\""
    }
}
