import Testing
import TokenConsole
import TokenLifecycle

@Suite struct `Standard input` {
    /// Arrives in pieces of `size`, as a pipe delivers it.
    private func input(_ text: String, piece size: Int) -> Input {
        var rest = Array(text.utf8)[...]
        return Input(isTerminal: false) { () throws(Failure) in
            defer { rest = rest.dropFirst(size) }
            return Array(rest.prefix(size))
        }
    }

    @Test(arguments: [1, 2, 3, 100])
    func `comes in lines, however it arrives`(piece: Int) throws {
        let input = input("one\ntwo\r\n\nlast", piece: piece)
        var lines: [String] = []
        while let line = try input.nextLine() { lines.append(String(decoding: line, as: UTF8.self)) }
        #expect(lines == ["one", "two", "", "last"])
        #expect(try input.nextLine() == nil)
    }

    @Test func `is bounded, whole and by line`() throws {
        #expect(try input("12345", piece: 2).readAll(limit: 5) == Array("12345".utf8))
        #expect(throws: Failure.self) { try input("123456", piece: 2).readAll(limit: 5) }
        #expect(throws: Failure.self) { try input("123456\n", piece: 2).nextLine(limit: 5) }
        #expect(throws: Failure.self) { try input("a\nb\nc\n", piece: 9).ids(limit: 2) }
    }

    @Test(arguments: [1, 3, 100])
    func `skips a line that is too long, and goes on`(piece: Int) throws {
        let input = input("one\n123456\n12345\r\n1234567", piece: piece)
        var lines: [Input.Line] = []
        while let line = try input.nextLineOfAnyLength(keeping: 6) { lines.append(line) }
        #expect(
            lines == [.bytes(Array("one".utf8)), .bytes(Array("123456".utf8)), .bytes(Array("12345".utf8)), .tooLong])
        let shorter = self.input("123456\nab\n", piece: piece)
        #expect(try shorter.nextLineOfAnyLength(keeping: 5) == .tooLong)
        #expect(try shorter.nextLineOfAnyLength(keeping: 5) == .bytes(Array("ab".utf8)))
        #expect(try shorter.nextLineOfAnyLength(keeping: 5) == nil)
    }

    @Test func `of ids must be UTF-8`() {
        let input = Input(isTerminal: false) { () throws(Failure) in [0xFF, 0x0A] }
        let failure = #expect(throws: Failure.self) { try input.ids() }
        #expect(failure?.kind == .malformed)
    }
}
