import Testing
@testable import TokenStorage
@Test func placeholder() {}
