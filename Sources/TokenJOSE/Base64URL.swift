package import TokenCrypto

/// Why a text is not base64url.
package enum Base64URLError: String, Error, Equatable, Sendable {
    /// A byte outside the alphabet: padding, whitespace, `+` and `/` among them.
    case invalidByte = "invalid_byte"
    /// No whole number of bytes has an encoding of this length.
    case invalidLength = "invalid_length"
    /// The last character carries bits that belong to no byte: a second spelling of the same value.
    case strayBits = "stray_bits"

    /// For a person.
    var sentence: String {
        switch self {
        case .invalidByte: "it is not base64url without padding"
        case .invalidLength: "a part of it is cut short"
        case .strayBits: "a part of it does not end where base64url ends"
        }
    }
}

/// base64url without padding (RFC 4648 §5, RFC 7515 §2), read strictly: every value has one spelling.
package enum Base64URL {
    package static func encode(_ bytes: [UInt8]) -> String {
        bytes.withUnsafeBytes { source in
            String(unsafeUninitializedCapacity: encodedCount(source.count)) { encode(source, into: $0) }
        }
    }

    /// The same as ASCII, for much of it.
    static func encodedBytes(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        bytes.withUnsafeBytes { source in
            [UInt8](unsafeUninitializedCapacity: encodedCount(source.count)) { room, count in
                count = encode(source, into: room)
            }
        }
    }

    package static func decode(_ text: String) throws(Base64URLError) -> [UInt8] {
        try decode(Array(text.utf8))
    }

    package static func decode(_ text: [UInt8]) throws(Base64URLError) -> [UInt8] {
        try decode(text[...])
    }

    package static func decode(_ text: ArraySlice<UInt8>) throws(Base64URLError) -> [UInt8] {
        let outcome = text.withUnsafeBytes { source -> Result<[UInt8], Base64URLError> in
            do throws(Base64URLError) {
                var bytes = [UInt8](repeating: 0, count: try decodedCount(source.count))
                try bytes.withUnsafeMutableBytes { (room) -> Result<Void, Base64URLError> in
                    do throws(Base64URLError) { return .success(try decode(source, into: room)) } catch {
                        return .failure(error)
                    }
                }.get()
                return .success(bytes)
            } catch { return .failure(error) }
        }
        return try outcome.get()
    }

    // MARK: Secrets
    // Table look-ups leave traces in the cache that only someone on the same machine could read, and who can measure our
    // memory accesses has better ways; nothing here copies a secret outside wiped memory.

    static func decodeSecret(_ text: UnsafeRawBufferPointer) throws(Base64URLError) -> SecretBytes {
        let count = try decodedCount(text.count)
        return try SecretBytes(unsafeUninitializedCapacity: count) { (room, initialized) throws(Base64URLError) in
            try decode(text, into: room)
            initialized = count
        }
    }

    package static func append(_ secret: borrowing SecretBytes, to builder: inout SecretBuilder) {
        let count = secret.count
        builder.append(count: encodedCount(count)) { room in
            secret.withUnsafeBytes { source in _ = encode(source, into: room.assumingMemoryBound(to: UInt8.self)) }
        }
    }

    // MARK: The code

    private static func encodedCount(_ count: Int) -> Int { (count * 8 + 5) / 6 }

    private static func decodedCount(_ count: Int) throws(Base64URLError) -> Int {
        guard count % 4 != 1 else { throw .invalidLength }
        return count * 6 / 8
    }

    /// Returns how many characters it wrote.
    private static func encode(
        _ source: UnsafeRawBufferPointer, into room: UnsafeMutableBufferPointer<UInt8>
    ) -> Int {
        alphabet.withUnsafeBufferPointer { alphabet in
            var read = 0
            var written = 0
            // Three bytes are four characters.
            while read + 3 <= source.count {
                let group = Int(source[read]) << 16 | Int(source[read + 1]) << 8 | Int(source[read + 2])
                room[written] = alphabet[group >> 18]
                room[written + 1] = alphabet[group >> 12 & 63]
                room[written + 2] = alphabet[group >> 6 & 63]
                room[written + 3] = alphabet[group & 63]
                read += 3
                written += 4
            }
            var pending = 0
            var bits = 0
            while read < source.count {
                pending = pending << 8 | Int(source[read])
                bits += 8
                read += 1
            }
            while bits > 0 {
                bits -= 6
                room[written] = alphabet[(bits >= 0 ? pending >> bits : pending << -bits) & 63]
                written += 1
            }
            return written
        }
    }

    private static func decode(
        _ source: UnsafeRawBufferPointer, into room: UnsafeMutableRawBufferPointer
    ) throws(Base64URLError) {
        let outcome = values.withUnsafeBufferPointer { values -> Result<Void, Base64URLError> in
            var read = 0
            var written = 0
            // Four characters are three bytes; what is outside the alphabet has the bits above six.
            while read + 4 <= source.count {
                let first = UInt32(values[Int(source[read])])
                let second = UInt32(values[Int(source[read + 1])])
                let third = UInt32(values[Int(source[read + 2])])
                let fourth = UInt32(values[Int(source[read + 3])])
                guard first | second | third | fourth < 64 else { return .failure(.invalidByte) }
                let group = first << 18 | second << 12 | third << 6 | fourth
                room[written] = UInt8(truncatingIfNeeded: group >> 16)
                room[written + 1] = UInt8(truncatingIfNeeded: group >> 8)
                room[written + 2] = UInt8(truncatingIfNeeded: group)
                read += 4
                written += 3
            }
            var pending: UInt32 = 0
            var bits = 0
            while read < source.count {
                let value = values[Int(source[read])]
                guard value < 64 else { return .failure(.invalidByte) }
                pending = pending << 6 | UInt32(value)
                bits += 6
                if bits >= 8 {
                    bits -= 8
                    room[written] = UInt8(truncatingIfNeeded: pending >> bits)
                    written += 1
                }
                read += 1
            }
            return pending & (1 << bits - 1) == 0 ? .success(()) : .failure(.strayBits)
        }
        try outcome.get()
    }

    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    /// The value of each character; 255 for those outside the alphabet.
    private static let values: [UInt8] = {
        var values = [UInt8](repeating: 255, count: 256)
        for (value, character) in alphabet.enumerated() { values[Int(character)] = UInt8(value) }
        return values
    }()
}
