import Testing
@testable import TokenCrypto
@Test func placeholder() {}
