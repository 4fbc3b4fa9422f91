import Foundation
import Testing

@testable import TokenStorage

/// What the operating system refuses. Each case runs in a process of its own that is nobody: root is refused nothing.
@Suite struct PermissionTests {
    let scratch: Scratch

    init() throws {
        scratch = try Scratch()
        let database = try create(scratch("db"))
        try database.increment()
        try database.close()
        chmod(scratch("db"), 0o444)
        chmod(scratch.path, 0o555)
    }

    static func becomeNobody() throws {
        guard geteuid() == 0 else { return }
        try #require(setgroups(0, nil) == 0 && setgid(65534) == 0 && setuid(65534) == 0)
    }

    @Test func `a file that may only be read is refused for writing`() async throws {
        let path = scratch("db")
        await #expect(processExitsWith: .success) { [path = path as String] in
            try PermissionTests.becomeNobody()
            let error = failure { _ = try open(path) }
            #expect(error?.kind == .notPermitted)
            #expect(error?.message.contains("write") == true)
        }
        #expect(try scratch.contents().keys.sorted() == ["db"])
    }

    @Test func `at rest in a directory that may not be written it can be read`() async throws {
        let path = scratch("db")
        await #expect(processExitsWith: .success) { [path = path as String] in
            try PermissionTests.becomeNobody()
            let database = try open(path) { $0.readOnly = true }
            #expect(try database.count() == 1)
            #expect(try database.count() == 1)
        }
        #expect(try scratch.contents().keys.sorted() == ["db"])
    }

    @Test func `a read at rest is thrown away when somebody wrote meanwhile`() async throws {
        let path = scratch("db")
        let directory = scratch.path
        await #expect(processExitsWith: .success) { [path = path as String, directory = directory as String] in
            // Still root, or the owner: one connection that writes, one that believes the file to be at rest.
            chmod(directory, 0o755)
            chmod(path, 0o644)
            let file = try DatabaseFile(path)
            var options = Database.Options()
            options.readOnly = true
            let reader = try Database(file, options, atRest: FileAtRest(file)) { _ in }
            #expect(try reader.count() == 1)
            let error = failure {
                _ = try reader.read { transaction in
                    let writer = try open(path)
                    try writer.increment()
                    try writer.close()
                    return try transaction.value("SELECT n FROM counter", as: Int.self)
                }
            }
            #expect(error?.kind == .busy)
        }
    }

    @Test func `beside a process that writes it can be read from there too`() async throws {
        chmod(scratch.path, 0o755)
        chmod(scratch("db"), 0o644)
        let writer = try open(scratch("db"))
        try writer.increment()
        let path = scratch("db")
        await #expect(processExitsWith: .success) { [path = path as String] in
            try PermissionTests.becomeNobody()
            #expect(try open(path) { $0.readOnly = true }.count() == 2)
        }
        try writer.increment()
        #expect(try writer.count() == 3)
    }

    @Test func `a file that may not be read, and a directory that may not be entered`() async throws {
        chmod(scratch("db"), 0o000)
        let path = scratch("db")
        await #expect(processExitsWith: .success) { [path = path as String] in
            try PermissionTests.becomeNobody()
            for readOnly in [false, true] {
                let error = failure { _ = try open(path) { $0.readOnly = readOnly } }
                #expect(error?.kind == .notPermitted)
                #expect(error?.message.contains("read") == true)
            }
        }
        chmod(scratch.path, 0o000)
        await #expect(processExitsWith: .success) { [path = path as String] in
            try PermissionTests.becomeNobody()
            #expect(failure { _ = try open(path) }?.kind == .notPermitted)
        }
    }

    @Test func `nothing is created where it is not permitted`() async throws {
        let path = scratch("new")
        await #expect(processExitsWith: .success) { [path = path as String] in
            try PermissionTests.becomeNobody()
            #expect(failure { _ = try create(path) }?.kind == .cannotCreate)
        }
        #expect(try scratch.contents().keys.sorted() == ["db"])
    }
}
