internal import ArgumentParser
package import TokenLifecycle

/// How options read values of the product: their own errors, said in the parser's words.
package enum DurationOption {
    @Sendable package static func parse(_ text: String) throws -> Duration {
        try saying { () throws(Failure) in try Duration(text: text) }
    }

    /// For the few options where milliseconds make sense.
    @Sendable package static func parseWithMilliseconds(_ text: String) throws -> Duration {
        try saying { () throws(Failure) in try Duration(text: text, allowingMilliseconds: true) }
    }
}

package enum TimeOption {
    @Sendable package static func parse(_ text: String) throws -> TimeExpression {
        try saying { () throws(Failure) in try TimeExpression(text) }
    }
}

package enum NetworkOption {
    @Sendable package static func parse(_ text: String) throws -> IPNetwork {
        try saying { () throws(Failure) in try IPNetwork(text) }
    }
}

package enum AddressOption {
    @Sendable package static func parse(_ text: String) throws -> IPAddress {
        try saying { () throws(Failure) in try IPAddress(text) }
    }
}

/// The parser asks the error of a transform for its description, and no more.
private struct OptionFailure: Error, CustomStringConvertible {
    let description: String
}

private func saying<Value>(_ parse: () throws(Failure) -> Value) throws(OptionFailure) -> Value {
    do {
        return try parse()
    } catch {
        throw OptionFailure(description: error.message + (error.hint.map { " (\($0))" } ?? ""))
    }
}
