import Foundation
import Glibc
import Testing
import TokenStorage

@testable import TokenLifecycle

/// Files and directories that are somebody else's. Only root can give a file away; anybody else asks as if they were another.
@Suite struct OwnershipTests {
    private let test: TestStore
    private let isRoot = geteuid() == 0

    init() throws {
        test = try TestStore()
    }

    /// Makes `paths` somebody else's, and answers who asks then.
    private func giveAway(_ paths: String...) throws -> WriteAccess {
        guard isRoot else { return WriteAccess(reader: geteuid() + 1) }
        for path in paths { try #require(chown(path, 1234, 1234) == 0) }
        return WriteAccess()
    }

    private func finding(_ check: String, of path: String, _ access: WriteAccess) throws -> Finding {
        let files = StoreFiles(path: path, masterKey: test.masterKey, masterKeyID: nil, access: access)
        guard case .files(let look) = HealthCheck.all.first(where: { $0.name == check })?.subject else {
            throw Failure(.bug, "no check \(check)")
        }
        return try look(files)
    }

    private func finding(_ check: String, _ access: WriteAccess = WriteAccess()) throws -> Finding {
        try finding(check, of: test.path, access)
    }

    @Test func `what is all our own is fine`() throws {
        for check in ["file_permissions", "directory_permissions", "master_key"] {
            #expect(try finding(check).answer == .ok)
        }
        #expect(HealthCheck.writers(of: test.keySetPath, WriteAccess()) == nil)
    }

    @Test func `the directory of another user is told of, whose database it may be`() throws {
        let found = try finding("directory_permissions", giveAway(test.folder))
        #expect(found.answer == .warning && found.text.contains("may replace the database") && found.hint != nil)
    }

    @Test func `the database of another user is told of, also to root`() throws {
        let found = try finding("file_permissions", giveAway(test.path, test.path + "-wal", test.path + "-shm"))
        #expect(found.answer == .warning && found.text.contains("belongs to another user"))
    }

    @Test func `the master key of another user is told of, also to root`() throws {
        let found = try finding("master_key", giveAway(test.folder + "/master.key"))
        #expect(found.answer == .warning && found.text.contains("belongs to another user"))
    }

    @Test func `the key set of another user, or in the directory of one, is told of`() throws {
        let access = try giveAway(test.keySetPath)
        let found = try #require(HealthCheck.writers(of: test.keySetPath, access))
        #expect(found.answer == .warning && found.text.contains("a key of their own"))
        guard isRoot else { return }
        try #require(chown(test.keySetPath, 0, 0) == 0)
        #expect(HealthCheck.writers(of: test.keySetPath, WriteAccess()) == nil)
        _ = try giveAway(test.folder)
        #expect(HealthCheck.writers(of: test.keySetPath, WriteAccess())?.answer == .warning)
    }

    @Test func `a store that a group shares is its members'`() throws {
        try #require(chmod(test.folder, 0o2770) == 0)
        let access = try giveAway(test.path, test.path + "-wal", test.path + "-shm", test.keySetPath, test.folder)
        guard isRoot else { return }
        try #require(chmod(test.folder, 0o2770) == 0)
        #expect(try finding("file_permissions", access).answer == .ok)
        #expect(try finding("directory_permissions", access).answer == .ok)
        #expect(HealthCheck.writers(of: test.keySetPath, access) == nil)
    }

    /// Up to the root, by its name and by where its links lead.
    @Test(arguments: [("", Finding.Answer.critical, 0o777), ("", .ok, 0o1777), ("link/", .critical, 0o777)])
    func `a directory above that anyone may write is told of`(
        way: String, answer: Finding.Answer, mode: mode_t
    ) throws {
        let open = test.folder + "/open"
        for folder in [open, open + "/own"] {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
            try #require(chmod(folder, folder == open ? mode : 0o700) == 0)
        }
        try FileManager.default.createSymbolicLink(
            atPath: test.folder + "/link", withDestinationPath: open + "/own")
        let folder = way.isEmpty ? open + "/own" : test.folder + "/link"
        for name in ["tokens.db", "jwks.json"] {
            try #require(FileManager.default.createFile(atPath: folder + "/" + name, contents: nil))
            try #require(chmod(folder + "/" + name, 0o644) == 0)
        }
        let found = try finding("directory_permissions", of: folder + "/tokens.db", WriteAccess())
        #expect(found.answer == answer, "\(found.text)")
        #expect((HealthCheck.writers(of: folder + "/jwks.json", WriteAccess())?.answer ?? .ok) == answer)
        #expect(answer == .ok || found.text.contains("\(open) is 0777"))
    }

    @Test func `a directory above that another group may write is told of`() throws {
        let own = test.folder + "/own"
        try FileManager.default.createDirectory(atPath: own, withIntermediateDirectories: false)
        if isRoot { try #require(chown(test.folder, 0, 1234) == 0) }
        try #require(chmod(test.folder, 0o775) == 0)
        func found(_ group: gid_t) throws -> Finding {
            try finding("directory_permissions", of: own + "/tokens.db", WriteAccess(group: group))
        }
        let owner = isRoot ? 1234 : getegid()
        #expect(try found(owner).answer == .ok, "one's own")
        let other = try found(owner + 1)
        #expect(other.answer == .warning && other.text.contains("the group of \(test.folder)"))
    }
}
