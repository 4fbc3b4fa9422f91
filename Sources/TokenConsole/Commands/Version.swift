/// The version, in its one place.
package enum Version {
    package static let current = "0.1.0-dev"
}
