// Views of memory in the types OpenSSL's prototypes ask for. An empty buffer may have no address; OpenSSL accepts a null
// pointer with length zero everywhere these are used.

extension UnsafeRawBufferPointer {
    var bytes: UnsafePointer<UInt8>? { baseAddress?.assumingMemoryBound(to: UInt8.self) }
}

extension UnsafeMutableRawBufferPointer {
    var bytes: UnsafeMutablePointer<UInt8>? { baseAddress?.assumingMemoryBound(to: UInt8.self) }
}
