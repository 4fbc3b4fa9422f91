/// A range of addresses in CIDR notation (RFC 4632), or one address.
package struct IPNetwork: Hashable, Sendable {
    /// The lowest address of the range.
    package let first: IPAddress
    /// The highest address of the range.
    package let last: IPAddress
    /// Bits that all addresses share, 0 to 128; an IPv4 `/24` is 120 here.
    package let prefix: Int

    /// Reads `10.0.0.0/8`, `2001:db8::/32` or a single address.
    ///
    /// Bits beyond the prefix are refused, because `10.1.2.3/8` may mean the network or the host.
    package init(_ text: String) throws(Failure) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        let address = try IPAddress(String(parts[0]))
        let width = address.isIPv4 && !parts[0].contains(":") ? 32 : 128
        var bits = width
        if parts.count == 2 {
            guard (1...3).contains(parts[1].utf8.count), parts[1] == "0" || parts[1].first != "0",
                parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }), let count = Int(parts[1]), count <= width
            else {
                throw Failure(
                    .usage, "cannot read '\(text.prefix(60))' as a network", hint: "the prefix is 0 to \(width)")
            }
            bits = count
        }
        let network = try Self(containing: address, prefix: bits + 128 - width)
        guard network.first == address else {
            throw Failure(
                .usage, "\(text.prefix(60)) has bits beyond its prefix",
                hint: "the network is \(network), the host alone \(address)")
        }
        self = network
    }

    private init(containing address: IPAddress, prefix: Int) throws(Failure) {
        var low = address.bytes
        var high = address.bytes
        for index in low.indices {
            let kept = max(0, min(8, prefix - index * 8))
            let hostBits = UInt8(truncatingIfNeeded: 0xFF >> kept)
            low[index] &= ~hostBits
            high[index] |= hostBits
        }
        guard let first = IPAddress(bytes: low), let last = IPAddress(bytes: high) else {
            throw Failure(.bug, "an address of \(low.count) bytes")
        }
        (self.first, self.last, self.prefix) = (first, last, prefix)
    }

    package func contains(_ address: IPAddress) -> Bool { (first...last).contains(address) }
}

extension IPNetwork: CustomStringConvertible {
    package var description: String {
        if prefix == 128 { return first.description }
        return first.isIPv4 && prefix >= 96 ? "\(first)/\(prefix - 96)" : "\(first)/\(prefix)"
    }
}
