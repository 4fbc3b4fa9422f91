"""`make install` by its script: what is put where, that it works from there, and that removing leaves nothing.

usage: installing.py TOKENCTL
"""

import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile

from harness import Checks

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
BELOW_PREFIX = [
    "bin/tokenctl", "share/man/man1/tokenctl.1", "share/man/man1/tokenctl-session-revoke.1",
    "share/man/man7/tokenctl-exit-codes.7", "share/bash-completion/completions/tokenctl",
    "share/zsh/site-functions/_tokenctl", "share/fish/vendor_completions.d/tokenctl.fish",
    "lib/systemd/system/tokenctl-cleanup.service", "lib/systemd/system/tokenctl-cleanup.timer",
    "lib/systemd/system/tokenctl-rotate.timer", "lib/sysusers.d/tokenctl.conf",
]


def files(folder):
    return sorted(os.path.relpath(os.path.join(place, name), folder)
                  for place, _, names in os.walk(folder) for name in names)


def run(*command, **environment):
    done = subprocess.run(command, cwd=ROOT, env=os.environ | environment, capture_output=True, timeout=120, check=False)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def contents(folder):
    return {name: open(os.path.join(folder, name), "rb").read() for name in files(folder)}


def main(binary):
    checks = Checks()
    with tempfile.TemporaryDirectory() as folder:
        pages = os.path.join(folder, "man")
        code, said, errors = run("scripts/man", binary, pages, SOURCE_DATE_EPOCH="1767225600")
        checks.that("every page is to the liking of mandoc and man, as far as they are here", code == 0, errors[:500])
        if os.environ.get("CI") == "true":
            checks.that("both have looked", "mandoc" in said and "groff" in said, said)
        first = contents(pages)
        checks.that("there are pages", len(first) > 70)
        checks.that("dated as asked", all(b'"2026-01-01"' in text for text in first.values()))
        run("scripts/man", binary, pages, SOURCE_DATE_EPOCH="1767225600")
        checks.that("and the same each time", contents(pages) == first)

        there = os.path.join(folder, "root")
        places = {"DESTDIR": there, "PREFIX": "/opt/tokenctl"}
        code, _, errors = run("scripts/install-files", binary, **places)
        checks.equal("installing", (code, errors), (0, ""))
        installed = files(there)
        for name in BELOW_PREFIX:
            checks.that(f"puts {name} there", f"opt/tokenctl/{name}" in installed)
        checks.that("and nothing beside the prefix", all(name.startswith("opt/tokenctl/") for name in installed))
        checks.equal("all the pages of the manual", sum("/man/man" in name for name in installed), len(first))
        prefix = os.path.join(there, "opt/tokenctl")
        code, version, _ = run(os.path.join(prefix, "bin/tokenctl"), "--version")
        _, wanted, _ = run("scripts/version")
        checks.that("the program runs from there", code == 0 and version.startswith(f"tokenctl {wanted}"), version)
        checks.that("with the libraries' versions", re.search(r"^SQLite 3\..*, OpenSSL 3\.", version, re.MULTILINE))
        for unit in glob.glob(f"{prefix}/lib/systemd/system/*.service"):
            with open(unit, encoding="utf-8") as file:
                checks.that(f"{os.path.basename(unit)} runs the program where it is",
                            "ExecStart=/opt/tokenctl/bin/tokenctl " in file.read())
        for shell, name in (("bash", BELOW_PREFIX[4]), ("zsh", BELOW_PREFIX[5]), ("fish", BELOW_PREFIX[6])):
            if shutil.which(shell):
                code, _, errors = run(shell, "-n", os.path.join(prefix, name))
                checks.that(f"{shell} reads its completions", code == 0, errors)

        foreign = os.path.join(prefix, "share/man/man1/other.1")
        with open(foreign, "w", encoding="utf-8"):
            pass
        checks.equal("removing", run("scripts/install-files", "--remove", **places)[0], 0)
        checks.equal("leaves what others put there, and nothing else", files(prefix), ["share/man/man1/other.1"])
        code, _, _ = run("scripts/install-files", binary, DESTDIR=there, PREFIX="relative")
        checks.equal("a prefix that is no path from the root is refused", code, 64)
    checks.end()


if __name__ == "__main__":
    main(os.path.realpath(sys.argv[1]))
