internal import TokenLifecycle

/// A timeline in characters: a lane a key, one column a stretch of time, now marked through all lanes.
struct TimelineDrawing {
    private let timeline: KeyTimeline
    private let labels: [(name: String, state: KeyState)]
    private let labelWidth: Int
    /// Columns of a lane.
    private let columns: Int

    init(_ timeline: KeyTimeline, width: Int) {
        self.timeline = timeline
        labels = timeline.lanes.map { (DisplayWidth.fitting(Escaping.visible($0.key.kid), into: 12), $0.state) }
        labelWidth = 12 + 1 + (labels.map(\.state.rawValue.count).max() ?? 0) + 1
        columns = max(20, width - labelWidth)
    }

    func lines(isColored: Bool) -> [String] {
        guard !timeline.lanes.isEmpty else { return ["no key was in the key set in this time"] }
        let margin = String(repeating: " ", count: labelWidth)
        var lines = [margin + scale]
        for (lane, label) in zip(timeline.lanes, labels) {
            let name = label.name + String(repeating: " ", count: 12 - DisplayWidth.of(label.name)) + " "
            let state =
                label.state.rawValue + String(repeating: " ", count: labelWidth - 13 - label.state.rawValue.count)
            let painted = label.state.cell.tone?.paint(state, if: isColored) ?? state
            lines.append((name + painted + track(lane)).trimmingTrailingSpaces)
        }
        lines.append(
            margin + "█ signs  ▒ will sign  ─ stands by  ╌ will stand by  ░ retires: verifies its last tokens  │ now")
        return lines
    }

    /// Dates at both ends, and now above its mark.
    private var scale: String {
        let (start, now, end) = (day(timeline.from), "now " + minute(timeline.now), day(timeline.until))
        var line = Array(repeating: Character(" "), count: columns)
        func put(_ text: String, at column: Int) {
            for (offset, character) in text.enumerated() where line.indices.contains(column + offset) {
                line[column + offset] = character
            }
        }
        put(start, at: 0)
        put(end, at: columns - end.count)
        let left = min(max(mark - now.count / 2, start.count + 1), columns - end.count - now.count - 1)
        if left > start.count { put(now, at: left) }
        return String(line).trimmingTrailingSpaces
    }

    /// The column that holds now.
    private var mark: Int { min(columns - 1, column(of: timeline.now)) }

    private func column(of instant: Instant) -> Int {
        let whole = (timeline.until - timeline.from).milliseconds
        return Int((instant - timeline.from).milliseconds * Int64(columns) / max(1, whole))
    }

    /// Each column shows what holds in its middle; what is too short for that shows in the column where it begins.
    private func track(_ lane: KeyTimeline.Lane) -> String {
        var cells = Array(repeating: Character(" "), count: columns)
        for span in lane.spans {
            let end = span.until ?? timeline.until
            guard end > timeline.from, span.from < timeline.until else { continue }
            let first = max(0, column(of: span.from))
            let last = max(first, min(columns, column(of: end)) - 1)
            for column in first...min(last, columns - 1) {
                cells[column] = Self.character(span.phase, isPlanned: span.isPlanned || column > mark)
            }
        }
        cells[mark] = "│"
        return String(cells)
    }

    private static func character(_ phase: KeyTimeline.Phase, isPlanned: Bool) -> Character {
        switch phase {
        case .active: isPlanned ? "▒" : "█"
        case .standby: isPlanned ? "╌" : "─"
        case .retiring: "░"
        }
    }

    private func day(_ instant: Instant) -> String { String(instant.rfc3339.prefix(10)) }

    private func minute(_ instant: Instant) -> String {
        let text = instant.rfc3339
        return text.prefix(10) + " " + text.dropFirst(11).prefix(5)
    }
}

extension String {
    fileprivate var trimmingTrailingSpaces: String { String(reversed().drop { $0 == " " }.reversed()) }
}
