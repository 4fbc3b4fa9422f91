internal import TokenCrypto
internal import TokenJOSE
internal import TokenStorage

/// `init --demo`: a store with a believable past, made through the same operations as everything else.
package struct DemoData {
    private let store: Store
    private let time: DemoClock
    private let operatorOnDuty: Actor
    private var sessions: [Int: String] = [:]
    private var firstTokens: [Int: String] = [:]
    private var refreshTokens: [Int: String] = [:]
    private var accessTokens: [Int: String] = [:]

    /// Makes the store at `path` with its last 45 days. They end some seconds before now, never after it.
    package static func make(
        at path: String, creation: StoreCreation, clock: Clock, masterKey: MasterKeySource, actor: Actor
    ) throws -> Store {
        guard creation.algorithm != nil else {
            throw Failure(.usage, "the demo needs a key that signs", hint: "leave out --demo or --no-key")
        }
        let now = clock.now()
        let time = DemoClock(now - DemoTimeline.length)
        let past = try creation.run(at: path, clock: time.clock, masterKey: masterKey, actor: actor) { store in
            var demo = DemoData(store, time, actor)
            for moment in DemoTimeline.drawn() {
                time.move(to: now - moment.ago)
                try demo.play(moment.step)
            }
        }
        let path = past.database.path
        try past.close()
        return try Store.open(at: path, clock: clock, masterKey: masterKey)
    }

    private init(_ store: Store, _ time: DemoClock, _ actor: Actor) {
        self.store = store
        self.time = time
        operatorOnDuty = actor
    }

    private var application: Actor { Actor(name: "orchard-login", uid: operatorOnDuty.uid) }
    private var nightly: Actor { Actor(name: "cleanup.timer", uid: operatorOnDuty.uid) }

    private mutating func play(_ step: DemoStep) throws {
        switch step {
        case .logIn(let number, let login):
            let result = try store.logIn(login, as: application)
            sessions[number] = result.session.id.text
            firstTokens[number] = result.refreshToken
            refreshTokens[number] = result.refreshToken
            accessTokens[number] = result.access?.text
        case .refresh(let number, let address): try refresh(number, refreshTokens[number], address)
        case .refreshTwice(let number, let address):
            let lost = refreshTokens[number]
            try refresh(number, lost, address)
            time.move(to: time.clock.now() + .seconds(3))
            try refresh(number, lost, address)
        case .replay(let number, let address): try refresh(number, firstTokens[number], address)
        case .revoke(let numbers, let reason):
            try act(SessionRevocation(.ids(numbers.compactMap { sessions[$0] }), reason: reason))
        case .logOut(let user, let kept, let reason):
            let keep = kept.flatMap { sessions[$0] }
            try act(UserLogout([user], keep: keep.map { [$0] } ?? [], reason: reason))
        case .logOutClient(let client, let reason): try act(FloorLogout(.clients([client]), reason: reason))
        case .denyToken(let number, let reason):
            guard let token = accessTokens[number] else { return }
            try act(DenylistAddition(.token(Array(token.utf8)), reason: reason))
        case .denyUser(let user, let reason): try act(DenylistAddition(.user(user), reason: reason))
        case .rotate(let reason): try act(KeyRotation(.init(), reason: reason, preparing: store))
        case .revokeTestKey: try revokeTestKey()
        case .importLegacyKey(let lifetime): try importLegacyKey(until: time.clock.now() + lifetime)
        case .setPolicy(let name, let value, let reason):
            try act(PolicyChange(name: name, value: value, reason: reason))
        case .cleanUp: _ = try Cleanup(.init()).run(store, as: nightly)
        }
    }

    private func act(_ act: some Act) throws {
        try store.run(act, as: operatorOnDuty)
    }

    /// Whether it is good is part of the story: a login that has run out is simply not refreshed.
    private mutating func refresh(_ number: Int, _ token: String?, _ address: String) throws {
        guard let token else { return }
        var request = RefreshRequest(token: Array(token.utf8))
        request.ip = try IPAddress(address)
        guard case .refreshed(let pair) = try store.refresh(request, as: application) else { return }
        refreshTokens[number] = pair.refreshToken
        accessTokens[number] = pair.access.text
    }

    private func revokeTestKey() throws {
        let kid = "load-test-\(time.clock.now().rfc3339.prefix(10))"
        try act(KeyGeneration(.edDSA, kid: kid, reason: "load test"))
        try act(KeyRevocation(kid, .init(.test), reason: "load test is over", preparing: store))
    }

    /// The secret of the application that was there before: its tokens verify, it never signs.
    private func importLegacyKey(until last: Instant) throws {
        var options = SigningKeyImport.Options()
        options.kid = "legacy-shop"
        options.until = last
        options.answersWithoutKid = true
        options.accepted.client = "legacy-shop"
        options.secretFormat = .binary
        let secret = try Entropy.secret(PrivateJWK.leastSecretSize)
        try act(SigningKeyImport(secret, options, reason: "CHG-12: tokens of the old shop"))
    }
}
