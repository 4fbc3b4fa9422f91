import Testing
@testable import TokenConsole
@Test func placeholder() {}
