internal import TokenJOSE

/// How long the audit chain of a store was at some instant and how it ended, signed by the store, to be kept where whoever
/// can write the store cannot: on another machine, in a ticket, on paper.
///
/// The chain alone proves what lies between its ends. With a checkpoint it also proves that everything up to it is still
/// there, as it was. It says nothing about events after it, nor whether an event was true when it was written; and whoever
/// holds the master key can sign another one.
package struct AuditCheckpoint: Sendable {
    package let store: String
    package let epoch: Int64
    package let at: Instant
    /// How many events there were.
    package let size: Int64
    /// Hash of the last of them; of an empty chain, what the first would have built on.
    package let head: [UInt8]

    init(store: String, epoch: Int64, at: Instant, size: Int64, head: [UInt8]) {
        self.store = store
        self.epoch = epoch
        self.at = at
        self.size = size
        self.head = head
    }

    /// Reads a checkpoint that the key of this thumbprint signed.
    package init(_ text: [UInt8], trusting thumbprint: String) throws(SignedStatement.Refusal) {
        let statement = try SignedStatement(text, as: .auditCheckpoint, trusting: thumbprint)
        guard let size = statement.payload["size"]?.integerValue, size >= 0,
            let head = statement.payload["head"]?.stringValue, let hash = try? Base64URL.decode(Array(head.utf8))
        else { throw .malformed }
        self.init(store: statement.store, epoch: statement.epoch, at: statement.at, size: size, head: hash)
    }

    /// Watches a chain go by, for the place that the checkpoint saw.
    struct Comparison {
        private let checkpoint: AuditCheckpoint
        private let isOfThisStore: Bool
        private var passed: (head: [UInt8], epoch: Int64?)?

        init(_ checkpoint: AuditCheckpoint, storeID: String) {
            self.checkpoint = checkpoint
            isOfThisStore = checkpoint.store == storeID
        }

        mutating func see(_ verification: AuditVerification) {
            guard verification.events == checkpoint.size else { return }
            passed = (verification.head, verification.epoch)
        }

        /// What the checkpoint says against a chain that is sound in itself; nil where it agrees.
        func objection(atEnd end: AuditVerification) -> (seq: Int64, what: String)? {
            let seen = "the checkpoint of \(checkpoint.at.rfc3339)"
            guard isOfThisStore else { return (0, "\(seen) is of another store, \(checkpoint.store)") }
            if let epoch = end.epoch, epoch < checkpoint.epoch {
                return (end.events, "\(seen) saw epoch \(checkpoint.epoch), and this is epoch \(epoch)")
            }
            guard checkpoint.size >= end.removed else {
                return (end.removed, "\(seen) saw \(checkpoint.size) events, and retention has removed \(end.removed)")
            }
            guard let passed else {
                return (end.events + 1, "the record ends at event \(end.events), and \(seen) saw \(checkpoint.size)")
            }
            guard passed.head != checkpoint.head else { return nil }
            return (
                checkpoint.size,
                passed.epoch == checkpoint.epoch
                    ? "the record up to event \(checkpoint.size) is not the one that \(seen) saw"
                    : "a restore took the place of what \(seen) saw"
            )
        }
    }
}

extension StoreReading {
    /// A signed checkpoint of the chain as it is now, recomputed first: what is broken is not signed.
    ///
    /// Fails with `.untrusted` where the chain is broken, `.notPermitted` without the master key.
    package func auditCheckpoint() throws -> (text: String, verification: AuditVerification) {
        let verification = try verifyAudit()
        if let broken = verification.broken {
            throw Failure(
                .untrusted, "the audit record is broken at event \(broken.seq): \(broken.what)",
                hint: "a checkpoint would vouch for it; 'tokenctl audit verify' shows the same")
        }
        let members: [JSON.Member] = [
            .init("size", .integer(verification.events)), .init("head", .string(Base64URL.encode(verification.head))),
        ]
        return (try sign(members, as: .auditCheckpoint), verification)
    }
}
