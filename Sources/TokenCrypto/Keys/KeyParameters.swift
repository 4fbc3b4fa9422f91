internal import COpenSSL

/// Collects the parameters of a key and has OpenSSL build the key from them.
///
/// The builder keeps references: numbers and bytes must outlive `makeKey`. A `BigNumber` does, because noncopyable values with
/// a `deinit` live to the end of their scope.
struct KeyParameters: ~Copyable {
    private let builder: OpaquePointer

    init() throws(CryptoError) {
        guard let builder = OSSL_PARAM_BLD_new() else { throw Library.failure("key parameters") }
        self.builder = builder
    }

    deinit { OSSL_PARAM_BLD_free(builder) }

    func add(_ name: StaticString, text: StaticString) throws(CryptoError) {
        guard OSSL_PARAM_BLD_push_utf8_string(builder, name.cString, text.cString, text.utf8CodeUnitCount) == 1
        else { throw Library.failure("key parameters") }
    }

    func add(_ name: StaticString, bytes: UnsafeRawBufferPointer) throws(CryptoError) {
        guard OSSL_PARAM_BLD_push_octet_string(builder, name.cString, bytes.baseAddress, bytes.count) == 1
        else { throw Library.failure("key parameters") }
    }

    func add(_ name: StaticString, _ number: borrowing BigNumber) throws(CryptoError) {
        guard OSSL_PARAM_BLD_push_BN(builder, name.cString, number.handle) == 1 else {
            throw Library.failure("key parameters")
        }
    }

    /// Returns a key that the caller frees. Throws `refusal` when OpenSSL finds that the numbers make no such key.
    func makeKey(_ type: String, isPrivate: Bool, orRefuse refusal: KeyFlaw) throws(CryptoError) -> OpaquePointer {
        guard let parameters = OSSL_PARAM_BLD_to_param(builder),
            let context = EVP_PKEY_CTX_new_from_name(nil, type, nil)
        else { throw Library.failure("key parameters") }
        defer {
            OSSL_PARAM_free(parameters)
            EVP_PKEY_CTX_free(context)
        }
        var key: OpaquePointer?
        let selection = isPrivate ? tokenctl_select_key_pair : tokenctl_select_public_key
        guard EVP_PKEY_fromdata_init(context) == 1,
            EVP_PKEY_fromdata(context, &key, selection, parameters) == 1, let key
        else { throw .unacceptableKey(refusal) }
        return key
    }
}
