import CCrypt
import NIOPosix

/// Who may log in. An application asks its own table of users here; nothing else in this example knows of passwords.
struct People: Sendable {
    /// Name → hash, as `mkpasswd --method=yescrypt` prints it.
    private let hashes: [String: String]
    /// Of a password nobody has: a name that does not exist takes as long as one that does, and so gives nothing away.
    private let nobody = "$y$j9T$l/lK8JrHRgH2hZ76v.piX1$3zKv/CJcNRaAlGrjYf8vE0T4XhJ3zIo3QFv.19k8m80"

    /// Passwords: "correct horse", "battery staple", "tea at five".
    static let demo = People(hashes: [
        "alice": "$y$j9T$j76bKT8nTIvD/d2wPT8i/1$owZ4xMMUz7jC.wrmskiPcGRBunejuZ8gIw7qQ6W6V39",
        "bob": "$y$j9T$RKAhphe.9kENQubdPbFto/$2MTDIgJIpP.PrcXtEdt0t0UMF/eNnaM.QU1i5e7DTcB",
        "carol": "$y$j9T$un/AgcK3w1nFB1cRXBZfP.$4oW7DOJQuDPaYbCANJYoMJ36Fjw6VRKtWMn2lzFFp02",
    ])

    /// Hashing is made to take long, so it runs on a thread that may block. Count attempts by name and address in front of
    /// this, and make many of them wait.
    func isPassword(_ password: String, of name: String) async throws -> Bool {
        let known = hashes[name]
        let matches = try await NIOThreadPool.singleton.runIfActive { Self.verify(password, known ?? nobody) }
        return matches && known != nil
    }

    private static func verify(_ password: String, _ hash: String) -> Bool {
        // C strings: a NUL would cut the password short.
        guard password.utf8.count <= 512, !password.utf8.contains(0) else { return false }
        var work = crypt_data()
        guard let computed = crypt_r(password, hash, &work) else { return false }
        return String(cString: computed) == hash
    }
}
