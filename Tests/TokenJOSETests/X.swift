import Testing
@testable import TokenJOSE
@Test func placeholder() {}
