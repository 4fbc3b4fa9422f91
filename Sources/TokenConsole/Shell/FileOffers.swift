internal import Glibc
internal import TokenLifecycle

/// Names of files that begin as a word does. Those that begin with a dot only when asked for.
enum FileOffers {
    private static let most = 1000

    static func offers(_ begun: String) -> [Offer] {
        let slash = begun.lastIndex(of: "/")
        let folder = slash.map { String(begun[...$0]) } ?? ""
        let beginning = slash.map { begun[begun.index(after: $0)...] } ?? begun[...]
        guard let directory = opendir(folder.isEmpty ? "." : folder) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while names.count < most, let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(validating: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard let name, name != ".", name != "..", name.hasPrefix(beginning),
                !name.hasPrefix(".") || beginning.hasPrefix("."), Escaping.visible(name) == name
            else { continue }
            var status = stat()
            let isFolder = stat(folder + name, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
            names.append(folder + name + (isFolder ? "/" : ""))
        }
        return names.sorted().map { Offer($0) }
    }
}
