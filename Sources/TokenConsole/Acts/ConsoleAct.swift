internal import TokenStorage
package import TokenLifecycle

extension Console {
    /// Runs an act and shows its report: the one place where tiers, guards, prompts and dry runs are decided.
    package mutating func act<A: Act>(_ act: A, _ options: ActOptions, on store: Store? = nil) throws {
        if let report = try perform(act, options, on: store) { try show(report) }
    }

    /// The same for a verb that shows what it made in a way of its own; nil after a dry run, which is shown here. `given`
    /// stands in for the console's store.
    package mutating func perform<A: Act>(_ act: A, _ options: ActOptions, on given: Store? = nil) throws -> Report? {
        let guards = Guards(options)
        if options.isDryRun {
            try show(try rehearse(act, guards, on: given))
            return nil
        }
        guard !globals.isReadOnly else {
            throw Failure(.notPermitted, "--read-only refuses every act", hint: "--dry-run shows what it would do")
        }
        let store = try given ?? store(for: .writing)
        let consent = try consent(to: act, options, guards, in: store)
        let reason = try options.reason(in: self)
        return try interruption.protecting({ store.database.interrupt() }) {
            // Before it waits for its turn, and once it has it: nothing is changed for who said stop while the store was opened.
            try interruption.check()
            let report = try store.write(as: recordedActor) { writer in
                try interruption.check()
                let decision = try act.decide(writer)
                let preview = act.preview(decision)
                try guards.check(preview, in: writer)
                try Self.requireReason(reason, for: preview)
                try consent.check(preview)
                return try act.apply(decision, writer)
            }
            return try act.conclude(report, store, as: recordedActor)
        }
    }

    /// Decides and shows, and stops there.
    private mutating func rehearse(_ act: some Act, _ guards: Guards, on given: Store?) throws -> Report {
        let preview = try (given ?? store(for: .reading)).read { reader in
            let preview = act.preview(try act.decide(reader))
            try guards.check(preview, in: reader)
            return preview
        }
        var report = Report(
            action: preview.action, items: [], lines: preview.lines, stillValidUntil: preview.stillValidUntil,
            details: preview.details)
        report.dryRun = true
        report.matched = preview.count
        if preview.tier == .three {
            report.lines.append("to do it without being asked: --yes --confirm \(preview.expectedWord) --reason TEXT")
        }
        report.lines.append("nothing was changed: this was a dry run")
        return report
    }

    /// What was agreed to: by `--yes`, or by a person who saw the preview.
    private func consent(
        to act: some Act, _ options: ActOptions, _ guards: Guards, in store: Store
    ) throws -> Consent {
        let given = options.yes ? Consent.flag(guarded: guards.hasAny) : .none
        guard canAsk else { return given }
        let preview = try store.read { reader in
            let preview = act.preview(try act.decide(reader))
            try guards.check(preview, in: reader)
            return preview
        }
        try Self.requireReason(try options.reason(in: self), for: preview)
        guard !given.suffices(for: preview) else { return given }
        for line in preview.lines { try errors.writeLine(Escaping.visible(line)) }
        try output.flush()
        try errors.flush()
        let answer = try prompter.ask(Escaping.visible(preview.question)).map { answer in
            try store.read { try $0.spelledOut(answer.trimmingSpaces, for: preview) }
        }
        guard preview.isAgreed(by: answer) else {
            let isNo = preview.tier < .three || ["", "n", "no"].contains(answer?.lowercased() ?? "")
            throw Failure(
                .refused,
                isNo
                    ? "declined; nothing was changed"
                    : "what was typed is not '\(preview.expectedWord)'; nothing was changed")
        }
        return .person(preview.tier, count: preview.count, word: preview.word)
    }

    private static func requireReason(_ reason: String?, for preview: Preview) throws(Failure) {
        guard preview.tier >= .two, reason == nil else { return }
        throw Failure(
            .usage, "no reason given: \(preview.summary)",
            hint: "add --reason TEXT, or set TOKENCTL_REASON")
    }

    /// Who the audit event names.
    package var recordedActor: Actor { Actor(name: actor, uid: Int64(uid)) }
}
