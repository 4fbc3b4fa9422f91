// swift-tools-version: 6.2
import PackageDescription

// The product's own modules, by links, with libFuzzer's counters in them and the address sanitizer: a package of its own, so
// that none of it is in the one that applications depend on. `make fuzz` builds and runs it.

let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

// The promises are checked where no one outside the module sees: hence `-enable-testing`. Overflow and `precondition` trap in
// any build; with the assertions of a debug build what only that notices is noticed too.
let read: [SwiftSetting] =
    strict + [.unsafeFlags(["-sanitize=fuzzer,address", "-enable-testing", "-assert-config", "Debug"])]

// See CFuzzer/texts.c.
let compared = ["__sanitizer_cov_trace_cmp8", "__sanitizer_cov_trace_const_cmp8"].flatMap {
    ["-Xlinker", "--wrap=\($0)"]
}

let package = Package(
    name: "fuzz",
    dependencies: [.package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0")],
    targets: [
        .target(name: "CFuzzer"),
        .systemLibrary(name: "COpenSSL"),
        .systemLibrary(name: "CSQLite"),
        .target(name: "Migrations", resources: [.embedInCode("m0001_initial.sql")], swiftSettings: strict),
        .target(name: "TokenCrypto", dependencies: ["COpenSSL"], swiftSettings: read),
        .target(name: "TokenJOSE", dependencies: ["TokenCrypto"], swiftSettings: read),
        .target(
            name: "TokenStorage",
            dependencies: ["TokenCrypto", "CSQLite", "Migrations", .product(name: "GRDB", package: "GRDB.swift")],
            swiftSettings: strict),
        .target(
            name: "TokenLifecycle", dependencies: ["TokenCrypto", "TokenJOSE", "TokenStorage"], swiftSettings: read),
        // The lexer alone: the console around it brings a parser and readline.
        .target(name: "ShellWords", dependencies: ["TokenLifecycle"], swiftSettings: read),
        .target(name: "Planted", swiftSettings: read),
        .executableTarget(
            name: "Fuzz",
            dependencies: ["CFuzzer", "Planted", "ShellWords", "TokenCrypto", "TokenJOSE", "TokenLifecycle"],
            swiftSettings: strict + [.unsafeFlags(["-sanitize=address", "-parse-as-library"])],
            linkerSettings: [.unsafeFlags(["-sanitize=fuzzer,address", "-use-ld=lld"] + compared)]),
    ],
    swiftLanguageModes: [.v6]
)
