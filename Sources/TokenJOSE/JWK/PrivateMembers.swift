internal import TokenCrypto

extension SecretJSON {
    static func reading(_ text: borrowing SecretBytes) throws(JOSEError) -> SecretJSON {
        do throws(JSONError) { return try SecretJSON(parsing: text, withholding: PrivateMember.names) } catch {
            throw JOSEError(error)
        }
    }
}

/// The private members of one JWK inside a text, decoded from one wiped buffer into the next.
struct PrivateMembers: ~Copyable {
    let tree: JSON
    private let document: SecretJSON
    private let path: [String]

    /// The JWK is the whole document, or what `path` leads to, which is `tree`.
    init(_ document: consuming SecretJSON, tree: JSON? = nil, path: [String] = []) {
        self.tree = tree ?? document.tree
        self.document = document
        self.path = path
    }

    func bytes(_ name: String) throws(JOSEError) -> SecretBytes {
        guard tree[name] != nil else { throw JOSEError.missing(name) }
        let decoded = try document.withBytes(at: path + [name]) { (text) throws(JOSEError) -> SecretBytes in
            do throws(Base64URLError) { return try Base64URL.decodeSecret(text) } catch {
                throw JOSEError.badMember(name, error)
            }
        }
        guard let decoded else { throw JOSEError(.badMember, "\(name) is not a string") }
        return decoded
    }

    /// nil unless the key is RSA, which must have them all: signing without them is slow, and they prove the key whole.
    func factors(of publicHalf: PublicKeyComponents) throws(JOSEError) -> RSAFactors? {
        guard publicHalf.keyType == .rsa else { return nil }
        guard tree["oth"] == nil else { throw JOSEError(.badMember, "oth: RSA with more than two primes") }
        for name in ["p", "q", "dp", "dq", "qi"] where tree[name] == nil {
            throw JOSEError(CryptoError.unacceptableKey(.incomplete))
        }
        return RSAFactors(
            p: try bytes("p"), q: try bytes("q"), dp: try bytes("dp"), dq: try bytes("dq"), qi: try bytes("qi"))
    }
}
