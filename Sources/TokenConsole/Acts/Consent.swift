internal import TokenLifecycle

/// Whether somebody agreed to what an act would do now.
enum Consent: Equatable, Sendable {
    /// Nobody was asked.
    case none
    /// `--yes`; whether a guard of its own came with it.
    case flag(guarded: Bool)
    /// A person saw a preview of this tier and size and confirmed it.
    case person(Tier, count: Int, word: String?)

    /// Fails with `.refused` when the act is larger than what was agreed to: also when it grew since the preview.
    func check(_ preview: Preview) throws(Failure) {
        if case .person(let tier, let count, let word) = self {
            guard preview.tier <= tier, preview.count == count, preview.word == word else {
                throw Failure(
                    .refused, "it changed since the preview: \(preview.count.grouped) match now, not \(count.grouped)",
                    hint: "nothing was changed; look again")
            }
            return
        }
        switch (preview.tier, self) {
        case (.one, _), (.two, .flag), (.three, .flag(guarded: true)), (_, .person): return
        case (.two, .none):
            throw Failure(
                .refused, "not confirmed: \(preview.summary)",
                hint: "nothing was changed; add --yes, or look first with --dry-run")
        case (.three, _):
            let confirm = "--confirm \(preview.expectedWord)"
            let guards = preview.word == nil ? "\(confirm) or --expect-count \(preview.count)" : confirm
            throw Failure(
                .refused, "not confirmed: \(preview.summary)",
                hint: "nothing was changed; add --yes and \(guards), or look first with --dry-run")
        }
    }

    /// The same question without the error.
    func suffices(for preview: Preview) -> Bool {
        (try? check(preview)) != nil
    }
}
