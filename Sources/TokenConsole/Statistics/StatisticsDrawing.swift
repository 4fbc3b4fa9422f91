internal import TokenLifecycle

/// Groups as bars, the longest as long as there is room for, and their days as a line of small bars behind them.
struct StatisticsDrawing {
    private let statistics: Statistics
    private let width: Int
    /// Only ASCII, where the reader's locale has no UTF-8.
    private let isASCII: Bool

    init(_ statistics: Statistics, width: Int, isASCII: Bool) {
        self.statistics = statistics
        self.width = max(40, width)
        self.isASCII = isASCII
    }

    var lines: [String] {
        let groups = statistics.groups
        guard !groups.isEmpty else { return ["nothing to draw"] }
        let names = groups.map { DisplayWidth.fitting(shown($0.name), into: width / 3) }
        let nameWidth = names.map { DisplayWidth.of($0) }.max() ?? 0
        let counts = groups.map { $0.count.grouped }
        let countWidth = counts.map(\.count).max() ?? 0
        let days = groups.map(\.perDay.count).max() ?? 0
        // The line of days takes what it needs, up to half of what is left beside name and count.
        let left = width - nameWidth - countWidth - 4
        let lineWidth = days > 1 ? min(days, left / 2) : 0
        let barWidth = max(1, left - (lineWidth > 0 ? lineWidth + 2 : 0))
        let most = groups.map(\.count).max() ?? 0
        return zip(groups, zip(names, counts)).map { group, texts in
            let (name, count) = texts
            var line =
                name + blanks(nameWidth - DisplayWidth.of(name)) + "  " + blanks(countWidth - count.count) + count
            let bar = bar(group.count, of: most, width: barWidth)
            line += "  " + bar
            if lineWidth > 0 {
                line += blanks(barWidth - DisplayWidth.of(bar)) + "  " + sparkline(group.perDay, width: lineWidth)
            }
            return String(line.reversed().drop { $0 == " " }.reversed())
        }
    }

    /// In eighths of a column, rounded; what is not nothing shows at least the smallest mark.
    private func bar(_ count: Int64, of most: Int64, width: Int) -> String {
        guard count > 0, most > 0 else { return "" }
        let share = Double(count) / Double(most) * Double(width)
        guard !isASCII else { return String(repeating: "#", count: max(1, Int(share.rounded()))) }
        let eighths = max(1, Int((share * 8).rounded()))
        let part = eighths % 8
        return String(repeating: "█", count: eighths / 8) + (part == 0 ? "" : String(Self.eighths[part]))
    }

    /// A column a day, or several days a column where there are more than fit; the highest is as high as a line is.
    private func sparkline(_ days: [Int64], width: Int) -> String {
        let perColumn = (days.count + width - 1) / width
        let sums = stride(from: 0, to: days.count, by: perColumn).map { start in
            days[start..<min(days.count, start + perColumn)].reduce(0, +)
        }
        guard let most = sums.max(), most > 0 else { return String(repeating: isASCII ? "." : " ", count: sums.count) }
        let levels = isASCII ? Self.asciiLevels : Self.levels
        return String(
            sums.map { sum in
                sum == 0
                    ? levels[0] : levels[max(1, Int((Double(sum) / Double(most) * Double(levels.count - 1)).rounded()))]
            })
    }

    private func shown(_ name: String) -> String {
        let visible = Escaping.visible(name)
        guard isASCII else { return visible.isEmpty ? "–" : visible }
        return visible.isEmpty || visible == "–" ? "-" : String(visible.map { $0.isASCII ? $0 : "?" })
    }

    private func blanks(_ count: Int) -> String { String(repeating: " ", count: max(0, count)) }

    private static let eighths: [Character] = [" ", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]
    private static let levels: [Character] = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]
    private static let asciiLevels: [Character] = [".", ",", "-", "=", "+", "*", "#"]
}
