import Testing

@testable import TokenConsole
@testable import TokenLifecycle

@Suite struct StatisticsDrawingTests {
    private func lines(_ groups: [(String, [Int64])], width: Int = 60, isASCII: Bool = false) -> [String] {
        let statistics = Statistics(
            by: .user, from: .epoch,
            groups: groups.map { .init(name: $0.0, count: $0.1.reduce(0, +), alive: 0, perDay: $0.1) }, hasMore: false)
        return StatisticsDrawing(statistics, width: width, isASCII: isASCII).lines
    }

    @Test func `bars are as long as the numbers are large`() {
        #expect(
            lines([("alice", [8, 0, 16]), ("bob", [0, 12, 0]), ("eve", [0, 0, 0])], width: 40) == [
                "alice  24  ████████████████████████  ▄ █",
                "bob    12  ████████████               █",
                "eve     0",
            ])
    }

    @Test func `where there is no UTF-8, in ASCII`() {
        let drawn = lines([("日本", [8, 0, 16]), ("bob", [0, 12, 1])], width: 40, isASCII: true)
        #expect(drawn.allSatisfy { $0.allSatisfy(\.isASCII) })
        #expect(drawn[0].hasPrefix("??   24  ####") && drawn[0].hasSuffix("=.#"))
    }

    @Test(arguments: [40, 57, 80, 200])
    func `no line is wider than the terminal, whatever the names`(width: Int) {
        let names = ["日本語のとても長い名前です日本語のとても長い名前です", "👩‍👩‍👧‍👦", "a\u{1b}[31m", String(repeating: "x", count: 300)]
        let drawn = lines(names.map { ($0, (0..<400).map { Int64($0 % 7) }) }, width: width)
        #expect(drawn.allSatisfy { DisplayWidth.of($0) <= width })
        #expect(!drawn.contains { $0.contains("\u{1b}") })
    }

    @Test func `the command draws what its locale can show`() throws {
        let fixture = try DemoFixture()
        let plain = fixture.run(["stats", "--by", "client", "--since", "60d", "--plot"], environment: ["LANG": "C"])
        #expect(plain.code == .done && plain.output.contains("#") && plain.output.allSatisfy(\.isASCII))
        let full = fixture.run(
            ["stats", "--by", "client", "--since", "60d", "--plot"], environment: ["LANG": "de_DE.UTF-8"])
        #expect(
            full.output.contains("█")
                && full.output.split(separator: "\n").count == plain.output.split(separator: "\n").count)
        #expect(fixture.run(["stats", "--plot", "--json"]).code == .usage)
        #expect(fixture.run(["stats", "--since", "1h"]).code == .usage)
    }
}
