import Foundation
import Testing
import TokenConsole

@Suite struct `Transcripts` {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Transcripts")

    /// Every `.txt` of the folder, by name.
    static var names: [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return names.filter { $0.hasSuffix(".txt") }.sorted()
    }

    @Test(arguments: names)
    func `give the same in one shell as one by one`(name: String) throws {
        let text = try String(contentsOf: Self.folder.appending(path: name), encoding: .utf8)
        let runner = TranscriptRunner(root: Tokenctl.self, driver: .shell)
        #expect(try runner.play(try Transcript(text)).differences == [], "\(name)")
    }

    @Test(arguments: names)
    func `replay as they were recorded`(name: String) throws {
        let file = Self.folder.appending(path: name)
        let text = try String(contentsOf: file, encoding: .utf8)
        let transcript = try Transcript(text)
        let runner = TranscriptRunner(root: Tokenctl.self, records: TranscriptRunner.isRecording)
        let (differences, answers) = try runner.play(transcript)
        if TranscriptRunner.isRecording {
            try runner.recording(text, transcript, answers).write(to: file, atomically: true, encoding: .utf8)
            Issue.record("\(name) was recorded anew; read it, then run again without recording")
        } else {
            #expect(differences == [], "\(name)")
        }
    }

    private func play(_ text: String, _ driver: TranscriptRunner.Driver = .oneShot) throws -> [String] {
        try TranscriptRunner(root: Toy.self, driver: driver).play(try Transcript(text)).differences
    }

    @Test(arguments: TranscriptRunner.Driver.allCases)
    func `take input, captures, exit codes and both streams`(driver: TranscriptRunner.Driver) throws {
        let text = """
            # a comment
            < rex
            < tom
            $ tokenctl pet list - -o id
            {{first}}
            tom
            # after 1h
            $ tokenctl pet list {{first}} --columns name,note --no-header
            rex\tlikes {{first}}
            $ tokenctl fail not_found
            before
            ! tokenctl: error: it {{_}}
            ! tokenctl: hint: {{_}}
            ? 4
            """
        #expect(try play(text, driver) == [])
    }

    @Test(arguments: [
        ("$ tokenctl pet list rex -o id\ntom", "output 'rex', not 'tom'"),
        ("$ tokenctl pet list a b -o id\na", "unexpected output 'b'"),
        ("$ tokenctl pet list a -o id\na\nb", "missing output 'b'"), ("$ tokenctl fail no", "exit 1, not 0"),
        ("$ tokenctl pet list a b -o id\n{{x}}\n{{x}}", "output 'b', not '{{x}}'"),
    ])
    func `say where reality differs`(text: String, difference: String) throws {
        #expect(try play(text).first?.contains(difference) == true)
    }

    @Test func `are recorded as they are written`() throws {
        let text = "# at 2026-01-01T00:00:00Z\n\n$ tokenctl pet list rex -o id\nold\n$ tokenctl fail no\n"
        let runner = TranscriptRunner(root: Toy.self)
        let transcript = try Transcript(text)
        let recorded = runner.recording(text, transcript, try runner.play(transcript).answers)
        #expect(
            recorded == "# at 2026-01-01T00:00:00Z\n\n$ tokenctl pet list rex -o id\nrex\n$ tokenctl fail no\n? 1\n")
        #expect(try play(recorded) == [])
    }
}
