internal import TokenJOSE
package import TokenStorage

extension Failure {
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
            case .corrupt, .schemaAltered: .untrusted
            case .needsMigration, .newerSchema: .configuration
            case .link, .notPermitted, .readOnly: .notPermitted
            case .cannotCreate, .exists: .cannotCreate
            case .busy: .busy
            case .full, .io: .io
            case .interrupted: .interrupted
            case .constraint, .bug: .bug
            }
        self.init(kind, error.message, hint: error.hint)
        sql = error.sql
    }
}
