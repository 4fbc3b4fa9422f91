internal import TokenCrypto
package import TokenLifecycle
internal import TokenStorage

/// The one place where any error becomes the product's own, and with it an exit code.
package enum ErrorMapper {
    /// An error of a kind nobody expected is a bug, and says only its type: its text might hold what must not be shown.
    package static func failure(_ error: any Error) -> Failure {
        switch error {
        case let failure as Failure: failure
        case let error as StorageError: Failure(kind(of: error.kind), error.message, hint: error.hint)
        case let error as CryptoError: Failure(kind(of: error), "\(error)")
        default:
            Failure(
                .bug, "unexpected \(type(of: error))", hint: "this is a bug in tokenctl; please report what you typed")
        }
    }

    /// The statement behind a storage error, for `-vv`.
    static func sql(_ error: any Error) -> String? { (error as? StorageError)?.sql }

    private static func kind(of kind: StorageError.Kind) -> Failure.Kind {
        switch kind {
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
    }

    private static func kind(of error: CryptoError) -> Failure.Kind {
        switch error {
        case .unacceptableKey, .wrongSize, .algorithmMismatch: .malformed
        case .entropyUnavailable: .io
        case .library: .bug
        }
    }
}
