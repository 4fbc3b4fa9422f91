import Foundation
import Glibc
import Testing

@testable import TokenConsole

/// The file of the history, where somebody else was there first.
@Suite struct HistoryTests {
    private let folder = FileManager.default.temporaryDirectory.appending(path: "tokenctl-\(UUID().uuidString)").path

    @Test func `a link is neither written through nor read`() throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let precious = folder + "/precious"
        try Data("status\n".utf8).write(to: URL(filePath: precious))
        try #require(symlink(precious, folder + "/history") == 0 && chmod(precious, 0o640) == 0)
        var history = History(folder + "/history")
        #expect(history.lines == [])
        let isKept = history.add("user show alice")
        #expect(isKept, "it lives as long as the shell")
        #expect(try String(contentsOfFile: precious, encoding: .utf8) == "status\n")
        var status = stat()
        #expect(stat(precious, &status) == 0 && status.st_mode & 0o777 == 0o640)
    }

    @Test func `a file of its own is for its owner alone, whatever it was`() throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let path = folder + "/history"
        try Data("status\n".utf8).write(to: URL(filePath: path))
        try #require(chmod(path, 0o644) == 0)
        var history = History(path)
        let isKept = history.add("user show alice")
        #expect(isKept)
        #expect(History(path).lines == ["status", "user show alice"])
        var status = stat()
        #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o600)
    }
}
