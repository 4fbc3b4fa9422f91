import Foundation
import Testing
import TokenCrypto
import TokenLifecycle

@testable import TokenConsole

/// The page that programs are written against says what is printed, no less and no more.
@Suite struct `docs/output.md` {
    private static let printing = CommandTree.leaves.filter { $0.type.result.hasSchema }

    @Test func `has a section for every schema, and none for what is gone`() throws {
        let printed = Self.printing.map { $0.path.joined(separator: ".") }
        #expect(try Set(Document.schemas().keys) == Set(printed + ["every act", "error"]))
        for leaf in Self.printing { #expect(leaf.type.result.schema == leaf.path.joined(separator: ".")) }
    }

    @Test(arguments: printing)
    func `lists the members that a verb prints, with their types`(leaf: CommandTree.Leaf) throws {
        let schemas = try Document.schemas()
        var documented = try #require(schemas[leaf.type.result.schema])
        if leaf.type.result.form == .report { documented = try #require(schemas["every act"]) + documented }
        for object in try objects(of: leaf) {
            #expect(Set(object.keys) == Set(documented.map(\.name)))
            for member in documented {
                if let objection = object[member.name].flatMap({ member.objection(to: $0) }) {
                    Issue.record("\(leaf.name): \(objection)")
                }
                try checkWord(object[member.name], member)
            }
        }
    }

    /// What the verb answers on the demo store, without the envelope: several objects of a list.
    private func objects(of leaf: CommandTree.Leaf) throws -> [[String: Any]] {
        let fixture = try DemoFixture()
        let invocation = try #require(Invocation.of[leaf.name])
        var arguments = leaf.path + invocation.arguments + ["--json"]
        if leaf.path.last == "list", leaf.type.result.columns.contains("state") { arguments += ["--state", "all"] }
        if let limit = arguments.firstIndex(of: "--limit") { arguments[limit + 1] = "500" }
        let answer = fixture.run(arguments, input: invocation.input)
        var object = try #require(answer.json, "\(answer.errors)")
        object["schema"] = nil
        if leaf.type.result.form == .records, let items = object["items"] as? [[String: Any]] {
            #expect(!items.isEmpty)
            return items
        }
        return [object]
    }

    private func checkWord(_ value: Any?, _ member: Document.Member) throws {
        guard member.type == "word", let value = value as? String else { return }
        let choice = try #require(
            try Document.words().first { member.meaning.hasPrefix($0.key) }, "\(member.name) names no choice")
        #expect(choice.value.contains(value), "\(member.name)")
    }

    @Test func `lists the words of every fixed choice, as the code has them`() throws {
        func words<Word: RawRepresentable & CaseIterable>(_: Word.Type) -> [String] where Word.RawValue == String {
            Word.allCases.map(\.rawValue)
        }
        let known = [
            "state of a session": words(SessionState.self), "state of a refresh family": words(FamilyState.self),
            "state of a key": words(KeyState.self), "end reason": words(EndReason.self),
            "event of a story": words(SessionStory.Happening.self),
            "origin of a key": words(SigningKey.Origin.self), "algorithm": words(SignatureAlgorithm.self),
            "cause of a revocation": words(SigningKey.RevocationCause.self),
            "scope of a deny rule": words(DenyScope.self), "outcome of an item": words(Report.Outcome.self),
            "kind of a token": words(Inspection.Kind.self), "answer of a check": ["yes", "no", "skipped"],
            "answer of the doctor": words(Finding.Answer.self),
            "check of the doctor": HealthCheck.all.map(\.name),
            "refusal reason": words(RefusalReason.self), "reason of a refused refresh": words(RefreshRefusal.self),
            "table of a cleanup": words(CleanupTable.Name.self),
            "why a cleanup keeps rows": words(CleanupTable.Why.self), "error": words(Failure.Kind.self),
        ]
        let documented = try Document.words()
        #expect(Set(documented.keys) == Set(known.keys))
        for (choice, words) in known { #expect(documented[choice].map(Set.init) == Set(words), "\(choice)") }
    }

    @Test func `lists every format`() throws {
        let rows = try Document.rows(of: "output.md")["Formats"] ?? []
        #expect(rows.map { $0[0].trimmingCharacters(in: ["`"]) } == OutputFormat.allCases.map(\.rawValue))
    }

    @Test func `has the members of an error`() throws {
        let documented = try #require(try Document.schemas()["error"])
        let error = try #require(JSONText.object(Run(["session", "--json"], root: Tokenctl.self).errors))
        #expect(Set(error.keys) == Set(documented.map(\.name) + ["schema"]))
        for member in documented { #expect(error[member.name].flatMap { member.objection(to: $0) } == nil) }
    }
}

@Suite struct `docs/exit-codes.md` {
    @Test func `lists every code, with the errors that end in it`() throws {
        let rows = try #require(try Document.rows(of: "exit-codes.md")["Exit codes"])
        let documented = Dictionary(
            rows.map { (Int32($0[0]) ?? -1, $0[1].trimmingCharacters(in: ["`"])) },
            uniquingKeysWith: { first, _ in first })
        #expect(rows.count == documented.count)
        #expect(Set(documented.keys) == Set(ExitCode.allCases.map(\.rawValue)))
        for kind in Failure.Kind.allCases { #expect(documented[ExitCode(kind).rawValue] == kind.rawValue) }
        let errors = documented.values.filter { $0 != "–" }
        #expect(Set(errors) == Set(Failure.Kind.allCases.map(\.rawValue)))
    }
}
