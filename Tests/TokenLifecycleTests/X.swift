import Testing
@testable import TokenLifecycle
@Test func placeholder() {}
