internal import TokenStorage

extension HealthCheck {
    static let schema = HealthCheck.engine("schema", .instant) { database in
        // An altered one is not opened at all; this is asked of a database that is open.
        let version = try database.schemaVersion()
        return .ok("as \(version.counted("migration")) made it")
    }

    static let integrity = HealthCheck.engine("integrity", .deep) { database in
        let damage = try database.damage(atMost: 20)
        guard let first = damage.first else { return .ok("every page and index holds together") }
        return .untrusted(
            "\(damage.count >= 20 ? "20 or more faults" : damage.count.counted("fault")), the first: \(first)",
            hint: "stop what writes, keep a copy of the file, and restore a backup")
    }

    static let references = HealthCheck.engine("references", .deep) { database in
        let orphans = try database.danglingReferences()
        guard !orphans.isEmpty else { return .ok("no row refers to one that is not there") }
        let tables = orphans.map { "\($0.rows.grouped) in \($0.table)" }.joined(separator: ", ")
        return .untrusted("rows that refer to nothing: \(tables)", hint: "restore a backup")
    }

    /// A session without its entries is there, and no list finds it, nor does a logout of its user.
    static let entries = HealthCheck.store("entries", .deep) { examination in
        let wrong = try examination.store.wrongEntries()
        guard !wrong.isEmpty else {
            return .ok(
                examination.store.facts.sweepIsDue
                    ? "every session is found; a cleanup has entries of removed ones to sweep"
                    : "every session is found by its user, address, device and times")
        }
        let faults = wrong.map { "\($0.table): \($0.missing.grouped) missing, \($0.astray.grouped) astray" }
        return .untrusted(
            "sessions and the entries they are found by disagree: " + faults.joined(separator: "; "),
            hint: "stop what writes, keep a copy of the file, and restore a backup")
    }

    static let sqlite = HealthCheck.engine("sqlite", .instant) { database in
        let mode = try database.settings()["journal_mode"]
        // One that is read at rest, as immutable, has no log and says "delete".
        if mode != "wal", !database.isReadAtRest {
            return .warning(
                "the journal mode is \(mode ?? "unknown"), not wal: readers and writers wait for each other",
                hint: "another tool changed it; the next writing tokenctl puts it back")
        }
        let version = SQLiteLibrary.version
        guard SQLiteLibrary.hasWALResetBug else { return .ok("SQLite \(version)") }
        return .ok(
            "SQLite \(version) can lose a commit to a passive checkpoint (fixed in 3.51.3, 3.50.7, 3.44.6); tokenctl makes none",
            hint: "another program that opens this file must set wal_autocheckpoint to 0")
    }
}
