internal import TokenStorage

/// A copy of a store in a file of its own, and what was found when it was held against everything a store must be.
package struct Backup: Sendable {
    /// Absolute.
    package internal(set) var path: String
    package let storeID: String
    package let epoch: Int64
    /// The last write that it holds.
    package let asOf: Instant
    package let bytes: Int
    package let auditEvents: Int64
    package let auditHead: [UInt8]
    /// Whether everything sealed in it opens; nil where there was no master key to try.
    package let opens: Bool?

    /// Reads all of the file at `path`: every page, reference and row, the schema, the audit chain, every sealed key.
    ///
    /// Nothing is laid beside the file. Fails with `.untrusted` where anything is wrong, `.absent`, `.malformed` for another
    /// kind of file, `.configuration` for a schema that is older or newer than this program's.
    /// `name` is what the failure calls the file, where that is not its path.
    package init(
        verifying path: String, named name: String? = nil, clock: Clock, masterKey: MasterKeySource
    ) throws {
        var options = Database.Options()
        options.readOnly = true
        options.prefersAtRest = true
        let store = try Store.open(at: path, options: options, clock: clock, masterKey: masterKey)
        defer { try? store.close() }
        let checks = ["integrity", "references", "values", "audit_chain", "sealed_keys"]
        let findings = try store.diagnose(.deep).findings.filter { checks.contains($0.check) }
        if let wrong = findings.first(where: { $0.answer > .unknown }) {
            let file = name ?? path
            throw wrong.isUnreadable
                ? Failure(.io, "\(file): \(wrong.text)", hint: wrong.hint, target: file)
                : Failure(.untrusted, "\(file): \(wrong.text)", hint: "this is no backup; take another", target: file)
        }
        opens = findings.contains { $0.answer == .unknown } ? nil : true
        let facts = try store.read(\.facts)
        let head = try store.read { try $0.auditHead() }
        self.path = store.database.path
        storeID = facts.storeID
        epoch = facts.epoch
        asOf = facts.lastWriteAt
        bytes = store.database.bytes
        auditEvents = head?.seq ?? 0
        auditHead = try head?.hash ?? store.read { try $0.auditBeginning().head }
    }
}

extension Store {
    /// Copies this store into a new file, while others write; the copy has its name only once it was verified and is
    /// durable. Mode 0600.
    ///
    /// `passing` hears how many pages of how many are copied. Fails with `.cannotCreate` where something has that name
    /// already, `.untrusted` where the store itself is damaged: then there is no backup of it.
    package func backUp(to path: String, passing: (Int, Int) throws -> Void = { _, _ in }) throws -> Backup {
        let path = Files.absolute(path)
        try keyring.refuseOverwriting(path)
        let taken = Failure(
            .cannotCreate, "\(path) is there already",
            hint: "a backup goes into a new file: put the date into its name",
            target: path)
        AtomicFile.removeAbandoned(beside: path)
        guard !Files.exists(path) else { throw taken }
        let made = try AtomicFile.create(at: path) { draft in
            try Failure.translating { try database.copy(onto: draft, passing: passing) }
            return try Backup(verifying: draft, clock: clock, masterKey: keyring.source)
        }
        guard var backup = made else { throw taken }
        backup.path = path
        return backup
    }
}
