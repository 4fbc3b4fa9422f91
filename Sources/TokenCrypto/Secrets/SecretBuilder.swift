/// Puts a secret text together without leaving pieces of it behind: what it outgrows is wiped.
package struct SecretBuilder: ~Copyable {
    private var storage: SecretBytes
    private var used = 0

    package init(capacity: Int = 512) {
        storage = SecretBytes(count: max(capacity, 64))
    }

    package mutating func append(_ bytes: UnsafeRawBufferPointer) {
        append(count: bytes.count) { $0.copyMemory(from: bytes) }
    }

    package mutating func append(_ bytes: borrowing SecretBytes) {
        let count = bytes.count
        append(count: count) { room in bytes.withUnsafeBytes { room.copyMemory(from: $0) } }
    }

    package mutating func append(_ text: some StringProtocol) {
        for byte in text.utf8 { append(count: 1) { $0[0] = byte } }
    }

    /// Appends `count` bytes that `fill` writes in place.
    package mutating func append(count: Int, filledBy fill: (UnsafeMutableRawBufferPointer) -> Void) {
        if used + count > storage.count { grow(toHold: used + count) }
        let start = used
        storage.withUnsafeMutableBytes { fill(UnsafeMutableRawBufferPointer(rebasing: $0[start..<start + count])) }
        used += count
    }

    package consuming func finish() -> SecretBytes {
        let count = used
        return storage.withUnsafeBytes { SecretBytes(copying: UnsafeRawBufferPointer(rebasing: $0[..<count])) }
    }

    private mutating func grow(toHold needed: Int) {
        var larger = SecretBytes(count: max(needed, storage.count * 2))
        larger.withUnsafeMutableBytes { room in storage.withUnsafeBytes { room.copyMemory(from: $0) } }
        storage = larger
    }
}
