/// Deny rules in memory, 33 bytes each and at most twice that with the room between them: a hash table of fingerprints.
///
/// A byte for each place stands in an array of its own. Looking for what is not there, which is what nearly every token asks,
/// reads a few neighbours of those and no rule at all: among a million rules that is one visit to a cache, not four to memory.
///
/// The values themselves are not kept. A fingerprint is 128 bits of a keyed hash (SipHash, keyed anew in each process), so that
/// a token which no rule means is taken for a denied one with a probability of some 10⁻³³ for a million rules, and nobody
/// can choose a name that collides.
struct RuleTable: Sendable {
    struct Rule: Sendable {
        fileprivate var fingerprint: Fingerprint
        /// Unix seconds: tokens issued later are not meant. `Int64.max`: whenever issued.
        var cutOff: Int64
        /// Unix seconds of the latest `exp` that it can match. `Int64.max`: for ever.
        var until: Int64

        init(_ name: Name, cutOff: Int64 = .max, until: Int64 = .max) {
            fingerprint = name.fingerprint
            self.cutOff = cutOff
            self.until = until
        }

        /// In a free place.
        fileprivate init() {
            fingerprint = Fingerprint(high: 0, low: 0)
            cutOff = 0
            until = 0
        }

        /// A token without `iat` counts as older than any cut-off.
        func matches(issuedAt: Int64?) -> Bool { (issuedAt ?? .min) <= cutOff }
    }

    fileprivate struct Fingerprint: Equatable, Sendable {
        fileprivate let high: UInt64
        fileprivate let low: UInt64
    }

    /// What is looked for. Its second half is made only where the first is found, which is hardly ever.
    struct Name {
        fileprivate let high: UInt64
        private let hasher: Hasher

        init(_ scope: DenyScope, _ value: String) {
            var hasher = Hasher()
            hasher.combine(scope.bit)
            var value = value
            value.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
            self.hasher = hasher
            high = UInt64(bitPattern: Int64(hasher.finalize()))
        }

        fileprivate var fingerprint: Fingerprint {
            var longer = hasher
            longer.combine(true)
            return Fingerprint(high: high, low: UInt64(bitPattern: Int64(longer.finalize())))
        }
    }

    private(set) var count = 0
    private var places: [Rule]
    /// Of each place: zero where it is free, else the tag of its rule.
    private var tags: [UInt8]

    /// What it takes in memory.
    var bytes: Int { places.count * (MemoryLayout<Rule>.stride + 1) }

    /// With room for `count` rules.
    init(for count: Int = 0) {
        let size = max(8, count + count / 3 + 1)
        places = Array(repeating: Rule(), count: size)
        tags = Array(repeating: Self.free, count: size)
    }

    private static let free: UInt8 = 0

    subscript(name: Name) -> Rule? {
        let index = index(of: name.high) { $0 == name.fingerprint }
        return tags[index] == Self.free ? nil : places[index]
    }

    /// Adds a rule, or puts it in the place of the one with the same scope and value.
    mutating func insert(_ rule: Rule) {
        if (count + 1) * 4 > places.count * 3 { grow() }
        let index = index(of: rule.fingerprint.high) { $0 == rule.fingerprint }
        if tags[index] == Self.free { count += 1 }
        tags[index] = Self.tag(rule.fingerprint.high)
        places[index] = rule
    }

    func forEach(_ body: (Rule) -> Void) {
        for (tag, place) in zip(tags, places) where tag != Self.free { body(place) }
    }

    private mutating func grow() {
        var larger = RuleTable(for: count + count / 8)
        forEach { larger.insert($0) }
        self = larger
    }

    /// Where the rule is or would be: there is always a free place.
    private func index(of hash: UInt64, _ isMeant: (Fingerprint) -> Bool) -> Int {
        var index = Int(hash.multipliedFullWidth(by: UInt64(tags.count)).high)
        let tag = Self.tag(hash)
        while tags[index] != Self.free, tags[index] != tag || !isMeant(places[index].fingerprint) {
            index += 1
            if index == tags.count { index = 0 }
        }
        return index
    }

    /// Other bits than those that choose the place; never that of a free one.
    private static func tag(_ hash: UInt64) -> UInt8 { UInt8(truncatingIfNeeded: hash) | 1 }
}

extension DenyScope {
    /// One of eight: sets of scopes are made of them. Hashing its name would take longer than all else about a rule.
    var bit: UInt8 {
        switch self {
        case .token: 1
        case .session: 2
        case .user: 4
        case .client: 8
        case .key: 16
        case .everyone: 32
        }
    }
}
