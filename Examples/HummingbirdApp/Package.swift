// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "hummingbird-example",
    dependencies: [
        // The sources beside this folder; an application of yours names a version and an address.
        .package(name: "tokenctl", path: "../.."),
        // Without its traits: neither swift-configuration nor all of Foundation is needed here.
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
    ],
    targets: [
        .systemLibrary(name: "CCrypt"),
        .executableTarget(
            name: "App",
            dependencies: [
                "CCrypt",
                .product(name: "TokenLifecycle", package: "tokenctl"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: [.enableUpcomingFeature("ExistentialAny")]),
    ],
    swiftLanguageModes: [.v6]
)
