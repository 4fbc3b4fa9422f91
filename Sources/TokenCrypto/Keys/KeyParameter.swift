/// OpenSSL's names for the parts of a key (EVP_PKEY-EC(7), EVP_PKEY-RSA(7)). A parameter builder keeps a pointer to the name
/// it is given, so they must be constants of the program: a `String` would be gone by the time the key is built.
enum KeyParameter {
    static let group: StaticString = "group"
    static let publicKey: StaticString = "pub"
    static let privateKey: StaticString = "priv"
    static let x: StaticString = "qx"
    static let y: StaticString = "qy"

    static let n: StaticString = "n"
    static let e: StaticString = "e"
    static let d: StaticString = "d"
    static let p: StaticString = "rsa-factor1"
    static let q: StaticString = "rsa-factor2"
    static let dp: StaticString = "rsa-exponent1"
    static let dq: StaticString = "rsa-exponent2"
    static let qi: StaticString = "rsa-coefficient1"
}

extension StaticString {
    /// The literal as C sees it; the compiler ends it with a zero byte.
    var cString: UnsafePointer<CChar> { UnsafeRawPointer(utf8Start).assumingMemoryBound(to: CChar.self) }
}
