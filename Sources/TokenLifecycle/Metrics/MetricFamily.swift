/// One metric with its samples, as Prometheus reads it (text exposition format 0.0.4).
package struct MetricFamily: Sendable {
    package enum Kind: String, Sendable { case counter, gauge }

    package struct Sample: Sendable {
        /// Name and value: few, and of a fixed set. Never a user, a client or an address.
        package var label: (name: String, value: String)?
        package var value: Double
    }

    /// With its unit, and `_total` where it counts: `tokenctl_wal_bytes`.
    package var name: String
    package var kind: Kind
    package var help: String
    package var samples: [Sample]

    static func gauge(_ name: String, _ help: String, _ value: Double?) -> MetricFamily {
        .init(name: name, kind: .gauge, help: help, samples: value.map { [Sample(label: nil, value: $0)] } ?? [])
    }

    static func gauge(_ name: String, _ help: String, at instant: Instant?) -> MetricFamily {
        .gauge(name, help, instant.map { Double($0.milliseconds) / 1000 })
    }

    static func gauge(
        _ name: String, _ help: String, by label: String, _ values: [(String, Int)]
    ) -> MetricFamily {
        .init(
            name: name, kind: .gauge, help: help,
            samples: values.map { Sample(label: (label, $0.0), value: Double($0.1)) })
    }

    static func counter(_ name: String, _ help: String, _ value: Int64) -> MetricFamily {
        .init(name: name, kind: .counter, help: help, samples: [Sample(label: nil, value: Double(value))])
    }

    /// `HELP`, `TYPE` and the samples; nothing where there is none.
    var text: String {
        guard !samples.isEmpty else { return "" }
        let lines = samples.map { sample in
            let label = sample.label.map { "{\($0.name)=\"\(Self.escaped($0.value, quotes: true))\"}" } ?? ""
            return "\(name)\(label) \(Self.number(sample.value))"
        }
        let head = ["# HELP \(name) \(Self.escaped(help, quotes: false))", "# TYPE \(name) \(kind.rawValue)"]
        return (head + lines).map { $0 + "\n" }.joined()
    }

    private static func escaped(_ text: String, quotes: Bool) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\"" where quotes: result += "\\\""
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// Whole numbers without a point, so that a count reads as one.
    private static func number(_ value: Double) -> String {
        Int64(exactly: value).map { String($0) } ?? String(value)
    }
}
