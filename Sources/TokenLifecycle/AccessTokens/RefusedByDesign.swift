internal import TokenJOSE

extension JOSEError {
    /// Whether the token is well formed but of a kind that is refused on purpose, rather than broken.
    var refusesByDesign: Bool {
        switch reason {
        case .jwe, .jsonSerialization, .algorithmNone, .unsupportedAlgorithm, .crit, .b64, .jku, .x5u, .jwk, .x5c, .x5t,
            .zip, .nested:
            true
        default: false
        }
    }
}
