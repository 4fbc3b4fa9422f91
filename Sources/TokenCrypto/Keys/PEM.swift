internal import COpenSSL

/// One block of a PEM text (RFC 7468): its label, and the bytes between the lines.
package final class PEMBlock: Sendable {
    package let label: String
    package let der: SecretBytes

    private init(label: String, der: consuming SecretBytes) {
        self.label = label
        self.der = der
    }

    package var isPrivate: Bool { label.hasSuffix("PRIVATE KEY") }

    /// The blocks of `text` in their order; other text around them is skipped. Throws `encrypted` for blocks that need a
    /// passphrase, `undecodable` when there is no whole block at all.
    package static func all(in text: borrowing SecretBytes) throws(CryptoError) -> [PEMBlock] {
        try Library.call { (_) throws(CryptoError) -> [PEMBlock] in
            try text.withUnsafeBytes { (bytes) throws(CryptoError) -> [PEMBlock] in
                guard let input = BIO_new_mem_buf(bytes.baseAddress, Int32(clamping: bytes.count))
                else { throw Library.failure("PEM") }
                defer { BIO_free_all(input) }
                var blocks: [PEMBlock] = []
                while let block = try next(in: input) { blocks.append(block) }
                guard !blocks.isEmpty else { throw .unacceptableKey(.undecodable) }
                return blocks
            }
        }
    }

    /// The next block, or nil at the end of the text. A block that begins and does not end well is an error.
    private static func next(in input: OpaquePointer) throws(CryptoError) -> PEMBlock? {
        var name: UnsafeMutablePointer<CChar>?
        var header: UnsafeMutablePointer<CChar>?
        var data: UnsafeMutablePointer<UInt8>?
        var count = 0
        ERR_clear_error()
        guard PEM_read_bio_ex(input, &name, &header, &data, &count, UInt32(PEM_FLAG_SECURE)) == 1,
            let name, let header, let data
        else {
            let code = ERR_peek_last_error()
            guard ERR_GET_REASON(code) == PEM_R_NO_START_LINE else { throw .unacceptableKey(.undecodable) }
            return nil
        }
        defer {
            tokenctl_secure_clear_free(name, 0)
            tokenctl_secure_clear_free(header, 0)
            tokenctl_secure_clear_free(data, count)
        }
        let label = String(cString: name)
        guard header.pointee == 0, label != "ENCRYPTED PRIVATE KEY" else { throw .unacceptableKey(.encrypted) }
        return PEMBlock(
            label: label, der: SecretBytes(copying: UnsafeRawBufferPointer(start: data, count: count)))
    }
}
