"""The runbook for a full disk, typed on a disk that is full: a small one in memory, which only this process sees.

usage: unshare --mount full_disk.py TOKENCTL      as root, or with --user --map-root-user
"""

import os
import subprocess
import sys
import tempfile

from harness import Checks, World
from typed import play

PAGE, KIND = "docs/operations.md", "console full-disk"


def fill(checks, disk, name):
    """Some other program's file takes what is left, to the last byte."""
    with open(os.path.join(disk, name), "wb", buffering=0) as file:
        try:
            while file.write(bytes(4096)):
                pass
        except OSError:
            pass
    checks.equal("not a byte is left", os.statvfs(disk).f_bavail, 0)


def main(binary):
    checks = Checks()
    with tempfile.TemporaryDirectory() as disk, World(binary) as world:
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m,mode=0700", "none", disk], check=True)
        try:
            world.environment["TOKENCTL_DB"] = os.path.join(disk, "tokens.db")
            for arguments in (["init", "--issuer", "https://login.example.org", "--audience", "api", "-q"],
                              ["session", "create", "--user", "alice", "--with-tokens", "-q"]):
                checks.equal(" ".join(arguments[:2]), world.run(*arguments).code, 0)
            with open(os.path.join(disk, "ballast"), "wb") as file:
                file.write(bytes(512 << 10))
            application = world.start("shell")
            application.stdin.write("session list --count\n")
            application.stdin.flush()
            checks.equal("an application has the store open", application.stdout.readline(), "1\n")
            fill(checks, disk, "log-of-another-program")
            play(checks, PAGE, KIND, binary, disk, **{
                name: value for name, value in world.environment.items() if name.startswith("TOKENCTL_")})
            application.communicate(timeout=60)

            # Who writes and is the last to close takes the log and its index away.
            checks.equal("the last to leave", world.run("session", "create", "--user", "bob", "-q").code, 0)
            fill(checks, disk, "another-log")
            listed = world.run("session", "list", "--count")
            checks.error("with no application, not even reading goes on", listed, 74)
            checks.that("and it is said why", "the disk is full" in listed.err, listed.err)
        finally:
            subprocess.run(["umount", "--lazy", disk], check=False)
    checks.end()


if __name__ == "__main__":
    main(os.path.realpath(sys.argv[1]))
