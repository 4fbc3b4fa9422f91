"""Verbs that read, on a disk that does not give its data back: each says so, in a code of its own, and never that it has a bug.

usage: unreadable.py TOKENCTL [POINTS]      POINTS calls of each verb are refused, 12 unless said otherwise; "all" is every one

Also with directories in the place of files. doctor is asked most: it is for such days.
"""

import os
import random
import re
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../Interop"))

import tracing  # noqa: E402
from harness import Checks, World  # noqa: E402

#: Whatever looks at a file or reads it.
READS = ("openat", "read", "pread64", "fstat", "newfstatat", "lstat", "stat", "statx", "statfs", "getdents64", "flock", "mmap")
SEED = 20261121
VERBS = {
    "doctor": ("doctor",), "doctor --deep": ("doctor", "--deep"), "doctor --nagios": ("doctor", "--nagios"),
    "status": ("status",), "session list": ("session", "list"), "audit verify": ("audit", "verify"),
    "backup verify": ("backup", "verify", "backup.db"), "token verify": ("token", "verify", "-"),
}
#: 0 where it did without, 1 where that is the answer, else I/O: a disk that fails makes no store untrusted, which a restore
#: would give up, and none absent. doctor as a plug-in has four answers.
UNREAD = {0, 1, 74}
PLUGIN = {0, 1, 2, 3}
#: With directories in the way there is more to say.
BLOCKED = {0, 1, 8, 65, 66, 74, 77}


class UnreadableWorld(World):
    def fill(self):
        self.token = self.log_in("alice")["access_token"]
        made = self.run("backup", "create", self.path("backup.db"))
        if made.code:
            raise SystemExit(f"tokenctl backup create: {made}")

    def calls(self, verb):
        """Every call about a file of the store, as strace counts them: a name, and how many the thread had made."""
        log = self.path("calls")
        self.launch(["strace", "-f", "-qq", "-y", "-o", log, "-e", tracing.names(READS), "--", self.binary, *VERBS[verb]],
                    self.token)
        found, counts = {}, {}
        with open(log, encoding="utf-8", errors="replace") as file:
            for line in file:
                if call := re.match(r"(\d+) +(\w+)\(", line):
                    counts[call.groups()] = counts.get(call.groups(), 0) + 1
                    if self.folder + "/" in line and log not in line:
                        found[call[2], counts[call.groups()]] = None
        os.remove(log)
        return list(found)

    def refusing(self, verb, name, ordinal, onwards):
        return self.launch(
            ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "signal=none", "-e", f"trace={name}",
             "-e", f"inject={name}:error=EIO:when={ordinal}{onwards}", "--", self.binary, *VERBS[verb]], self.token)


def flaw(verb, result, codes):
    if result.code not in (PLUGIN if "--nagios" in verb else codes):
        return f"exit {result.code}: {result.err.strip()[-300:]}"
    lines = result.err.splitlines()
    if any(not line.startswith(("tokenctl: error: ", "tokenctl: hint: ", "tokenctl: note: ")) for line in lines):
        return f"not in its own words: {result.err[:300]!r}"
    if result.code > 3 and not lines:
        return f"exit {result.code} without a word"
    return None


def refused(world, checks, points):
    dice = random.Random(SEED)
    for verb in VERBS:
        calls = world.calls(verb)
        checks.that(f"{verb} reads the store", len(calls) > 5, str(calls))
        chosen = calls if points == "all" else dice.sample(calls, min(len(calls), int(points)))
        codes, flaws = {}, []
        for name, ordinal in chosen:
            # Memory comes by mmap as well: without any, nothing can be said.
            for onwards in ("", "+") if name != "mmap" else ("",):
                result = world.refusing(verb, name, ordinal, onwards)
                codes[result.code] = codes.get(result.code, 0) + 1
                if found := flaw(verb, result, UNREAD):
                    flaws.append(f"{name} {ordinal}{onwards}: {found}")
        said = ", ".join(f"{count} in {code}" for code, count in sorted(codes.items()))
        checks.that(f"{verb}: {len(chosen)} of {len(calls)} calls end in EIO; {said}", not flaws, "\n     ".join(flaws[:5]))


def directories(world, checks):
    for name in ("tokens.db", "tokens.db-wal", "tokens.db-shm", "tokens.db-journal", "tokens.jwks.json", "master.key"):
        path, kept = world.path(name), world.path("kept")
        if os.path.exists(path):
            os.rename(path, kept)
        os.mkdir(path)
        flaws = []
        for verb, words in VERBS.items():
            if verb != "backup verify" and (found := flaw(verb, world.run(*words, stdin=world.token), BLOCKED)):
                flaws.append(f"{verb}: {found}")
        checks.equal(f"a directory in the place of {name}", flaws, [])
        shutil.rmtree(path)
        if os.path.exists(kept):
            os.rename(kept, path)
    checks.equal("and all is well again", world.run("audit", "verify").code, 0)


def main(binary, points="12"):
    checks = Checks()
    with UnreadableWorld(binary, "--issuer", "https://login.example.org") as world:
        world.fill()
        directories(world, checks)
        if said := tracing.why_not():
            print(f"skipped: calls that end in EIO: {said}")
            checks.that("faults can be injected in CI", os.environ.get("CI") != "true", said)
        else:
            refused(world, checks, points)
    checks.end()


if __name__ == "__main__":
    main(*sys.argv[1:])
