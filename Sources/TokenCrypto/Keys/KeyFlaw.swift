/// The reason why a key is refused, whatever form it came in. Raw values are stable codes.
package enum KeyFlaw: String, Equatable, Sendable, CaseIterable {
    /// Not DER of a key we can read, or bytes after it.
    case undecodable = "undecodable_key"
    /// The key is protected by a passphrase in a format that is not ours.
    case encrypted = "encrypted_key"
    /// Neither P-256 nor Ed25519 nor RSA.
    case unsupportedType = "unsupported_key_type"
    /// EC parameters spelled out instead of named: the door to crafted generators (CVE-2020-0601).
    case explicitParameters = "explicit_curve_parameters"
    /// A coordinate, public key or scalar is not exactly as long as its curve demands.
    case wrongLength = "wrong_key_length"
    case pointNotOnCurve = "point_not_on_curve"
    /// An Ed25519 `y` of 2^255 − 19 or more: a second spelling of another key (RFC 8032 §5.1.3).
    case nonCanonicalPoint = "non_canonical_point"
    /// An Ed25519 point of order 8 or less: one signature fits many messages.
    case lowOrderPoint = "low_order_point"
    case modulusTooSmall = "rsa_modulus_too_small"
    /// Above 8192 bits verification becomes a means of denial of service.
    case modulusTooLarge = "rsa_modulus_too_large"
    case modulusEven = "rsa_modulus_even"
    /// Zero, one or even: no RSA key at all.
    case exponentInvalid = "rsa_exponent_invalid"
    /// Odd but below 65537 (FIPS 186-5 §A.1.1).
    case exponentWeak = "rsa_exponent_weak"
    /// Longer than 64 bits: OpenSSL would refuse it later and less clearly.
    case exponentTooLarge = "rsa_exponent_too_large"
    /// The modulus carries the fingerprint of CVE-2017-15361.
    case roca = "rsa_roca_modulus"
    /// An RSA private key without its primes and CRT parameters.
    case incomplete = "incomplete_private_key"
    /// The private half does not belong to the public half beside it.
    case mismatchedHalves = "mismatched_key_halves"
}

extension KeyFlaw: CustomStringConvertible {
    package var description: String {
        switch self {
        case .undecodable: "this is not a key in a known encoding"
        case .encrypted: "the key is encrypted; decrypt it first"
        case .unsupportedType: "the key is neither P-256 nor Ed25519 nor RSA"
        case .explicitParameters: "the key spells out its curve instead of naming it"
        case .wrongLength: "a part of the key has the wrong length"
        case .pointNotOnCurve: "the public key is not a point of its curve"
        case .nonCanonicalPoint: "the public key is not in its canonical encoding"
        case .lowOrderPoint: "the public key is a point of low order"
        case .modulusTooSmall: "the RSA modulus has fewer than 2048 bits"
        case .modulusTooLarge: "the RSA modulus has more than 8192 bits"
        case .modulusEven: "the RSA modulus is even"
        case .exponentInvalid: "the RSA exponent is even or not above 1"
        case .exponentWeak: "the RSA exponent is below 65537"
        case .exponentTooLarge: "the RSA exponent is longer than 64 bits"
        case .roca: "the RSA modulus is of the ROCA kind (CVE-2017-15361) and can be factored"
        case .incomplete: "the RSA private key lacks its primes or CRT parameters"
        case .mismatchedHalves: "the private key does not belong to its public key"
        }
    }
}
