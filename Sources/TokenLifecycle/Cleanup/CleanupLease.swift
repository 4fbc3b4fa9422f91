internal import TokenStorage

/// One cleanup at a time: who runs holds a lease in the row of its run, renews it in the transaction of every batch, and
/// gives it back at its end. A run that died gives it back by dying: the lease outlives it by seconds.
struct CleanupLease {
    /// Longer than any batch waits for its turn; short beside the night that a dead run would otherwise block.
    static let length = Duration.seconds(20)

    private let run: Int64

    /// Fails with `.busy` while another holds it. Runs that were cut off are entered into the audit record first, with what
    /// they had removed: nothing is removed without an event.
    init(_ store: StoreWriter) throws {
        let held = try store.sql.row(
            "SELECT started_at, lease_until FROM cleanup_run WHERE finished_at IS NULL AND lease_until > \(store.now)")
        if let held {
            let (began, until): (Instant, Instant) = (try held.get(0), try held.get(1))
            throw Failure(
                .busy, "another cleanup runs since \(began.rfc3339)",
                hint: "if it was killed, this one may start after \(until.rfc3339)", target: Self.target)
        }
        try Self.closeAbandoned(store)
        run = try store.insert(
            """
            INSERT INTO cleanup_run (started_at, lease_until) VALUES (\(store.now), \(store.now + Self.length))
            RETURNING id
            """
        ).get(0)
        try store.execute(
            """
            DELETE FROM cleanup_run
            WHERE id <= \(run - 50) AND id <> coalesce((SELECT max(id) FROM cleanup_run WHERE complete = 1), 0)
            """)
    }

    /// What the errors say they are about.
    fileprivate static let target = "cleanup"

    private static func closeAbandoned(_ store: StoreWriter) throws {
        let abandoned = try store.sql.rows("SELECT id, removed FROM cleanup_run WHERE finished_at IS NULL")
        for row in abandoned {
            let removed: Int64 = try row.get(1)
            if removed > 0 { try store.audit("cleanup", reason: "a run that was cut off", counts: ["rows": removed]) }
            try store.execute(
                "UPDATE cleanup_run SET finished_at = \(store.now), lease_until = NULL WHERE id = \(row.get(0, as: Int64.self))"
            )
        }
    }

    /// Holds on to it for another while, and notes how much has been removed. Fails with `.busy` where this run was taken for
    /// dead and another has begun: then the batch is rolled back.
    func renew(_ store: StoreWriter, removed: Int) throws {
        let renewed = try store.execute(
            """
            UPDATE cleanup_run SET lease_until = \(store.now + Self.length), removed = \(removed)
            WHERE id = \(run) AND finished_at IS NULL
            """)
        guard renewed == 1 else {
            throw Failure(
                .busy, "this cleanup stood still for so long that another took over", target: Self.target)
        }
    }

    /// Answers whether it was still held: another that took over has entered into the record what this run removed.
    @discardableResult
    func giveBack(_ store: StoreWriter, removed: Int, complete: Bool) throws -> Bool {
        try store.execute(
            """
            UPDATE cleanup_run SET finished_at = \(store.now), removed = \(removed), complete = \(complete ? 1 : 0),
                                   lease_until = NULL
            WHERE id = \(run) AND finished_at IS NULL
            """) == 1
    }
}

extension StoreReading {
    /// When a cleanup last came to the end of the logins that were due. One that was cut short, or that had other things to
    /// do, is none; nil where there was none yet.
    func lastCleanup() throws -> Instant? {
        try sql.row("SELECT max(finished_at) FROM cleanup_run WHERE complete = 1")?.get(0)
    }
}

extension Failure {
    /// Whether it says that another cleanup runs, which some take for a good thing.
    package var isOfRunningCleanup: Bool { kind == .busy && target == CleanupLease.target }
}
