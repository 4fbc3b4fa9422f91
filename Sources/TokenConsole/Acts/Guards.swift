internal import TokenLifecycle

/// What the caller demands of the count, held against what is really there: once for the preview, and again inside the
/// write transaction, where a mismatch rolls back.
struct Guards: Sendable {
    var expectCount: Int?
    var maxAffected: Int?
    var confirm: String?

    init(_ options: ActOptions) {
        expectCount = options.expectCount
        maxAffected = options.maxAffected
        confirm = options.confirm
    }

    /// Whether one of them is there: with `--yes`, a tier 3 act needs one.
    var hasAny: Bool { expectCount != nil || maxAffected != nil || confirm != nil }

    /// Fails with `.refused` where one does not hold; with `.usage` for a count where a word is the guard.
    ///
    /// `policyLimit` is `act.max_affected`; `--max-affected` replaces it, and a word says more than it.
    func check(_ preview: Preview, policyLimit: Int) throws(Failure) {
        if let expectCount {
            guard preview.word == nil else {
                throw Failure(
                    .usage, "\(preview.action) is guarded by a word, not by --expect-count",
                    hint: "use --confirm with the name of what it ends")
            }
            guard preview.count == expectCount else {
                throw Failure(
                    .refused, "\(preview.count.grouped) match, not the \(expectCount.grouped) expected",
                    hint: "nothing was changed; look again with --dry-run")
            }
        }
        if let confirm, !preview.isNamed(by: confirm) {
            throw Failure(
                .refused,
                "--confirm says '\(confirm.prefix(60))', and this act is confirmed by '\(preview.expectedWord)'",
                hint: "nothing was changed; look again with --dry-run")
        }
        let limit = maxAffected ?? (preview.word == nil ? policyLimit : .max)
        // Of a count that was cut short nobody knows whether it holds.
        guard preview.count <= limit, limit == .max || !preview.isCapped else {
            let source = maxAffected == nil ? "act.max_affected allows" : "--max-affected allows"
            let count = preview.isCapped ? "more than \(preview.count.grouped)" : preview.count.grouped
            throw Failure(
                .refused, "\(count) match, and \(source) \(limit.grouped)",
                hint: maxAffected == nil
                    ? "nothing was changed; say how many with --max-affected" : "nothing was changed")
        }
    }
}

extension Guards {
    /// The same within a store, which knows the limit of the policy and what a shortened kid stands for.
    func check(_ preview: Preview, in store: some StoreReading) throws {
        var guards = self
        guards.confirm = try confirm.map { try store.spelledOut($0, for: preview) }
        // One is within any limit: a policy that cannot be read can be set anew.
        let limit = preview.count <= 1 && !preview.isCapped ? 1 : try store.policies.maxAffected
        try guards.check(preview, policyLimit: limit)
    }
}

extension Preview {
    /// What confirms a tier 3 act: its word, else the count.
    var expectedWord: String { word ?? String(count) }

    /// Whether `text` says it.
    func isNamed(by text: String) -> Bool { text == expectedWord || (word == nil && text == count.grouped) }
}

extension StoreReading {
    /// `text` as the word that `preview` wants where that is a kid, which may be shortened here as everywhere: to a unique
    /// beginning of at least six characters. Anything else stays as it is.
    func spelledOut(_ text: String, for preview: Preview) throws -> String {
        guard let word = preview.word, word != text, word.hasPrefix(text) else { return text }
        do {
            return try key(named: text).kid == word ? word : text
        } catch let failure as Failure where failure.kind == .notFound {
            return text
        }
    }
}
