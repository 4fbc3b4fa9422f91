internal import ArgumentParser

/// The eight shapes of a result.
package enum OutputFormat: String, CaseIterable, ExpressibleByArgument, Sendable {
    case table, wide, vertical, json, ndjson, csv, tsv, id

    package var isJSON: Bool { self == .json || self == .ndjson }
}
