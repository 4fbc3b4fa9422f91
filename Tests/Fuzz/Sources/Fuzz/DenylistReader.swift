internal import TokenCrypto
internal import TokenJOSE
@testable import TokenLifecycle

extension Reader {
    /// Rules that are read are written as ones that read as the same, and nothing is trusted that its store did not sign.
    static func denylist(_ bytes: [UInt8]) {
        do throws(Failure) {
            let snapshot = try SnapshotText(bytes)
            promise((try? snapshot.verify(trusting: identity.thumbprint)) == nil, "denylist: signed out of nowhere")
            checkRewriting(snapshot)
        } catch {
            promise(error.kind == .malformed, "denylist: refused as something else")
            promiseSilence(error.message, about: bytes)
        }
        // Behind a head and before a signature, so that most inputs get as far as the rules.
        for format in SnapshotFormat.allCases { checkRules(bytes, format) }
        checkSignature(bytes)
    }

    private static func checkRules(_ bytes: [UInt8], _ format: SnapshotFormat) {
        guard let snapshot = try? SnapshotText(text(format, rules: bytes, signature: someSignature)) else {
            fatalError("broken: denylist: head and signature of \(format) do not read")
        }
        promise(snapshot.head == head(rules: bytes) && snapshot.format == format, "denylist: another head")
        checkRewriting(snapshot)
        guard format == .ndjson else { return }
        // A blank in front, and the quick reader leaves the line to the one of JSON.
        let blank = bytes.split(separator: newline, omittingEmptySubsequences: false).map {
            $0.isEmpty ? [] : [0x20] + $0
        }
        guard
            let slow = try? SnapshotText(
                text(format, rules: Array(blank.joined(separator: [newline])), signature: someSignature))
        else { fatalError("broken: denylist: rules with blanks do not read") }
        promise(rules(of: slow) == rules(of: snapshot), "denylist: a rule reads in two ways")
    }

    private static func checkRewriting(_ snapshot: SnapshotText) {
        let read = rules(of: snapshot)
        for rule in read { mayBePlanted(rule.value) }
        var writer = SnapshotWriter(snapshot.format, snapshot.head, rules: read.count)
        for rule in read { writer.add(rule) }
        writer.endRules()
        writer.sign(someSignature)
        guard let again = try? SnapshotText(writer.bytes) else {
            fatalError("broken: denylist: written again it does not read")
        }
        promise(again.head == snapshot.head, "denylist: written again it has another head")
        promise(rules(of: again) == read, "denylist: written again the rules are others")
    }

    /// What the store signs is accepted as it is, and not with one byte changed.
    private static func checkSignature(_ bytes: [UInt8]) {
        let formats = SnapshotFormat.allCases
        let format = formats[bytes.count % formats.count]
        let unsigned = text(format, rules: bytes, signature: nil)
        let header: [JSON.Member] = [.init("typ", .string(StatementKind.denylist.rawValue))]
        guard let signature = try? signer.sign(detached: unsigned[...], header: header) else {
            fatalError("broken: denylist: cannot sign")
        }
        let last = Array(text(format, rules: bytes, signature: signature).dropFirst(unsigned.count))
        promise(
            try { try SnapshotText(unsigned + last).verify(trusting: identity.thumbprint) }() == (),
            "denylist: what was signed is not trusted")
        let changed = unsigned.changedOnce(among: [0x09, newline, 0x20, 0x22, 0x2C, 0x30, 0x3A, 0x5D, 0x7D, 0x80])
        promise(
            (try? SnapshotText(changed + last).verify(trusting: identity.thumbprint)) == nil,
            "denylist: one byte changed, and still trusted")
    }

    private static func rules(of snapshot: SnapshotText) -> [SnapshotRule] {
        var rules: [SnapshotRule] = []
        snapshot.eachRule { _, rule in if let rule { rules.append(rule) } }
        return rules
    }

    /// Bytes in the place of the rules, on lines of their own.
    private static func text(_ format: SnapshotFormat, rules: [UInt8], signature: String?) -> [UInt8] {
        var writer = SnapshotWriter(format, head(rules: rules), rules: 0)
        let start = writer.bytes
        writer.endRules()
        if let signature { writer.sign(signature) }
        let between = format == .json ? [newline] + rules : rules + [newline]
        return start + between + writer.bytes.dropFirst(start.count)
    }

    private static let newline = UInt8(ascii: "\n")

    /// The key that RFC 8037 appendix A.1 printed, and that so is nobody's secret.
    private static let (signer, identity): (JWSSigner, JWK) = {
        let printed = """
            {"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
            "d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"}
            """
        guard let key = try? PrivateJWK(parsing: SecretBytes(copying: Array(printed.utf8))), let jwk = key.publicJWK,
            let signer = try? JWSSigner(algorithm: .edDSA, privateJWK: key)
        else { fatalError("no identity") }
        return (signer, jwk)
    }()

    /// Of a store whose id is made of the rules: digits, or digits and letters.
    private static func head(rules: [UInt8]) -> SnapshotHead {
        let digits = rules.prefix(8).map { String($0 % 10) }.joined()
        return SnapshotHead(
            store: rules.count.isMultiple(of: 2) ? digits : "7kk3a9tx" + digits, epoch: Int64(rules.count),
            version: 1_795_258_893_238, generatedAt: 1_795_258_893, expiresAt: 1_795_259_493,
            identity: identity.json()["x"]?.stringValue ?? "")
    }

    /// Reads as a signature, and is none.
    private static let someSignature: String = {
        let header: [JSON.Member] = [.init("typ", .string(StatementKind.denylist.rawValue))]
        return (try? signer.sign(detached: [0x21], header: header)) ?? ""
    }()
}
