"""What a process asked of the kernel, and another answer to any one of its questions: strace, and what it writes."""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass, field

#: Whatever can change what a disk holds, and what a change begins with. A name that this machine's kernel lacks is passed over.
CHANGES = ("openat", "creat", "write", "writev", "pwrite64", "pwritev", "pwritev2", "ftruncate", "truncate", "fallocate",
           "fdatasync", "fsync", "sync_file_range", "rename", "renameat", "renameat2", "link", "linkat", "unlink", "unlinkat",
           "mkdir", "mkdirat", "rmdir", "copy_file_range", "sendfile")
#: Where a file descriptor comes from and goes to, and memory that is shared.
RECORDED = (*CHANGES, "close", "mmap")
#: Files of the system, opened by the loader before the program begins.
SYSTEM = ("/lib", "/usr/lib", "/etc/ld.so", "/proc/", "/sys/", "/usr/share", "/usr/local/lib")


def why_not():
    """Why nothing can be traced here; None when it can."""
    if not shutil.which("strace"):
        return "strace is not installed"
    tried = subprocess.run(["strace", "-f", "-o", "/dev/null", "-e", "inject=getpid:error=EIO:when=1", "true"],
                           capture_output=True, text=True, timeout=60, check=False)
    return None if tried.returncode == 0 else f"strace may not trace here: {tried.stderr.strip().splitlines()[-1:]}"


@dataclass
class Call:
    thread: int
    name: str
    #: As the kernel got them: numbers, symbols, or bytes.
    arguments: list
    #: What it answered; None where the process ended first.
    answer: int | None
    #: How many calls of this name the thread had made, this one included: what strace counts.
    ordinal: int
    #: The file it is about, where that is one file.
    path: str | None = None
    data: bytes = field(default=b"", repr=False)

    @property
    def flags(self):
        return self.arguments[2] if self.name == "openat" else ""


def names(calls):
    return "trace=" + ",".join("?" + name for name in calls)


def record(trial, log):
    """Runs the verb unharmed. Its result, and its calls."""
    result = trial.call("strace", "-f", "--seccomp-bpf", "-qq", "-xx", "-s", str(1 << 24), "-e", "signal=none", "-o", log,
                        "-e", names(RECORDED), "--")
    with open(log, encoding="ascii", errors="replace") as file:
        calls = parsed(file, trial.example.folder)
    os.unlink(log)
    return result, calls


def injecting(call, what, onwards=""):
    """The command words that give one call another answer: `signal=KILL`, `error=EIO`; with a plus all of its kind from there."""
    return ["strace", "-f", "--seccomp-bpf", "-qq", "-o", "/dev/null", "-e", "signal=none", "-e", f"trace={call.name}",
            "-e", f"inject={call.name}:{what}:when={call.ordinal}{onwards}", "--"]


def parsed(lines, folder):
    calls, open_files, begun, counts = [], {1: "stdout", 2: "stderr"}, {}, {}
    for line in lines:
        thread, _, text = line.rstrip("\n").partition(" ")
        text = text.lstrip()
        if text.endswith("<unfinished ...>"):
            begun[thread] = text.removesuffix("<unfinished ...>")
            continue
        if resumed := re.match(r"<\.\.\. \w+ resumed>(.*)", text):
            text = begun.pop(thread, "") + resumed[1]
        # A thread that was inside a call when the process ended.
        text = text.replace(" <unfinished ...>", "")
        found = re.match(r"(\w+)\((.*)\) += +(-?\d+|\?|0x[0-9a-f]+)", text)
        if not found:
            continue
        name, answer = found[1], None if found[3] == "?" else int(found[3], 0)
        counts[thread, name] = counts.get((thread, name), 0) + 1
        call = Call(int(thread), name, [value(word.strip()) for word in found[2].split(", ")], answer, counts[thread, name])
        locate(call, open_files, folder)
        if name not in ("close", "mmap") or name == "mmap" and call.path:
            calls.append(call)
    return calls


def value(word):
    if word.startswith('"'):
        try:
            return bytes.fromhex(word.strip('".').replace("\\x", ""))
        except ValueError:
            raise SystemExit(f"strace wrote what cannot be read: {word[-60:]!r}") from None
    if re.fullmatch(r"-?\d+|0x[0-9a-f]+", word):
        return int(word, 8 if re.match(r"0\d", word) else 0)
    return word


def locate(call, open_files, folder):
    """Says which file a call is about, and keeps account of the descriptors."""
    def absolute(name):
        return os.path.normpath(os.path.join(folder, os.fsdecode(name)))

    first = call.arguments[0]
    match call.name:
        case "openat":
            call.path = absolute(call.arguments[1])
            if call.answer is not None and call.answer >= 0:
                open_files[call.answer] = call.path
        case "close":
            open_files.pop(first, None)
        case "mmap":
            shared = "MAP_SHARED" in str(call.arguments[3])
            call.path = open_files.get(call.arguments[4]) if shared and isinstance(call.arguments[4], int) else None
        case "rename" | "link" | "unlink" | "mkdir" | "rmdir" | "truncate" | "creat":
            call.path = absolute(first)
        case "renameat" | "renameat2" | "linkat" | "unlinkat" | "mkdirat":
            call.path = absolute(call.arguments[1])
        case _:
            call.path = open_files.get(first)
            call.data = next((argument for argument in call.arguments if isinstance(argument, bytes)), b"")


def points(calls, binary):
    """The calls at which a fault can happen to the program: not the loader's."""
    around = os.path.dirname(os.path.realpath(binary))
    return [call for call in calls if call.path and not call.path.startswith((*SYSTEM, around))
            and not re.search(r"\.so(\.|$)", call.path)]
