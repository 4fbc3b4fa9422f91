internal import CFuzzer
internal import Glibc
internal import Planted

/// Hands itself over to libFuzzer, whose options and folders the arguments are. Which reader gets the inputs, `TOKENCTL_FUZZ`
/// says.
@main struct Fuzz {
    static func main() {
        var count = CommandLine.argc
        var words: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
        _ = Reader.chosen
        exit(
            fuzz(&count, &words) { start, count in
                Reader.chosen(Array(UnsafeBufferPointer(start: start, count: count)))
                return 0
            })
    }
}

/// The readers of bytes from outside. Each gives an input to one of them and demands what must hold of whatever it accepts;
/// refusing is always right. That nothing but the declared error comes out is the compiler's to prove: their throws are typed.
enum Reader {
    private static let all: [String: @Sendable ([UInt8]) -> Void] = [
        "base64url": base64URL, "json": json, "jws": jws, "keys": keys, "tokens": opaqueTokens, "denylist": denylist,
        "shell": shellWords,
    ]

    static let chosen: @Sendable ([UInt8]) -> Void = {
        guard let name = getenv("TOKENCTL_FUZZ").map({ String(cString: $0) }), let reader = all[name] else {
            fatalError("TOKENCTL_FUZZ names none of \(all.keys.sorted())")
        }
        return reader
    }()
}

/// The fault to be found, where one was asked for.
private let planted = Planted(isThere: getenv("TOKENCTL_FUZZ_PLANTED") != nil)

/// Where a reader has accepted a text, a number.
func mayBePlanted(_ text: String?) { planted.look(at: text) }
func mayBePlanted(_ number: UInt32) { planted.look(at: number) }

/// Stops the fuzzer at the input that broke a promise; one that throws is broken too.
func promise(_ holds: @autoclosure () throws -> Bool, _ what: StaticString) {
    do {
        guard try holds() else { fatalError("broken: \(what)") }
    } catch {
        fatalError("broken: \(what): \(error)")
    }
}

/// Stops the fuzzer where an error repeats its input: what was refused may have been a secret, and errors are shown and logged.
///
/// Compared by hand: libFuzzer watches `memcmp` and its like, would learn the error's words from them, and put them into inputs.
func promiseSilence(_ error: String, about input: [UInt8]) {
    let window = 12
    let text = Array(error.utf8)
    guard text.count >= window, input.count >= window else { return }
    for start in 0...(text.count - window) {
        var place = 0
        while place <= input.count - window {
            if input[place] == text[start], (1..<window).allSatisfy({ input[place + $0] == text[start + $0] }) {
                fatalError("broken: an error repeats its input: \(error)")
            }
            place += 1
        }
    }
}

extension [UInt8] {
    /// The same with one element replaced; which one, and by what, the input itself decides.
    func changedOnce(among choices: [UInt8]) -> [UInt8] {
        let sum = reduce(into: UInt32(2_166_136_261)) { $0 = ($0 ^ UInt32($1)) &* 16_777_619 }
        let place = Int(sum >> 8) % count
        let others = choices.filter { $0 != self[place] }
        var changed = self
        changed[place] = others[Int(sum & 0xFF) % others.count]
        return changed
    }
}
