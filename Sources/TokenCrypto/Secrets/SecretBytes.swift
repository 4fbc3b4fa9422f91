internal import COpenSSL

/// Bytes that must not outlive their use: one owner, wiped when it ends, and no way to print them.
///
/// `@unchecked Sendable`: the memory has exactly one owner, and changes only inside `init` and `mutating` calls.
package struct SecretBytes: ~Copyable, @unchecked Sendable {
    private let memory: UnsafeMutableRawBufferPointer
    package let count: Int

    /// `count` zero bytes.
    package init(count: Int) {
        self.init(unsafeUninitializedCapacity: count) { memory, initialized in
            memory.initializeMemory(as: UInt8.self, repeating: 0)
            initialized = count
        }
    }

    /// A copy. The source is the caller's to forget; prefer to read secrets into a `SecretBytes` from the start.
    package init(copying bytes: [UInt8]) {
        self.init(unsafeUninitializedCapacity: bytes.count) { memory, initialized in
            memory.copyBytes(from: bytes)
            initialized = bytes.count
        }
    }

    package init(copying bytes: UnsafeRawBufferPointer) {
        self.init(unsafeUninitializedCapacity: bytes.count) { memory, initialized in
            memory.copyMemory(from: bytes)
            initialized = bytes.count
        }
    }

    /// Room for `capacity` bytes, of which `initializer` fills the first so many as it says.
    package init<Failure: Error>(
        unsafeUninitializedCapacity capacity: Int,
        initializingWith initializer: (UnsafeMutableRawBufferPointer, inout Int) throws(Failure) -> Void
    ) throws(Failure) {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: capacity, alignment: 16)
        var initialized = 0
        do {
            try initializer(memory, &initialized)
        } catch {
            OPENSSL_cleanse(memory.baseAddress, memory.count)
            memory.deallocate()
            throw error
        }
        precondition((0...capacity).contains(initialized), "initialized more than there was room for")
        self.memory = memory
        self.count = initialized
    }

    deinit {
        OPENSSL_cleanse(memory.baseAddress, memory.count)
        memory.deallocate()
    }

    package var isEmpty: Bool { count == 0 }

    package borrowing func withUnsafeBytes<Result: ~Copyable, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(UnsafeRawBufferPointer(rebasing: memory[..<count]))
    }

    package mutating func withUnsafeMutableBytes<Result: ~Copyable, Failure: Error>(
        _ body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(UnsafeMutableRawBufferPointer(rebasing: memory[..<count]))
    }

    /// A second owner of the same bytes.
    package borrowing func copy() -> SecretBytes {
        withUnsafeBytes { SecretBytes(copying: $0) }
    }
}
