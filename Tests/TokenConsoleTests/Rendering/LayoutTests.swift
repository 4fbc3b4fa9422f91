import Testing
import TokenLifecycle

@testable import TokenConsole

@Suite struct `The width of text` {
    @Test(arguments: [
        ("", 0), ("abc", 3), ("é", 1), ("e\u{301}", 1), ("日本語", 6), ("ｆｕｌｌ", 8), ("ﾊﾝ", 2), ("한글", 4),
        ("\u{1112}\u{1161}", 2),
        ("😀", 2), ("👍🏽", 4), ("🇩🇪", 2), ("☃", 1), ("…", 1), ("\u{E01}\u{E34}", 1), ("𠀀", 2), ("⌚", 2),
    ])
    func `is what wcwidth says`(text: String, width: Int) {
        #expect(DisplayWidth.of(text) == width)
    }

    @Test(arguments: [
        ("abcdef", 6, "abcdef"), ("abcdef", 4, "abc…"), ("日本語", 5, "日本…"), ("日本語", 4, "日…"), ("ab", 1, "…"),
        ("a", 0, ""),
    ])
    func `never grows beyond what it was cut to`(text: String, columns: Int, cut: String) {
        let fitting = DisplayWidth.fitting(text, into: columns)
        #expect(fitting == cut)
        #expect(DisplayWidth.of(fitting) <= columns)
    }
}

@Suite struct `The layout of a table` {
    private func layout(_ widths: [Int], shrinking: [Int: Int], into available: Int?) -> TableLayout {
        TableLayout(
            widths.enumerated().map { .init(natural: $1, shrinkOrder: shrinking[$0]) }, into: available)
    }

    @Test func `keeps everything where there is room`() {
        #expect(layout([5, 40, 5], shrinking: [1: 1], into: nil).widths == [5, 40, 5])
        #expect(layout([5, 40, 5], shrinking: [1: 1], into: 54).widths == [5, 40, 5])
    }

    @Test func `shrinks in order, each down to ten`() {
        #expect(layout([5, 40, 30], shrinking: [1: 2, 2: 1], into: 70).widths == [5, 40, 21])
        #expect(layout([5, 40, 30], shrinking: [1: 2, 2: 1], into: 50).widths == [5, 31, 10])
    }

    @Test func `drops from the right, never the first, and gives back what that freed`() {
        let layout = layout([30, 40, 10], shrinking: [1: 1], into: 48)
        #expect(layout.shown == [0, 1])
        #expect(layout.widths[1] == 16)
        #expect(self.layout([80, 5], shrinking: [:], into: 20).shown == [0])
    }
}

@Suite struct `Relative times` {
    @Test(arguments: [
        (0, "now"), (-999, "now"), (-1000, "1s ago"), (-59_000, "59s ago"), (-60_000, "1m ago"), (720_000, "in 12m"),
        (-3_600_000, "1h ago"), (-172_799_000, "47h ago"), (-172_800_000, "2d ago"), (86_400_000 * 800, "in 2y"),
    ])
    func `are short`(milliseconds: Int64, text: String) {
        let now = TestWorld.newYear
        #expect(TimeStyle.relative.text(now + .milliseconds(milliseconds), now: now) == text)
    }
}
