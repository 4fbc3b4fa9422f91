package import TokenStorage

/// `migrate`: takes a store through the schema steps that this program has and it has not taken.
package enum StoreMigration {
    /// The names of those steps; reads only. Fails with `.configuration` for a schema newer than this program's.
    package static func pending(
        at path: String, options: Database.Options = .init(), steps: [MigrationStep] = Store.steps
    ) throws -> [String] {
        var options = options
        options.readOnly = true
        return try open(path, options, steps) { try $0.pendingSteps(of: steps) }
    }

    /// Takes them, with an audit event, in one transaction: all or none. Returns their names, none where it is current.
    package static func run(
        at path: String, options: Database.Options = .init(), clock: Clock, actor: Actor,
        steps: [MigrationStep] = Store.steps
    ) throws -> [String] {
        // Nothing is opened or sealed on the way, so no master key is asked for.
        let keyring = Keyring(source: MasterKeySource(places: []), of: Files.absolute(path))
        return try open(path, options, steps) { database in
            try database.migrate(steps, at: clock.now().milliseconds) { transaction, taken in
                let writer = try StoreWriter(transaction, clock: clock.now(), actor: actor, keyring: keyring, ids: nil)
                try writer.audit("migrate", target: taken.joined(separator: " "), counts: ["steps": Int64(taken.count)])
                try writer.finish()
            }
        }
    }

    private static func open<T>(
        _ path: String, _ options: Database.Options, _ steps: [MigrationStep], _ body: (Database) throws -> T
    ) throws -> T {
        try Failure.translating {
            var options = options
            options.acceptsPendingSteps = true
            let database = try Database.open(
                at: path, steps: steps, applicationID: Store.applicationID, options: options)
            do {
                let result = try body(database)
                try database.close()
                return result
            } catch {
                try? database.close()
                throw error
            }
        }
    }
}
