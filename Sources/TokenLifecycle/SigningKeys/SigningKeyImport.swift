package import TokenCrypto
package import TokenJOSE
internal import TokenStorage

/// `key import`: keys of an application that existed before. They verify its tokens and, unless they stand by, never sign.
package struct SigningKeyImport: Act {
    package struct Options: Sendable {
        package var kid: String?
        package var accepted = AcceptedTokens()
        /// The latest `exp` of the tokens that the keys answer for.
        package var until: Instant?
        /// A private key that may sign here later. What it signed elsewhere is accepted as if signed here, so it too needs
        /// `until`, or the word that there is nothing such.
        package var standsBy = false
        /// A key that stands by and has never signed anything.
        package var isUnused = false
        package var answersWithoutKid = false
        /// Admits HS256 secrets under 256 bits.
        package var allowsWeak = false
        /// How a raw secret is written; nil reads a JWK, a set or PEM.
        package var secretFormat: SecretFormat?

        package init() {}
    }

    package enum SecretFormat: String, CaseIterable, Sendable {
        case text, base64url, hex, binary
    }

    package struct Candidate: Sendable {
        package var kid: String
        package var algorithm: SignatureAlgorithm
        package var publicJWK: JWK?
        var privateJWK: PrivateJWK?
    }

    private let options: Options
    private let reason: String?
    private let candidates: [Candidate]
    private let skipped: Int

    package init(_ bytes: borrowing SecretBytes, _ options: Options, reason: String?) throws {
        self.options = options
        self.reason = reason
        do throws(JOSEError) {
            if let format = options.secretFormat {
                let secret = try Self.decode(bytes, format)
                let key = try PrivateJWK(secret: secret, allowWeak: options.allowsWeak)
                candidates = [try Self.candidate(.privateKey(key), options)]
                skipped = 0
            } else {
                let read = try KeyImport(reading: bytes, allowWeak: options.allowsWeak)
                var found: [Candidate] = []
                for key in read.keys { found.append(try Self.candidate(key, options)) }
                candidates = found
                skipped = read.skipped.count
            }
        } catch {
            throw Self.refusal(error, options)
        }
        try Self.check(options, candidates)
    }

    /// How a refused file is explained.
    private static func refusal(_ error: JOSEError, _ options: Options) -> Failure {
        let hint: String? =
            switch error.reason {
            case .unrecognized, .badJSON, .empty:
                options.secretFormat == nil
                    ? "JWK, JWKS and PEM are read; for a raw secret add --secret-format text|base64url|hex|binary" : nil
            case .weakSecret: "HS256 wants at least 32 bytes (RFC 7518 §3.2); --weak imports it all the same"
            default: nil
            }
        return Failure(.malformed, "the key cannot be imported: \(error)", hint: hint)
    }

    private static func check(_ options: Options, _ candidates: [Candidate]) throws(Failure) {
        if options.kid != nil, candidates.count > 1 {
            throw Failure(.usage, "--kid names one key, and the file holds \(candidates.count)")
        }
        if let kid = options.kid { try Names.check(kid, "the kid", longest: 128) }
        for candidate in candidates { try Names.check(candidate.kid, "the kid", longest: 128) }
        if options.answersWithoutKid, candidates.count > 1 {
            throw Failure(.usage, "one key may answer for tokens without kid, and the file holds \(candidates.count)")
        }
        let thumbprints = candidates.compactMap { $0.publicJWK?.thumbprint }
        guard Set(thumbprints).count == thumbprints.count else {
            throw Failure(.refused, "the set holds the same key twice", hint: "leave one of the two")
        }
        if options.isUnused, !options.standsBy || options.until != nil {
            throw Failure(.usage, "--unused is for a key that stands by and has signed nothing, so without --until")
        }
        if options.standsBy {
            guard !options.answersWithoutKid else {
                throw Failure(.usage, "a standby key does not answer for tokens that name no key")
            }
            guard options.until != nil || options.isUnused else {
                throw Failure(
                    .usage, "until when may tokens live that this key has signed elsewhere?",
                    hint: "--until TIME, their latest exp; or --unused where it has signed nothing")
            }
            guard candidates.allSatisfy({ $0.privateJWK != nil }) else {
                throw Failure(.refused, "a public key cannot stand by: it cannot sign")
            }
            return
        }
        guard options.until != nil else {
            throw Failure(
                .usage, "until when must these tokens verify?",
                hint: "--until TIME, the latest exp of the application's tokens; or --standby for a key that is to sign"
            )
        }
        // A private half where a public one belongs may lie in other such places as well.
        guard candidates.allSatisfy({ $0.privateJWK == nil || $0.algorithm.isSymmetric }) else {
            throw Failure(
                .refused, "a private key is where a public one belongs: verifying needs no more than the public half",
                hint: "'openssl pkey -in FILE -pubout' gives that; --standby takes in a key that is to sign here")
        }
    }

    private static func candidate(_ key: ImportedKey, _ options: Options) throws(JOSEError) -> Candidate {
        let named = options.kid ?? key.kid
        switch key {
        case .publicKey(let jwk):
            return Candidate(
                kid: named ?? jwk.thumbprint, algorithm: jwk.alg ?? jwk.supportedAlgorithms.first ?? .rs256,
                publicJWK: jwk, privateJWK: nil)
        case .privateKey(let key):
            // A thumbprint of a secret would let anyone test guesses, so a secret without a name gets a random one.
            let random: String
            do { random = Base64URL.encode(try Entropy.bytes(16)) } catch { throw JOSEError(.cryptoFailure) }
            return Candidate(
                kid: named ?? key.publicJWK?.thumbprint ?? random,
                algorithm: key.alg ?? key.supportedAlgorithms.first ?? .rs256, publicJWK: key.publicJWK, privateJWK: key
            )
        }
    }

    private static func decode(_ bytes: borrowing SecretBytes, _ format: SecretFormat) throws(JOSEError) -> SecretBytes
    {
        let raw = bytes.withUnsafeBytes { Array($0) }
        let line = raw.trimmingNewline
        switch format {
        case .binary: return SecretBytes(copying: raw)
        case .text: return SecretBytes(copying: line)
        case .base64url:
            do { return SecretBytes(copying: try Base64URL.decode(line)) } catch { throw JOSEError(.badBase64URL) }
        case .hex:
            let digits = line.compactMap { Character(UnicodeScalar($0)).hexDigitValue }
            guard digits.count == line.count, digits.count.isMultiple(of: 2) else {
                throw JOSEError(.unrecognized, "no hex")
            }
            return SecretBytes(
                copying: stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) })
        }
    }

    package struct Decision {
        var new: [Candidate]
        var known: [SigningKey]
    }

    package func decide(_ store: some StoreReading) throws -> Decision {
        if let until = options.until, until <= store.now {
            throw Failure(.usage, "--until \(until.rfc3339) has passed: no token would verify")
        }
        var decision = Decision(new: [], known: [])
        let held = try heldKeys(store)
        for candidate in candidates {
            if let thumbprint = candidate.publicJWK?.thumbprint {
                try Self.requireOneName(candidate, held[thumbprint, default: []])
            }
            if let known = try store.key(kid: candidate.kid) {
                guard try isSame(candidate, known, store) else {
                    throw Failure(
                        .refused, "kid \(candidate.kid) is or was used by another key", hint: "give another --kid",
                        target: candidate.kid)
                }
                decision.known.append(known)
            } else {
                decision.new.append(candidate)
            }
        }
        if options.answersWithoutKid, !decision.new.isEmpty,
            let other = try store.signingSchedule().keys.first(where: \.answersWithoutKid)
        {
            throw Failure(
                .refused, "key \(other.kid) answers for tokens without kid already, and only one may",
                target: other.kid)
        }
        return decision
    }

    /// The keys of the store by the thumbprint of their public half (RFC 7638), those revoked included.
    private func heldKeys(_ store: some StoreReading) throws -> [String: [SigningKey]] {
        let keys = try store.allKeys().filter {
            !$0.algorithm.isSymmetric && ($0.removedAt == nil || $0.revokedAt != nil)
        }
        return try Dictionary(grouping: keys) { try $0.jwk().thumbprint }
    }

    /// Refuses (5) material that was revoked, under whatever kid, and material that the store has under another kid: revoking
    /// one of the two would leave the other, and with it every forgery.
    private static func requireOneName(_ candidate: Candidate, _ held: [SigningKey]) throws(Failure) {
        if let revoked = held.first(where: { $0.revokedAt != nil }), let at = revoked.revokedAt {
            let cause = revoked.revocationCause.map { ": \($0.rawValue)" } ?? ""
            throw Failure(
                .refused, "this is key \(revoked.kid), revoked \(at.rfc3339)\(cause), and that is for ever",
                hint: "another kid makes it no other key", target: revoked.kid)
        }
        if let other = held.first(where: { $0.kid != candidate.kid }) {
            throw Failure(
                .refused, "this key is here already, as \(other.kid)",
                hint: "under two kids, revoking one would leave the other", target: other.kid)
        }
    }

    private func isSame(_ candidate: Candidate, _ known: SigningKey, _ store: some StoreReading) throws -> Bool {
        guard known.origin == .imported, known.revokedAt == nil, known.removedAt == nil,
            known.algorithm == candidate.algorithm
        else { return false }
        guard let jwk = candidate.publicJWK else {
            let held = try store.keyring.privateJWK(of: known, store.facts)
            guard let secret = candidate.privateJWK else { return false }
            return held.hasSameSecret(as: secret)
        }
        return try known.jwk().thumbprint == jwk.thumbprint
    }

    package func preview(_ decision: Decision) -> Preview {
        let kids = decision.new.map(\.kid).joined(separator: ", ")
        var preview = Preview(
            action: "key.import", tier: decision.new.isEmpty ? .one : .two,
            summary: decision.new.isEmpty ? "nothing new" : "import \(kids)", count: decision.new.count)
        if options.until != nil, !decision.new.isEmpty {
            let bare = options.answersWithoutKid ? ", also those that name no key" : ""
            preview.notes = [
                "tokens of \(kids) will verify until \(options.until?.rfc3339 ?? "")\(bare)",
                "whoever holds the private half or the secret can make such tokens",
                "users logged out before stay so only where their rule is left: 'tokenctl user logout USER --unseen'",
            ]
        }
        return preview
    }

    package func apply(_ decision: Decision, _ store: StoreWriter) throws -> Report {
        for candidate in decision.new { try insert(candidate, store) }
        var items = decision.new.map { Report.Item($0.kid, .created, note: $0.algorithm.rawValue) }
        items += decision.known.map { Report.Item($0.kid, .unchanged, note: "imported \($0.createdAt.rfc3339)") }
        var lines = items.map { "\($0.id): \($0.outcome == .created ? "imported" : "already imported")" }
        if skipped > 0 { lines.append("left out of the set: \(skipped.counted("key")) for other uses") }
        var report = Report(action: "key.import", items: items, lines: lines)
        guard !decision.new.isEmpty else { return report }
        if let until = options.until {
            // Rules written before did not know of these tokens: they must outlive them as well.
            try store.execute(
                "UPDATE deny_rule SET matches_until = \(until) WHERE matches_until < \(until) AND scope <> 'session'")
        }
        report.audit = try store.audit(
            "key.import", target: decision.new.count == 1 ? decision.new[0].kid : nil, reason: reason,
            counts: ["keys": Int64(decision.new.count)])
        return report
    }

    private func insert(_ candidate: Candidate, _ store: StoreWriter) throws {
        let context = SealContext(
            storeID: store.facts.storeID, kid: candidate.kid, algorithm: candidate.algorithm.rawValue)
        let sealed = try candidate.privateJWK.map {
            try store.keyring.masterKey(id: store.facts.masterKeyID).seal($0, context: context)
        }
        let publicJWK = candidate.publicJWK?.json(kid: candidate.kid, alg: candidate.algorithm).text
        let accepted = options.standsBy ? nil : options.accepted.text
        try store.execute(
            """
            INSERT INTO signing_key (kid, alg, origin, public_jwk, sealed, accept, without_kid, created_at, latest_exp)
            VALUES (\(candidate.kid), \(candidate.algorithm.rawValue), 'imported', \(publicJWK), \(sealed), \(accepted),
                    \(options.answersWithoutKid ? 1 : 0), \(store.now), \(options.until))
            """)
    }

    package func conclude(_ report: Report, _ store: Store, as actor: Actor) throws -> Report {
        guard report.changed > 0, candidates.contains(where: { $0.publicJWK != nil }) else { return report }
        try store.publishKeySet(after: "the key was imported", as: actor)
        return report
    }
}
