/// A fault on purpose, to know that the fuzzers find one: `scripts/fuzz --planted`.
///
/// It sits where a bug would, behind a reader that has accepted its input, and wants four bytes in a row there. In a module of
/// its own because what hits it must be measured as the product's modules are, and the promises are not; and never inlined into
/// these.
public struct Planted: Sendable {
    private let isThere: Bool

    public init(isThere: Bool) { self.isThere = isThere }

    /// Stops the fuzzer at a text of four bytes, compared as a `switch` over names compares.
    @inline(never) public func look(at text: String?) {
        guard isThere, let text, text == "Zq7_" else { return }
        fatalError("broken: planted text")
    }

    /// The same for a number of 32 bits, in one comparison.
    @inline(never) public func look(at number: UInt32) {
        guard isThere, number == 0xDEAD_0B0F else { return }
        fatalError("broken: planted number")
    }
}
