internal import TokenCrypto
internal import TokenJOSE
package import TokenLifecycle
internal import TokenStorage

/// The one place where any error becomes the product's own, and with it an exit code.
package enum ErrorMapper {
    /// An error of a kind nobody expected is a bug, and says only its type: its text might hold what must not be shown.
    package static func failure(_ error: any Error) -> Failure {
        switch error {
        case let failure as Failure: failure
        case let error as StorageError: Failure(error)
        case let error as JOSEError: Failure(error.reason == .cryptoFailure ? .bug : .malformed, "\(error)")
        case let error as CryptoError: Failure(kind(of: error), "\(error)")
        default:
            Failure(
                .bug, "unexpected \(type(of: error))", hint: "this is a bug in tokenctl; please report what you typed")
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
