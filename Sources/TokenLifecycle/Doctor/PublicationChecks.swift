internal import TokenCrypto
internal import TokenStorage

extension HealthCheck {
    static let publicationChecks: [HealthCheck] = [
        .store("key_set_published", .instant) { try published($0.store) },
        .store("key_set_file", .instant) { try file($0.store) },
    ]

    /// Whether verifiers could have fetched every key that they need.
    private static func published(_ store: StoreReader) throws -> Finding {
        let keys = try store.signingSchedule().keys.filter { !$0.algorithm.isSymmetric }
        guard !keys.isEmpty else { return .ok("no key to publish") }
        let last: Instant? = try store.sql.row("SELECT max(at) FROM publication")?.get(0)
        guard let last else {
            return .warning(
                "no publication of the key set was ever seen: verifiers cannot know the keys",
                hint: "'tokenctl policy set jwks.file PATH', then 'tokenctl key publish'")
        }
        let unpublished = keys.filter { $0.publishedAt == nil }
        guard let first = unpublished.first else { return .ok("\(keys.count.counted("key")), last at \(last.rfc3339)") }
        return .warning(
            "\(first.kid) was made after the last publication" + (unpublished.count > 1 ? ", and others" : ""),
            hint: "'tokenctl key publish'")
    }

    /// Whether what is served is what should be: first of all no revoked key that verifiers still fetch.
    private static func file(_ store: StoreReader) throws -> Finding {
        guard let path = try store.policies.keySetFile else {
            let served = try store.sql.row("SELECT 1 FROM publication WHERE path IS NULL LIMIT 1") != nil
            return served
                ? .ok("an application serves the key set")
                : .warning(
                    "jwks.file is not set: verifiers learn of keys by other means",
                    hint: "'tokenctl policy set jwks.file PATH'")
        }
        let shown = PublishedFile(at: path)
        let revoked = try shown?.kids.first { try store.key(kid: $0)?.revokedAt != nil }
        if let revoked {
            return .critical("\(path) still carries the revoked key \(revoked)", hint: "'tokenctl key publish'")
        }
        let set = try store.keySet()
        guard let shown else {
            return set.kids.isEmpty
                ? .ok("no key to publish") : .critical("\(path) is missing", hint: "'tokenctl key publish'")
        }
        guard shown.bytes == set.bytes else {
            return .warning("\(path) is not the key set", hint: "'tokenctl key publish'")
        }
        if let fault = writers(of: path, WriteAccess()) { return fault }
        guard shown.mode & 0o004 != 0 else {
            return .warning("\(path) cannot be read by whoever serves it", hint: "'tokenctl key publish'")
        }
        return .ok("\(path) is the key set, \(set.kids.count.counted("key"))")
    }

    /// Whoever can write the key set, or put another in its place, adds a key of their own and is believed by every verifier.
    static func writers(of path: String, _ access: WriteAccess) -> Finding? {
        let folder = StoreFiles.directory(of: path)
        guard let status = FileStatus(at: path), let around = FileStatus(at: folder, followingLinks: true) else {
            return nil
        }
        if status.mode & 0o002 != 0 {
            return .critical(
                "anyone may write a key of their own into \(path): it is \(status.modeText)",
                hint: "'tokenctl key publish' writes it anew, for its owner alone to change")
        }
        guard !WriteAccess.isShared(around) else { return access.fault(above: folder, to: path) }
        if status.mode & 0o020 != 0 {
            return .warning(
                "the group of \(path) may write a key of their own into it: it is \(status.modeText)",
                hint: "'tokenctl key publish' writes it anew, for its owner alone to change")
        }
        if !access.isTrusted(status.owner) {
            return .warning(
                "uid \(status.owner) may write a key of their own into \(path), which is theirs",
                hint: "chown it to who publishes, or run as its owner")
        }
        return access.fault(of: folder, around, to: path) ?? access.fault(above: folder, to: path)
    }
}
