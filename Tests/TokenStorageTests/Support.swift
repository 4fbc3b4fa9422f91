import Foundation
import Testing

@testable import TokenStorage

let applicationID: Int32 = 0x7465_7374

let steps = [
    MigrationStep(
        name: "t0001_first",
        sql: """
            CREATE TABLE parent (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
            CREATE TABLE child (
                id INTEGER PRIMARY KEY,
                parent_id INTEGER NOT NULL REFERENCES parent,
                amount REAL, data BLOB
            ) STRICT;
            CREATE INDEX child_by_parent ON child (parent_id);
            CREATE TABLE counter (n INTEGER NOT NULL) STRICT;
            INSERT INTO counter VALUES (0);
            """),
    MigrationStep(name: "t0002_second", sql: "CREATE TABLE later (x TEXT) STRICT"),
]

/// A directory of its own for each test, removed with all that is in it.
final class Scratch: Sendable {
    let path: String

    init() throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("tokenctl-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: false)
        path = directory.path
    }

    deinit {
        chmod(path, 0o700)
        try? FileManager.default.removeItem(atPath: path)
    }

    func callAsFunction(_ name: String) -> String { path + "/" + name }

    /// Every file here with its content: equal before and after means nothing was touched and nothing left behind.
    ///
    /// Reading an open database this way drops the process' POSIX locks on it. SQLite keeps count of its connections within
    /// a process, so between those the locks still hold; only tests with several processes must not do it.
    func contents() throws -> [String: Data] {
        var contents: [String: Data] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: path) {
            contents[name] = FileManager.default.contents(atPath: self(name)) ?? Data()
        }
        return contents
    }
}

func mode(of path: String) -> Int {
    DatabaseFile.status(of: path).map { Int($0.st_mode & 0o7777) } ?? -1
}

func create(_ path: String, steps: [MigrationStep] = steps) throws -> Database {
    try Database.create(at: path, steps: steps, applicationID: applicationID, at: 1_767_225_600_000)
}

func open(
    _ path: String, steps: [MigrationStep] = steps, _ change: (inout Database.Options) -> Void = { _ in }
) throws -> Database {
    var options = Database.Options()
    change(&options)
    return try Database.open(at: path, steps: steps, applicationID: applicationID, options: options)
}

/// The error that `body` throws; records an issue when it throws none, or one of another type.
func failure<T>(_ body: () throws -> T, location: SourceLocation = #_sourceLocation) -> StorageError? {
    #expect(throws: StorageError.self, sourceLocation: location) { _ = try body() }
}

extension Database {
    func count() throws -> Int {
        try read { try $0.value("SELECT n FROM counter", as: Int.self) ?? -1 }
    }

    func increment() throws {
        try write { _ = try $0.execute("UPDATE counter SET n = n + 1") }
    }
}

/// Runs `body` on threads of its own, as many at once as asked for, and waits for all of them.
func onThreads(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
    let group = DispatchGroup()
    for index in 0..<count {
        group.enter()
        Thread {
            body(index)
            group.leave()
        }.start()
    }
    group.wait()
}

/// Another thread that is inside a transaction until told to leave.
final class Holder: Sendable {
    private let leave = DispatchSemaphore(value: 0)
    private let left = DispatchSemaphore(value: 0)

    init(_ enter: @escaping @Sendable (_ hold: @escaping @Sendable () -> Void) throws -> Void) {
        let entered = DispatchSemaphore(value: 0)
        let (leave, left) = (leave, left)
        Thread {
            do {
                try enter {
                    entered.signal()
                    leave.wait()
                }
            } catch {
                Issue.record(error)
                entered.signal()
            }
            left.signal()
        }.start()
        entered.wait()
    }

    static func writing(_ database: Database) -> Holder {
        Holder { hold in
            try database.write { transaction in
                try transaction.execute("UPDATE counter SET n = n + 1")
                hold()
            }
        }
    }

    static func reading(_ database: Database) -> Holder {
        Holder { hold in
            try database.read { transaction in
                _ = try transaction.row("SELECT n FROM counter")
                hold()
            }
        }
    }

    func release() {
        leave.signal()
        left.wait()
    }
}
