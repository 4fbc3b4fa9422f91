"""Runs tokenctl as a process in a folder of its own, and counts checks."""

import json
import os
import shutil
import subprocess
import sys
import tempfile

DEADLINE = 60  # seconds; a debug build on a busy machine, and still an end


class Result:
    def __init__(self, process):
        self.code = process.returncode
        self.out = process.stdout.decode("utf-8", "replace")
        self.err = process.stderr.decode("utf-8", "replace")

    @property
    def json(self):
        return json.loads(self.out)

    @property
    def flaw(self):
        """What is wrong with how an error was told; None when it is one clear error, with a hint at most."""
        lines = [line for line in self.err.splitlines() if not line.startswith("tokenctl: note: ")]
        if self.out:
            return f"wrote on standard output: {self.out[:80]!r}"
        if not lines or not lines[0].startswith("tokenctl: error: ") or len(lines) > 2:
            return f"not one error line: {self.err[:300]!r}"
        if len(lines) == 2 and not lines[1].startswith("tokenctl: hint: "):
            return f"something beside error and hint: {self.err[:300]!r}"
        message = lines[0].removeprefix("tokenctl: error: ")
        if not message or message.endswith("."):
            return f"an empty message, or a full stop: {lines[0]!r}"
        return None

    def __str__(self):
        return f"exit {self.code}; {self.err.strip()[:300] or self.out.strip()[:300]}"


class World:
    """A folder with a database and a master key, and nothing of whoever runs the tests."""

    def __init__(self, binary, *init):
        self.folder = tempfile.mkdtemp(prefix="tokenctl-interop-")
        # Others may look in, so that a check as another user meets tokenctl's own modes and nothing before them.
        os.chmod(self.folder, 0o755)
        self.binary = os.path.abspath(binary)
        self.environment = {
            "PATH": "/usr/bin:/bin", "HOME": self.folder, "LC_ALL": "C.UTF-8",
            "TOKENCTL_DB": self.path("tokens.db"), "TOKENCTL_MASTER_KEY_FILE": self.path("master.key"),
        }
        if init:
            made = self.run("init", *init)
            if made.code:
                raise SystemExit(f"tokenctl init: {made}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.folder, ignore_errors=True)

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, content, mode=0o600):
        if not isinstance(content, (bytes, str)):
            content = json.dumps(content)
        with open(self.path(name), "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
        os.chmod(self.path(name), mode)
        return self.path(name)

    def run(self, *arguments, stdin=b"", umask=-1, nobody=False, **environment):
        command = [self.binary, *arguments]
        if nobody and os.geteuid() == 0:
            command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--", *command]
        return self.launch(command, stdin, umask, **environment)

    def launch(self, command, stdin=b"", umask=-1, **environment):
        """A command, and what became of it; what stands before the program in it is up to the caller."""
        return Result(subprocess.run(
            command, input=stdin.encode() if isinstance(stdin, str) else stdin, capture_output=True,
            env=self.environment | environment, cwd=self.folder, umask=umask, timeout=DEADLINE))

    def start(self, *arguments):
        """The process, running; for what several of them do at the same time."""
        return subprocess.Popen(
            [self.binary, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env=self.environment, cwd=self.folder, text=True)

    def log_in(self, user, *options):
        made = self.run("session", "create", "--user", user, "--client", "web", "--with-tokens", "--json", *options)
        if made.code:
            raise SystemExit(f"tokenctl session create: {made}")
        return made.json

    def verdict(self, token):
        """None when the token is accepted, else the reason; anything but a yes or no is told as it came."""
        result = self.run("token", "verify", "-", "--json", stdin=token)
        if result.code not in (0, 1):
            return str(result)
        answer = result.json
        if answer["active"] != (result.code == 0):
            return f"exit {result.code} beside {answer}"
        return answer["reason"]


class Checks:
    def __init__(self):
        self.passed = self.failed = 0

    def that(self, name, holds, otherwise=""):
        if holds:
            self.passed += 1
            print(f"ok   {name}", flush=True)
        else:
            self.failed += 1
            print(f"FAIL {name}{': ' if otherwise else ''}{otherwise}", flush=True)

    def equal(self, name, got, wanted):
        self.that(name, got == wanted, f"{got!r}, not {wanted!r}")

    def error(self, name, result, code):
        """An exit code, and one clear error with it."""
        self.that(name, result.code == code and result.flaw is None,
                  f"not {code} with one error: {result}" if result.code != code else result.flaw or "")

    def raises(self, name, errors, body):
        try:
            got = body()
        except errors:
            self.that(name, True)
        else:
            self.that(name, False, f"accepted: {got!r}")

    def end(self):
        print(f"{self.passed} passed, {self.failed} failed")
        sys.exit(1 if self.failed else 0)
