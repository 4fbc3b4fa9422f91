// swift-tools-version: 6.2
import PackageDescription

// Verifying beside raw OpenSSL and another library: a package of its own, so that the product needs neither.
let package = Package(
    name: "verify-benchmark",
    dependencies: [
        .package(name: "tokenctl", path: "../.."),
        .package(url: "https://github.com/vapor/jwt-kit", from: "5.7.1"),
    ],
    targets: [
        .systemLibrary(name: "OpenSSL"),
        .executableTarget(
            name: "verify",
            dependencies: [
                "OpenSSL", .product(name: "TokenLifecycle", package: "tokenctl"),
                .product(name: "JWTKit", package: "jwt-kit"),
            ]),
        .executableTarget(name: "load", dependencies: [.product(name: "TokenLifecycle", package: "tokenctl")]),
        .executableTarget(name: "choice", dependencies: [.product(name: "TokenLifecycle", package: "tokenctl")]),
    ],
    swiftLanguageModes: [.v6]
)
