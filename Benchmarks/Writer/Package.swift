// swift-tools-version: 6.2
import PackageDescription

// An application beside a cleanup. A package of its own, so that it links to what applications link to.
let package = Package(
    name: "writer",
    dependencies: [.package(name: "tokenctl", path: "../..")],
    targets: [
        .executableTarget(
            name: "writer", dependencies: [.product(name: "TokenLifecycle", package: "tokenctl")],
            swiftSettings: [
                .enableUpcomingFeature("ExistentialAny"), .enableUpcomingFeature("InternalImportsByDefault"),
                .enableUpcomingFeature("MemberImportVisibility"),
            ])
    ])
