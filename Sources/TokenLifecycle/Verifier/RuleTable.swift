/// Deny rules in memory, 32 bytes each and at most twice that with the room between them: a hash table of fingerprints.
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

        init(_ fingerprint: Fingerprint, cutOff: Int64 = .max, until: Int64 = .max) {
            self.fingerprint = fingerprint
            self.cutOff = cutOff
            self.until = until
        }

        /// A token without `iat` counts as older than any cut-off.
        func matches(issuedAt: Int64?) -> Bool { (issuedAt ?? .min) <= cutOff }
    }

    struct Fingerprint: Equatable, Sendable {
        fileprivate let high: UInt64
        fileprivate let low: UInt64

        init(_ scope: DenyScope, _ value: String) {
            var hasher = Hasher()
            hasher.combine(scope)
            var value = value
            value.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
            var longer = hasher
            longer.combine(true)
            high = UInt64(bitPattern: Int64(hasher.finalize()))
            // Never zero as a whole: that marks a free place.
            low = UInt64(bitPattern: Int64(longer.finalize())) | 1
        }

        fileprivate init() {
            high = 0
            low = 0
        }

        fileprivate var isFree: Bool { low == 0 }
    }

    private(set) var count = 0
    private var places: [Rule]

    /// What it takes in memory.
    var bytes: Int { places.count * MemoryLayout<Rule>.stride }

    /// With room for `count` rules.
    init(for count: Int = 0) {
        places = Array(repeating: Self.free, count: max(8, count + count / 3 + 1))
    }

    private static let free = Rule(Fingerprint())

    subscript(fingerprint: Fingerprint) -> Rule? {
        let place = places[index(of: fingerprint)]
        return place.fingerprint.isFree ? nil : place
    }

    /// Adds a rule, or puts it in the place of the one with the same scope and value.
    mutating func insert(_ rule: Rule) {
        if (count + 1) * 4 > places.count * 3 { grow() }
        let index = index(of: rule.fingerprint)
        if places[index].fingerprint.isFree { count += 1 }
        places[index] = rule
    }

    func forEach(_ body: (Rule) -> Void) {
        for place in places where !place.fingerprint.isFree { body(place) }
    }

    private mutating func grow() {
        var larger = RuleTable(for: count + count / 8)
        forEach { larger.insert($0) }
        self = larger
    }

    /// Where the rule is or would be: there is always a free place.
    private func index(of fingerprint: Fingerprint) -> Int {
        var index = Int(fingerprint.high.multipliedFullWidth(by: UInt64(places.count)).high)
        while !places[index].fingerprint.isFree, places[index].fingerprint != fingerprint {
            index += 1
            if index == places.count { index = 0 }
        }
        return index
    }
}
