internal import TokenJOSE

extension HealthCheck {
    /// The newest events: what an act builds on.
    static let auditTail = HealthCheck.store("audit_tail", .instant) { examination in
        let verification = try examination.store.verifyAudit(newest: 20)
        return judged(verification, whole: false)
    }

    static let audit = HealthCheck.store("audit_chain", .deep) { examination in
        judged(try examination.store.verifyAudit(), whole: true)
    }

    private static func judged(_ verification: AuditVerification, whole: Bool) -> Finding {
        if let broken = verification.broken {
            return .critical(
                "the audit record is broken at event \(broken.seq): \(broken.what)",
                hint: "keep a copy, and compare with a backup: somebody wrote to the file past tokenctl")
        }
        let events = verification.events.counted("event")
        return whole
            ? .ok("\(events), each follows from the one before")
            : .ok("the newest of \(events)", .count("audit_events", Int(clamping: verification.events)))
    }

    /// Opens everything that is sealed: with the key it names, in the row it belongs to, matching its public half.
    static let sealedKeys = HealthCheck.store("sealed_keys", .deep) { examination in
        let store = examination.store
        guard !examination.isLocked else {
            return .unknown("the master key is behind a passphrase, and nobody was asked for it")
        }
        do {
            _ = try store.identityKey()
            let keys = try store.allKeys().filter(\.hasPrivateHalf)
            for key in keys {
                let opened = try store.keyring.privateJWK(of: key, store.facts)
                guard try opened.publicJWK?.thumbprint == (key.publicJWK == nil ? nil : key.jwk().thumbprint) else {
                    return .untrusted(
                        "the private half of key \(key.kid) is another key's",
                        hint: "restore a backup; rotate with --fresh")
                }
            }
            return .ok("the identity and \(keys.count.counted("private key")) open, and match their public halves")
        } catch let failure as Failure where [.notPermitted, .io].contains(failure.kind) {
            return .unknown("nothing sealed was opened: \(failure.message)", hint: failure.hint)
        }
    }
}
