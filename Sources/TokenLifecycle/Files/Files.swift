internal import Glibc

/// Small questions to the file system.
package enum Files {
    /// Whether anything has this name, also a link that leads nowhere.
    package static func exists(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0
    }

    /// The permission bits of the regular file at `path`; nil where there is none.
    package static func mode(of path: String) -> UInt32? {
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        return status.st_mode & 0o7777
    }

    /// Whether two names mean one file: the same path, or the same inode.
    static func areSame(_ one: String, _ other: String) -> Bool {
        if absolute(one) == absolute(other) { return true }
        var first = stat()
        var second = stat()
        guard stat(one, &first) == 0, stat(other, &second) == 0 else { return false }
        return first.st_dev == second.st_dev && first.st_ino == second.st_ino
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

    /// The directories above a directory, nearest first: by its name, and by where the links in that lead.
    static func folders(above directory: String) -> [String] {
        var paths = [absolute(directory)]
        if let real = realpath(directory, nil) {
            defer { free(real) }
            paths.append(String(cString: real))
        }
        var folders: [String] = []
        for path in paths {
            var rest = path[...]
            while let slash = rest.lastIndex(of: "/"), rest.count > 1 {
                rest = rest[..<slash]
                let folder = rest.isEmpty ? "/" : String(rest)
                if !folders.contains(folder) { folders.append(folder) }
            }
        }
        return folders
    }

    /// The names in a directory, in no order; none where it cannot be read.
    static func names(in directory: String) -> [String] {
        guard let handle = opendir(directory) else { return [] }
        defer { closedir(handle) }
        var names: [String] = []
        while let entry = readdir(handle) {
            names.append(
                withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) })
        }
        return names
    }
}
