@testable import TokenLifecycle

extension Story {
    /// The shortest story found that still goes wrong in the same way: steps left out, then waits rounded.
    func shrunk(_ kind: SimulatedWorld.Violation.Kind, fault: PlantedFault? = nil) throws -> Story {
        func fails(_ story: Story) throws -> Bool {
            try SimulatedWorld.violation(of: story, fault: fault)?.kind == kind
        }
        var best = self
        var size = max(1, best.steps.count / 2)
        while size > 0 {
            var start = 0
            while start < best.steps.count {
                let candidate = best.leavingOut(start..<min(start + size, best.steps.count))
                if try fails(candidate) { best = candidate } else { start += size }
            }
            size /= 2
        }
        for index in best.steps.indices {
            for unit in [Duration.days(1), .hours(1), .minutes(1), .seconds(1)] {
                var candidate = best
                candidate.steps[index].wait = unit * (best.steps[index].wait.milliseconds / unit.milliseconds)
                guard candidate.steps[index].wait > .zero, try fails(candidate) else { continue }
                best = candidate
                break
            }
        }
        return best
    }

    /// What is left keeps its place in time.
    private func leavingOut(_ range: Range<Int>) -> Story {
        var story = self
        let skipped = steps[range].reduce(Duration.zero) { $0 + $1.wait }
        story.steps.removeSubrange(range)
        if range.lowerBound < story.steps.count {
            story.steps[range.lowerBound].wait += skipped
        }
        return story
    }
}
