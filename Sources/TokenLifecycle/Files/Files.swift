internal import Glibc

/// Small questions to the file system.
package enum Files {
    /// Whether anything has this name, also a link that leads nowhere.
    package static func exists(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0
    }

    /// Makes the folders above a file, 0700 each, where they are missing.
    package static func makeFolders(above path: String) throws(Failure) {
        var folders: [String] = []
        var folder = path
        while let slash = folder.lastIndex(of: "/"), slash != folder.startIndex {
            folder = String(folder[..<slash])
            folders.append(folder)
        }
        for folder in folders.reversed() where mkdir(folder, 0o700) != 0 && errno != EEXIST {
            throw Failure(.cannotCreate, "cannot create the folder \(folder): \(systemReason())", target: path)
        }
    }

    /// The path from the root, whatever folder the process is in; links are left as they are.
    package static func absolute(_ path: String) -> String {
        guard !path.hasPrefix("/"), let here = getcwd(nil, 0) else { return path }
        defer { free(here) }
        return String(cString: here) + "/" + path
    }
}
