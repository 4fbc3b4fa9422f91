// swift-tools-version: 6.2
import PackageDescription

// The layers, top to bottom; `make lint` proves that imports follow them:
// tokenctl → TokenConsole → TokenLifecycle → { TokenJOSE, TokenStorage } → TokenCrypto

let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

let package = Package(
    name: "tokenctl",
    products: [
        .executable(name: "tokenctl", targets: ["tokenctl"]),
        .library(name: "TokenLifecycle", targets: ["TokenLifecycle"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    ],
    targets: [
        .systemLibrary(name: "COpenSSL"),
        .systemLibrary(name: "CProcess"),
        .systemLibrary(name: "CReadline"),
        .systemLibrary(name: "CSQLite"),
        .target(
            name: "Migrations", path: "migrations", resources: [.embedInCode("m0001_initial.sql")],
            swiftSettings: strict),
        .target(name: "TokenCrypto", dependencies: ["COpenSSL"], swiftSettings: strict),
        .target(name: "TokenJOSE", dependencies: ["TokenCrypto"], swiftSettings: strict),
        .target(
            name: "TokenStorage",
            dependencies: ["TokenCrypto", "CSQLite", "Migrations", .product(name: "GRDB", package: "GRDB.swift")],
            swiftSettings: strict),
        .target(
            name: "TokenLifecycle", dependencies: ["TokenCrypto", "TokenJOSE", "TokenStorage"], swiftSettings: strict),
        .target(
            name: "TokenConsole",
            dependencies: [
                "TokenLifecycle", "TokenJOSE", "TokenStorage", "TokenCrypto", "CReadline", "CProcess",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ], swiftSettings: strict),
        .executableTarget(name: "tokenctl", dependencies: ["TokenConsole"], swiftSettings: strict),
        .executableTarget(
            name: "racer", dependencies: ["TokenLifecycle"], path: "Tests/Racer", swiftSettings: strict),
        .testTarget(name: "TokenCryptoTests", dependencies: ["TokenCrypto"], swiftSettings: strict),
        .testTarget(name: "TokenJOSETests", dependencies: ["TokenJOSE", "TokenCrypto"], swiftSettings: strict),
        .testTarget(name: "TokenStorageTests", dependencies: ["TokenStorage"], swiftSettings: strict),
        .testTarget(
            name: "TokenLifecycleTests", dependencies: ["TokenLifecycle", "TokenJOSE", "TokenStorage", "TokenCrypto"],
            swiftSettings: strict),
        .testTarget(
            name: "TokenConsoleTests",
            dependencies: [
                "TokenConsole", "TokenLifecycle", "TokenJOSE", "TokenStorage", "TokenCrypto",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            exclude: ["Transcripts"], swiftSettings: strict),
    ],
    swiftLanguageModes: [.v6]
)
