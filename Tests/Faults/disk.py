"""A disk as a power cut leaves it: what was synced is there, of the rest anything may be.

A file's writes since its last sync are each kept, dropped, or torn at sectors of 512 bytes. Names that were given or taken
since the directory's last sync happened up to any one of them. Stricter than the file systems in use: a sync of a file makes
nothing durable but its bytes.
"""

import os

SECTOR = 512


class File:
    def __init__(self, content=b""):
        self.durable = bytes(content)
        self.pending = []

    def write(self, offset, data):
        self.pending.append((offset, data))

    def truncate(self, size):
        self.pending.append((size, None))

    def sync(self):
        self.durable, self.pending = self.content(), []

    @property
    def size(self):
        return len(self.content())

    def content(self, choose=lambda data: [data]):
        """With the pending writes of which `choose` takes parts: each a piece, or None for a sector that was lost."""
        bytes_now = bytearray(self.durable)
        for offset, data in self.pending:
            if data is None:
                if choose(b"\0") != []:
                    bytes_now[offset:] = bytes(max(0, offset - len(bytes_now)))
                continue
            at = offset
            for piece in choose(data):
                if isinstance(piece, int):
                    at += piece
                    continue
                if at > len(bytes_now):
                    bytes_now.extend(bytes(at - len(bytes_now)))
                bytes_now[at:at + len(piece)] = piece
                at += len(piece)
        return bytes(bytes_now)


class Disk:
    """The files of a folder, and what a recorded run did to them so far."""

    def __init__(self, folder):
        self.folder = folder
        self.names = {}
        self.modes = {}
        self.folders = set()
        for root, folders, files in os.walk(folder):
            self.folders |= {os.path.join(root, name) for name in folders}
            for name in files:
                path = os.path.join(root, name)
                with open(path, "rb") as file:
                    self.names[path] = File(file.read())
                self.modes[path] = os.stat(path).st_mode & 0o777
        self.durable_names = dict(self.names)
        #: By directory, in their order: a name, and the file that it means from then on, or None.
        self.pending_names = {}
        self.positions = {}

    def apply(self, call):
        if call.answer is None or call.answer < 0:
            return
        path, arguments = call.path, call.arguments
        match call.name:
            case "openat" if path.startswith(self.folder) and path not in self.folders:
                if "O_CREAT" in call.flags and path not in self.names:
                    self.name(path, File())
                    self.modes[path] = 0o600
                elif "O_TRUNC" in call.flags and path in self.names:
                    self.names[path].truncate(0)
                self.positions[call.answer] = 0
            case "write" if path in self.names:
                at = self.positions.get(arguments[0], 0)
                self.names[path].write(at, call.data[:call.answer])
                self.positions[arguments[0]] = at + call.answer
            case "pwrite64" if path in self.names:
                self.names[path].write(arguments[-1], call.data[:call.answer])
            case "ftruncate" if path in self.names:
                self.names[path].truncate(arguments[1])
            case "fdatasync" | "fsync" if path in self.names:
                self.names[path].sync()
            case "fdatasync" | "fsync":
                self.sync_names(path)
            case "rename" | "renameat" | "renameat2":
                self.move(path, self.target(call))
            case "link" | "linkat" if path in self.names:
                self.name(self.target(call), self.names[path])
                self.modes[self.target(call)] = self.modes[path]
            case "unlink" | "unlinkat" if path in self.names:
                self.name(path, None)
            case "mkdir" | "mkdirat":
                self.folders.add(path)
            case "rmdir":
                self.folders.discard(path)
            case "writev" | "pwritev" | "pwritev2" | "fallocate" | "truncate" | "creat" | "copy_file_range" | "sendfile":
                if path in self.names or str(path).startswith(self.folder):
                    raise SystemExit(f"power cuts: {call.name} is not understood; teach it to disk.py")

    def target(self, call):
        name = [argument for argument in call.arguments if isinstance(argument, bytes)][-1]
        return os.path.normpath(os.path.join(self.folder, os.fsdecode(name)))

    def name(self, path, file):
        if file is None:
            self.names.pop(path, None)
        else:
            self.names[path] = file
        self.pending_names.setdefault(os.path.dirname(path), []).append({path: file})

    def move(self, old, new):
        if file := self.names.pop(old, None):
            self.names[new] = file
            self.modes[new] = self.modes[old]
            # One step, also for a power cut: that is what rename promises.
            self.pending_names.setdefault(os.path.dirname(new), []).append({old: None, new: file})

    def sync_names(self, folder):
        for step in self.pending_names.pop(folder, []):
            follow(step, self.durable_names)

    def image(self, way, chance):
        """What is found after a cut here: content and mode by path. `way` is kept, dropped or torn."""
        names = dict(self.durable_names)
        for steps in self.pending_names.values():
            count = {"kept": lambda: len(steps), "dropped": lambda: 0, "torn": lambda: chance.randint(0, len(steps))}[way]
            for step in steps[:count()]:
                follow(step, names)
        choose = {"kept": lambda data: [data], "dropped": lambda data: [], "torn": lambda data: torn(data, chance)}[way]
        # What processes share about a log is made anew from it.
        return {path: (file.content(choose), self.modes[path]) for path, file in names.items() if not path.endswith("-shm")}

    def lay(self, image):
        """Puts the image into the folder, which is empty."""
        for path, (content, mode) in image.items():
            os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
            with open(path, "wb") as file:
                file.write(content)
            os.chmod(path, mode)


def follow(step, names):
    for path, file in step.items():
        if file is None:
            names.pop(path, None)
        else:
            names[path] = file


def torn(data, chance):
    """All of it, nothing, or some of its sectors: pieces, and the lengths of what was lost between them."""
    fate = chance.random()
    if fate < 0.4:
        return [data]
    if fate < 0.6:
        return []
    pieces = [data[at:at + SECTOR] for at in range(0, len(data), SECTOR)]
    return [piece if chance.random() < 0.5 else len(piece) for piece in pieces]
