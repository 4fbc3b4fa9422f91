internal import TokenLifecycle

/// Options whose value may be left out, which the parser does not know: `--watch` and `--watch 500ms`.
enum OptionalValue {
    private static let usual = ["--watch": Watch.usual.text]

    /// Every such option with a value: the one behind it, which begins with a digit, else the usual one.
    static func filled(_ arguments: [String]) -> [String] {
        let end = arguments.firstIndex(of: "--") ?? arguments.endIndex
        var filled: [String] = []
        for index in 0..<end {
            filled.append(arguments[index])
            guard let value = usual[arguments[index]] else { continue }
            let next = index + 1 < end ? arguments[index + 1] : ""
            if next.first?.isASCII != true || next.first?.isNumber != true { filled.append(value) }
        }
        return filled + arguments[end...]
    }
}
