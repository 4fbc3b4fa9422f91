import TokenStorage

@testable import TokenLifecycle

/// What others do, planted into the real store: the simulator is worth what it finds of these.
enum PlantedFault: String, CaseIterable, Sendable {
    /// A key appears in the key set when it begins to sign.
    case noPrePublish
    /// The key set has room for one key that signed before.
    case onePreviousSlot
    /// A replaced key leaves after a fixed time, whatever it signed.
    case removalAtFixedAge
    /// A verifier takes a key from its activation time on, by its own clock.
    case activationByVerifierClock
    /// A revoked key stays in what verifiers fetch.
    case revokedKeyStays

    /// What it leads to.
    var violation: SimulatedWorld.Violation.Kind { self == .revokedKeyStays ? .revokedPublished : .rejected }

    /// Does it after a step.
    func plant(in world: SimulatedWorld) throws {
        switch self {
        case .noPrePublish, .activationByVerifierClock, .revokedKeyStays: break
        case .onePreviousSlot:
            let retiring = try world.retiring().sorted { $0.since > $1.since }
            for key in retiring.dropFirst() { try world.remove(key.kid) }
        case .removalAtFixedAge:
            for key in try world.retiring() where key.since + .minutes(15) < world.storeNow {
                try world.remove(key.kid)
            }
        }
    }

    /// What of the kids in the file a verifier would see.
    func visible(_ kids: [String], in world: SimulatedWorld) throws -> Set<String> {
        switch self {
        case .noPrePublish:
            let standbys = try world.test.read { try Set($0.signingSchedule().successors(at: $0.now).map(\.kid)) }
            return Set(kids).subtracting(standbys)
        case .revokedKeyStays: return Set(kids).union(world.revokedKids)
        case .onePreviousSlot, .removalAtFixedAge, .activationByVerifierClock: return Set(kids)
        }
    }
}
