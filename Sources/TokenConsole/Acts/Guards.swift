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
        if let confirm, confirm != preview.expectedWord, confirm != preview.count.grouped || preview.word != nil {
            throw Failure(
                .refused, "--confirm does not name what this act ends",
                hint: "nothing was changed; --dry-run shows the word")
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

extension Preview {
    /// What confirms a tier 3 act: its word, else the count.
    var expectedWord: String { word ?? String(count) }
}
