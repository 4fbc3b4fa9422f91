internal import TokenJOSE

/// What becomes of the file that verifiers read, `jwks.file` of the backup, when a backup becomes a store anew.
///
/// Where a store stood before, the file was that store's and is written. Where none stood, it is a lost store or a drill, and
/// nobody here can tell which: in a drill the file belongs to the live store, whose key set it is. So a file that is there stays,
/// until somebody who knows publishes.
struct RestoredKeySet {
    /// To be written, or written.
    var file: String?
    /// There, of other content, and left as it is.
    var left: String?

    /// A sentence for the preview.
    var intention: String? { file.map { "the key set is written to \($0)" } ?? warning }

    /// What somebody has to do about it.
    var warning: String? {
        left.map {
            "\($0) is there and stays as it is, since no store stood here before: unless it is a live store's, "
                + "'tokenctl key publish' writes this one's key set over it"
        }
    }

    var details: [JSON.Member] {
        [.init("key_set_file", file.map(JSON.string) ?? .null), .init("key_set_left", left.map(JSON.string) ?? .null)]
    }
}

extension StoreReading {
    /// `changing`: the restore will change the key set beyond what it is now.
    func restoredKeySet(over present: RestorePreparation.Present, changing: Bool) throws -> RestoredKeySet {
        // One that cannot be read is brought back as the backup has it.
        guard let path = (try? policies.keySetFile) ?? nil else { return RestoredKeySet() }
        guard try changing || PublishedFile(at: path)?.bytes != keySet().bytes else { return RestoredKeySet() }
        if case .absent = present, Files.exists(path) { return RestoredKeySet(left: path) }
        return RestoredKeySet(file: path)
    }
}
