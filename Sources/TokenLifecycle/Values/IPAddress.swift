package import TokenStorage

/// An IP address as 16 bytes in network order; IPv4 as IPv6-mapped (`::ffff:a.b.c.d`, RFC 4291 §2.5.5.2), so that one
/// column holds both and a range of either is one range of bytes.
package struct IPAddress: Hashable, Comparable, Sendable {
    /// Always 16 bytes.
    package let bytes: [UInt8]

    init?(bytes: [UInt8]) {
        guard bytes.count == 16 else { return nil }
        self.bytes = bytes
    }

    /// Reads IPv4 in dotted decimal (no leading zeros: some readers take them for octal) or IPv6 (RFC 4291 §2.2).
    ///
    /// A zone (`%eth0`) means something on one host only, and is refused.
    package init(_ text: String) throws(Failure) {
        guard let bytes = Self.mapped(ipv4: Substring(text)) ?? Self.groups(ipv6: Substring(text)) else {
            throw Failure(.usage, "cannot read '\(text.prefix(60))' as an IP address")
        }
        self.bytes = bytes
    }

    package var isIPv4: Bool { bytes.starts(with: Self.mappedPrefix) }

    package static func < (a: IPAddress, b: IPAddress) -> Bool { a.bytes.lexicographicallyPrecedes(b.bytes) }

    static let mappedPrefix: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]

    private static func mapped(ipv4 text: Substring) -> [UInt8]? {
        guard let four = octets(text) else { return nil }
        return mappedPrefix + four
    }

    private static func octets(_ text: Substring) -> [UInt8]? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var octets: [UInt8] = []
        for part in parts {
            guard (1...3).contains(part.utf8.count), part.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
                part == "0" || part.first != "0", let octet = UInt8(part)
            else { return nil }
            octets.append(octet)
        }
        return octets
    }

    private static func groups(ipv6 text: Substring) -> [UInt8]? {
        let halves = text.split(separator: "::", maxSplits: 2, omittingEmptySubsequences: false)
        switch halves.count {
        case 1:
            guard let all = group(text, mayEndInIPv4: true), all.count == 16 else { return nil }
            return all
        case 2:
            guard let head = group(halves[0], mayEndInIPv4: false), let tail = group(halves[1], mayEndInIPv4: true),
                head.count + tail.count <= 14
            else { return nil }
            return head + [UInt8](repeating: 0, count: 16 - head.count - tail.count) + tail
        default: return nil
        }
    }

    private static func group(_ text: Substring, mayEndInIPv4: Bool) -> [UInt8]? {
        guard !text.isEmpty else { return [] }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        var bytes: [UInt8] = []
        for (index, part) in parts.enumerated() {
            if mayEndInIPv4, index == parts.count - 1, part.contains("."), let four = octets(part) {
                bytes += four
            } else {
                guard (1...4).contains(part.utf8.count), part.utf8.allSatisfy({ Unicode.Scalar($0).isHexDigit }),
                    let value = UInt16(part, radix: 16)
                else { return nil }
                bytes += [UInt8(value >> 8), UInt8(value & 0xFF)]
            }
        }
        return bytes
    }
}

extension Unicode.Scalar {
    fileprivate var isHexDigit: Bool { properties.isASCIIHexDigit }
}

extension IPAddress: CustomStringConvertible {
    /// Dotted decimal, or the IPv6 text of RFC 5952: lower case, the longest run of zero groups as `::`.
    package var description: String {
        if isIPv4 { return bytes[12...].map(String.init).joined(separator: ".") }
        let groups = stride(from: 0, to: 16, by: 2).map { UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]) }
        let hex = groups.map { String($0, radix: 16) }
        guard let zeros = Self.longestZeroRun(groups) else { return hex.joined(separator: ":") }
        return hex[..<zeros.lowerBound].joined(separator: ":") + "::" + hex[zeros.upperBound...].joined(separator: ":")
    }

    /// The first of the longest runs of at least two zero groups (RFC 5952 §4.2).
    private static func longestZeroRun(_ groups: [UInt16]) -> Range<Int>? {
        var best: Range<Int>?
        var start = 0
        while start < groups.count {
            let end = groups[start...].firstIndex { $0 != 0 } ?? groups.count
            if end - start >= 2, end - start > (best?.count ?? 0) { best = start..<end }
            start = end + 1
        }
        return best
    }
}

extension IPAddress: SQLBindable, SQLDecodable {
    package var sqlValue: SQLValue { .blob(bytes) }

    package init(sqlValue: SQLValue) throws(StorageError) {
        guard let address = IPAddress(bytes: try [UInt8](sqlValue: sqlValue)) else {
            throw StorageError(.corrupt, "an IP address in the store is not 16 bytes long")
        }
        self = address
    }
}
