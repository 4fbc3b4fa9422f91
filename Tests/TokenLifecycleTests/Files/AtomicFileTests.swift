import Foundation
import Glibc
import Testing
import TokenLifecycle

@Suite struct `Files written whole` {
    let folder = Folder()

    private func mode(_ path: String) -> mode_t {
        var status = stat()
        return lstat(path, &status) == 0 ? status.st_mode & 0o7777 : 0
    }

    @Test(arguments: [0o600, 0o644] as [UInt32], [0, 0o022, 0o077, 0o777] as [UInt32])
    func `have the mode asked for, whatever the umask`(mode: UInt32, mask: UInt32) async throws {
        let path = folder.path("out")
        // The umask belongs to the whole process, so this takes one of its own.
        await #expect(processExitsWith: .success) {
            [path = path as String, mode = mode as UInt32, mask = mask as UInt32] in
            umask(mask)
            try AtomicFile.write(Array("hello".utf8), to: path, mode: mode)
        }
        #expect(self.mode(path) == mode)
        #expect(try InputFile.read(path, limit: 100) == Array("hello".utf8))
    }

    @Test func `replace what was there and leave nothing beside it`() throws {
        let path = folder.path("out")
        try AtomicFile.write([UInt8](repeating: 1, count: 300_000), to: path, mode: 0o644)
        try AtomicFile.write([2], to: path, mode: 0o600)
        #expect(try InputFile.read(path, limit: 10) == [2])
        #expect(mode(path) == 0o600)
        #expect(try folder.names() == ["out"])
    }

    @Test func `never go through a link`() throws {
        let target = folder.path("target")
        try AtomicFile.write([1], to: target, mode: 0o600)
        for (name, destination) in [("live", target), ("dangling", folder.path("nothing"))] {
            #expect(symlink(destination, folder.path(name)) == 0)
            let failure = #expect(throws: Failure.self) {
                try AtomicFile.write([9], to: folder.path(name), mode: 0o600)
            }
            #expect(failure?.kind == .notPermitted)
        }
        #expect(try InputFile.read(target, limit: 10) == [1])
        #expect(try folder.names() == ["dangling", "live", "target"])
    }

    @Test func `are not made over a directory, in no directory, or without a name`() throws {
        #expect(mkdir(folder.path("sub"), 0o700) == 0)
        for (path, kind) in [
            (folder.path("sub"), Failure.Kind.cannotCreate), (folder.path("none/out"), .cannotCreate), ("", .usage),
            ("a\0b", .usage), ("/dev/null", .cannotCreate),
        ] {
            let failure = #expect(throws: Failure.self) { try AtomicFile.write([1], to: path, mode: 0o600) }
            #expect(failure?.kind == kind, "\(path)")
        }
        #expect(try folder.names() == ["sub"])
    }

    @Test func `take away what killed writers left under the same name, or one that goes on from it, and nothing else`()
        throws
    {
        let strange = [
            "out.0123456789ab.tmp", "out.0123456789ABC.tmp", "out.x.tmp", "output.0123456789abc.tmp", "out.tmp",
        ]
        let held = "out.heldbysomeone.tmp"
        for name in strange + [held, "out.0123456789abc.tmp", "out.more.0123456789abc.tmp"] {
            try Data("secret".utf8).write(to: URL(filePath: folder.path(name)))
        }
        #expect(mkfifo(folder.path("out.pipe000000000.tmp"), 0o600) == 0)
        #expect(symlink(folder.path("out.x.tmp"), folder.path("out.link000000000.tmp")) == 0)
        let descriptor = open(folder.path(held), O_RDONLY | O_CLOEXEC)
        #expect(flock(descriptor, LOCK_EX | LOCK_NB) == 0)
        try AtomicFile.write([1], to: folder.path("out"), mode: 0o600)
        #expect(
            try folder.names() == (strange + [held, "out", "out.link000000000.tmp", "out.pipe000000000.tmp"]).sorted())
        // Closing alone leaves the lock to a process that another test starts, until that has executed its program.
        #expect(flock(descriptor, LOCK_UN) == 0)
        close(descriptor)
        try AtomicFile.write([1], to: folder.path("out"), mode: 0o600)
        #expect(try folder.names() == (strange + ["out", "out.link000000000.tmp", "out.pipe000000000.tmp"]).sorted())
    }

    @Test func `are read up to a limit and no further`() throws {
        let path = folder.path("in")
        try AtomicFile.write([UInt8](repeating: 7, count: 100), to: path, mode: 0o600)
        #expect(try InputFile.read(path, limit: 100).count == 100)
        for (path, limit, kind) in [
            (path, 99, Failure.Kind.malformed), (folder.path("none"), 99, .absent), (folder.path(""), 99, .malformed),
            ("/dev/zero", 99, .malformed), ("", 99, .usage),
        ] {
            let failure = #expect(throws: Failure.self) { try InputFile.read(path, limit: limit) }
            #expect(failure?.kind == kind, "\(path)")
        }
    }
}

/// A folder of its own for one test, gone with it.
final class Folder {
    private let root = FileManager.default.temporaryDirectory.appendingPathComponent("tokenctl-\(UUID().uuidString)")

    init() { try? FileManager.default.createDirectory(at: root, withIntermediateDirectories: true) }
    deinit { try? FileManager.default.removeItem(at: root) }

    func path(_ name: String) -> String { root.path + "/" + name }
    func names() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: root.path).sorted() }
}
