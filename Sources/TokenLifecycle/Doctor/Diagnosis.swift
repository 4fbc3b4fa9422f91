internal import TokenStorage

/// The answers of all checks that were made, the gravest first.
package struct Diagnosis: Sendable {
    package private(set) var findings: [Finding]
    /// Why the store could not be opened, where it could not.
    package private(set) var failure: Failure?

    private init(_ findings: [Finding], failure: Failure? = nil) {
        // Sorting is stable: what is equally grave stays in the order of the checks.
        self.findings = findings.sorted { $0.answer > $1.answer }
        self.failure = failure
    }

    package var worst: Finding.Answer { findings.first?.answer ?? .unknown }
    package var isHealthy: Bool { worst == .ok }
    package var isUntrusted: Bool { findings.contains(where: \.isUntrusted) }

    package func count(_ answer: Finding.Answer) -> Int { findings.count { $0.answer == answer } }

    /// What can be said of a database that does not open: why, and what its files show.
    package init(ofUnopened failure: Failure, at path: String, masterKey: MasterKeySource) {
        var why = Finding(of: failure)
        why.answer = failure.kind == .busy || failure.kind == .notPermitted ? .unknown : .critical
        why.check = "database"
        var findings = [why]
        if failure.kind == .untrusted, let altered = Self.alteredSchema(at: path) { findings.append(altered) }
        // Of a file that is not there, or is somebody else's, nothing else is worth saying.
        if ![.absent, .malformed].contains(failure.kind) {
            findings += Self.examine(StoreFiles(path: path, masterKey: masterKey, masterKeyID: nil), upTo: .instant)
        }
        self.init(findings, failure: failure)
    }

    /// What was altered, where the file can still say it.
    private static func alteredSchema(at path: String) -> Finding? {
        var options = Database.Options()
        options.readOnly = true
        options.acceptsAlteredSchema = true
        guard
            let database = try? Database.open(
                at: path, steps: Store.steps, applicationID: Store.applicationID, options: options)
        else { return nil }
        defer { try? database.close() }
        guard let differences = try? database.schemaDifferences(from: Store.steps), !differences.isEmpty else {
            return nil
        }
        var finding = Finding.untrusted(
            differences.prefix(5).joined(separator: ", ")
                + (differences.count > 5 ? " and \((differences.count - 5).grouped) more" : ""),
            hint: "restore a backup")
        finding.check = HealthCheck.schema.name
        return finding
    }

    fileprivate init(of store: Store, upTo depth: HealthCheck.Depth) throws {
        let masterKeyID = try store.read(\.facts.masterKeyID)
        let files = StoreFiles(path: store.database.path, masterKey: store.keyring.source, masterKeyID: masterKeyID)
        var findings = Self.examine(files, upTo: depth) + Self.examine(store.database, upTo: depth)
        findings += try Self.examine(store, upTo: depth)
        let order = Dictionary(uniqueKeysWithValues: HealthCheck.all.enumerated().map { ($1.name, $0) })
        self.init(findings.sorted { order[$0.check] ?? 0 < order[$1.check] ?? 0 })
    }

    private static func examine(_ files: StoreFiles, upTo depth: HealthCheck.Depth) -> [Finding] {
        HealthCheck.all.filter { $0.depth <= depth }.compactMap { check in
            guard case .files(let look) = check.subject else { return nil }
            return judged(check) { try look(files) }
        }
    }

    private static func examine(_ database: Database, upTo depth: HealthCheck.Depth) -> [Finding] {
        HealthCheck.all.filter { $0.depth <= depth }.compactMap { check in
            guard case .engine(let look) = check.subject else { return nil }
            return judged(check) { try Failure.translating { try look(database) } }
        }
    }

    private static func examine(_ store: Store, upTo depth: HealthCheck.Depth) throws -> [Finding] {
        let clock = store.clock.now()
        func look(isLocked: Bool) throws -> [Finding] {
            try store.read { reader in
                let examination = Examination(store: reader, clock: clock, isLocked: isLocked)
                return try HealthCheck.all.filter { $0.depth <= depth }.compactMap { check in
                    guard case .store(let look) = check.subject else { return nil }
                    return try judging(check) { try Failure.translating { try look(examination) } }
                }
            }
        }
        do {
            return try look(isLocked: false)
        } catch let failure as Failure where failure.kind == .notPermitted && depth == .deep {
            // The master key is behind a passphrase and nobody is there to ask: all that needs none is still looked at.
            return try look(isLocked: true)
        }
    }

    private static func judged(_ check: HealthCheck, _ look: () throws -> Finding) -> Finding {
        var finding: Finding
        do {
            finding = try look()
        } catch {
            finding = Finding(of: error as? Failure ?? Failure(.bug, "the check itself failed"))
        }
        finding.check = check.name
        return finding
    }

    /// Passes on what only the caller can mend, by asking for a passphrase.
    private static func judging(_ check: HealthCheck, _ look: () throws -> Finding) throws -> Finding {
        var locked: MasterKeyLocked?
        let finding = judged(check) {
            do {
                return try look()
            } catch let error as MasterKeyLocked {
                locked = error
                throw error
            }
        }
        if let locked { throw locked }
        return finding
    }
}

extension Store {
    /// Looks at everything that costs no more than `depth`.
    ///
    /// Fails with `.untrusted` where not even the row about the store itself reads.
    package func diagnose(_ depth: HealthCheck.Depth) throws -> Diagnosis { try Diagnosis(of: self, upTo: depth) }

    /// What an operator should look at first; nil where nothing is wrong. Costs a few milliseconds, whatever is stored.
    package func firstFinding() throws -> Finding? {
        try diagnose(.instant).findings.first { $0.answer > .ok }
    }
}
