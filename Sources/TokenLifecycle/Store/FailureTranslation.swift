internal import TokenJOSE
package import TokenStorage

extension Failure {
    private static let lookDeeper = "'tokenctl doctor --deep' says what is wrong"

    /// Two places in the file that say the same say different things, such as an index and its table.
    static func disagreement(_ what: String) -> Failure { Failure(.untrusted, what, hint: lookDeeper) }

    /// Runs `body`, turning the storage's errors into the product's.
    package static func translating<T>(_ body: () throws -> T) throws -> T {
        do {
            return try body()
        } catch let error as StorageError {
            throw Failure(error)
        }
    }

    package init(_ error: StorageError) {
        let kind: Kind =
            switch error.kind {
            case .absent: .absent
            case .notDatabase, .foreignApplication, .malformed: .malformed
            // Our own statements keep the constraints: what breaks one was in the file.
            case .corrupt, .schemaAltered, .constraint: .untrusted
            case .needsMigration, .newerSchema: .configuration
            case .link, .notPermitted, .readOnly: .notPermitted
            case .cannotCreate, .exists: .cannotCreate
            case .busy: .busy
            case .full, .io: .io
            case .interrupted: .interrupted
            case .bug: .bug
            }
        self.init(kind, error.message, hint: error.hint ?? (kind == .untrusted ? Self.lookDeeper : nil))
        sql = error.sql
    }
}
