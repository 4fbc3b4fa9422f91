internal import TokenStorage

/// One invariant of a store: its name, what it costs to look, and how to look.
package struct HealthCheck: Sendable {
    /// How long looking takes, and with it who asks.
    package enum Depth: Int, Comparable, Sendable {
        /// A few file names and indexed rows, the same on ten rows and ten million: `status` and the shell ask always.
        case instant
        /// Counts with a bound: `doctor`.
        case thorough
        /// Reads everything: `doctor --deep`.
        case deep

        package static func < (a: Depth, b: Depth) -> Bool { a.rawValue < b.rawValue }
    }

    /// What is looked at. Statements of the engine itself run outside a transaction of ours.
    enum Subject: Sendable {
        case files(@Sendable (StoreFiles) throws -> Finding)
        case engine(@Sendable (Database) throws -> Finding)
        case store(@Sendable (Examination) throws -> Finding)
    }

    package let name: String
    let depth: Depth
    let subject: Subject

    private init(_ name: String, _ depth: Depth, _ subject: Subject) {
        self.name = name
        self.depth = depth
        self.subject = subject
    }

    static func files(_ name: String, _ look: @escaping @Sendable (StoreFiles) throws -> Finding) -> Self {
        .init(name, .instant, .files(look))
    }

    static func engine(
        _ name: String, _ depth: Depth, _ look: @escaping @Sendable (Database) throws -> Finding
    ) -> Self {
        .init(name, depth, .engine(look))
    }

    static func store(
        _ name: String, _ depth: Depth, _ look: @escaping @Sendable (Examination) throws -> Finding
    ) -> Self {
        .init(name, depth, .store(look))
    }

    /// Every check there is. Of two findings that are equally grave, the one further up is told first.
    package static let all: [HealthCheck] =
        [.schema, .integrity, .references, .entries, .values, .policies] + keyChecks + publicationChecks + fileChecks
        + [.clock, .audit, .auditTail, .sealedKeys, .cleanup, .backlog, .denylist, .windows, .issuer, .sqlite]
}

/// The store as a check sees it: one snapshot, and the system's clock beside the store's own time.
struct Examination {
    let store: StoreReader
    let clock: Instant
    /// Whether nobody can be asked for the master key.
    var isLocked = false
}
