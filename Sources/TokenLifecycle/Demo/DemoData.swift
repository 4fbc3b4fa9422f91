package struct DemoData {
    package static func make(
        at path: String, creation: StoreCreation, clock: Clock, masterKey: MasterKeySource, actor: Actor
    ) throws -> Store { try creation.run(at: path, clock: clock, masterKey: masterKey, actor: actor) }
}
