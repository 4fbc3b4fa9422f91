import Foundation
import Testing

@testable import TokenLifecycle

/// Simulated years of rotations against every verifier there could be. `TOKENCTL_HISTORIES` says how many histories
/// (`make torture`: 10,000), `TOKENCTL_FIRST_SEED` where they begin.
@Suite struct `The rotation simulator` {
    static let environment = ProcessInfo.processInfo.environment
    static let histories = environment["TOKENCTL_HISTORIES"].flatMap { UInt64($0) } ?? 80
    static let firstSeed = environment["TOKENCTL_FIRST_SEED"].flatMap { UInt64($0) } ?? 1

    /// In parts, so that they share the processors.
    @Test(arguments: 0..<4 as Range<UInt64>)
    func `finds no verifier that honours max_age and rejects a good token`(part: UInt64) throws {
        for seed in Self.firstSeed..<(Self.firstSeed + Self.histories) where seed % 4 == part {
            let story = Story(seed: seed)
            guard let violation = try SimulatedWorld.violation(of: story) else { continue }
            let short = try story.shrunk(violation.kind)
            let why = try SimulatedWorld.violation(of: short)?.description ?? violation.description
            Issue.record("seed \(seed): \(why)\n\(short)")
            return
        }
    }

    @Test(arguments: PlantedFault.allCases)
    func `finds each planted fault, and shows it in a few steps`(fault: PlantedFault) throws {
        for seed in 1...200 as ClosedRange<UInt64> {
            let story = Story(seed: seed)
            guard let violation = try SimulatedWorld.violation(of: story, fault: fault),
                violation.kind == fault.violation
            else {
                continue
            }
            let short = try story.shrunk(fault.violation, fault: fault)
            #expect(try SimulatedWorld.violation(of: short, fault: fault)?.kind == fault.violation)
            #expect(try SimulatedWorld.violation(of: short) == nil, "without the fault it is a good story")
            #expect(short.steps.count <= 6, "\(fault), seed \(seed):\n\(short)")
            return
        }
        Issue.record("\(fault) was not found in 200 histories")
    }

    @Test func `tells the same story twice for one seed`() {
        #expect(Story(seed: 7).description == Story(seed: 7).description)
        #expect(Story(seed: 7).description != Story(seed: 8).description)
    }
}
