import Foundation
import Testing
import TokenConsole

/// The runbooks say what really happens: every `console` block of docs/operations.md is a transcript.
@Suite struct `docs/operations.md` {
    static let page = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "docs/operations.md")

    struct Block: Sendable, CustomTestStringConvertible {
        var heading: String
        var text: String
        var testDescription: String { heading }
    }

    static var blocks: [Block] {
        let page = (try? String(contentsOf: page, encoding: .utf8)) ?? ""
        var heading = ""
        var blocks: [Block] = []
        for (index, part) in page.components(separatedBy: "```").enumerated() {
            if index.isMultiple(of: 2) {
                heading =
                    part.split(separator: "\n").last { $0.hasPrefix("## ") }.map { String($0.dropFirst(3)) } ?? heading
            } else if part.hasPrefix("console\n") {
                blocks.append(Block(heading: heading, text: String(part.dropFirst("console\n".count))))
            }
        }
        return blocks
    }

    @Test func `has the runbooks that an operator looks for`() {
        #expect(
            Set(Self.blocks.map(\.heading)).isSuperset(of: [
                "Monthly rotation", "Leaked signing key", "Stolen laptop", "Replayed refresh token",
                "A client is compromised", "Log everyone out", "From one shared secret to keys with ids",
                "Lost master key", "Restore from a backup",
            ]))
    }

    @Test(arguments: blocks)
    func `gives the same in one shell`(block: Block) throws {
        let runner = TranscriptRunner(root: Tokenctl.self, driver: .shell)
        #expect(try runner.play(try Transcript(block.text)).differences == [])
    }

    /// All in one, because recording rewrites the page they share.
    @Test func `replays as it was recorded`() throws {
        var page = try String(contentsOf: Self.page, encoding: .utf8)
        for block in Self.blocks {
            let transcript = try Transcript(block.text)
            let runner = TranscriptRunner(root: Tokenctl.self, records: TranscriptRunner.isRecording)
            let (differences, answers) = try runner.play(transcript)
            if TranscriptRunner.isRecording {
                page = page.replacingOccurrences(
                    of: block.text, with: runner.recording(block.text, transcript, answers))
            } else {
                #expect(differences == [], "\(block.heading)")
            }
        }
        guard TranscriptRunner.isRecording else { return }
        try page.write(to: Self.page, atomically: true, encoding: .utf8)
        Issue.record("docs/operations.md was recorded anew; read it, then run again without recording")
    }
}
