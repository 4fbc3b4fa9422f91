internal import COpenSSL

/// The fingerprint of moduli from Infineon's broken generator (CVE-2017-15361; Nemec et al., "The Return of Coppersmith's
/// Attack", CCS 2017, §2.4): its primes, hence its moduli, are powers of 65537 modulo every small prime. A sound modulus
/// looks so with a probability below 2^-27.
enum ROCA {
    static func hasFingerprint(_ modulus: borrowing BigNumber) -> Bool {
        for prime in primes {
            guard isPowerOf65537(BN_mod_word(modulus.handle, prime), modulo: prime) else { return false }
        }
        return true
    }

    private static func isPowerOf65537(_ residue: UInt, modulo prime: UInt) -> Bool {
        let generator = 65537 % prime
        var power: UInt = 1
        repeat {
            if power == residue { return true }
            power = power * generator % prime
        } while power != 1
        return false
    }

    private static let primes: [UInt] = [
        3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107, 109,
        113,
        127, 131, 137, 139, 149, 151, 157, 163, 167,
    ]
}
