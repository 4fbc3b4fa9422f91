package import TokenLifecycle

/// Lines for the shell from somewhere else than a person.
package struct Script {
    private let name: String?
    private let next: () throws(Failure) -> [UInt8]?
    private var number = 0

    /// Where the line read last stands: `stdin:3`. Nil for a command that stands alone.
    var place: String? { name.map { "\($0):\(number)" } }

    package init(standardInput: Input) {
        name = "stdin"
        next = { () throws(Failure) in try standardInput.nextLine() }
    }

    /// The whole file is read first: what it does to itself changes nothing any more.
    package init(file path: String) throws(Failure) {
        let bytes = try InputFile.read(path, limit: 16 << 20)
        var lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false).makeIterator()
        name = Escaping.visible(path)
        next = { () throws(Failure) in lines.next().map { Array($0.last == 0x0D ? $0.dropLast() : $0) } }
    }

    package init(commands: [String]) {
        var rest = commands.makeIterator()
        name = commands.count > 1 ? "-c" : nil
        next = { () throws(Failure) in rest.next().map { Array($0.utf8) } }
    }

    mutating func nextLine() throws(Failure) -> String? {
        guard let bytes = try next() else { return nil }
        number += 1
        guard let line = String(validating: bytes, as: UTF8.self) else {
            throw Failure(.malformed, "\(place ?? "the command") is not UTF-8 text")
        }
        return line
    }
}
