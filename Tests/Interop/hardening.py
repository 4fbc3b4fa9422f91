"""What the process itself must be: each defence is met by something that gets through where it is missing.

usage: hardening.py TOKENCTL      as root needs setpriv, for other users; without, says what was not tried
"""

import os
import resource
import shutil
import signal
import stat
import subprocess
import sys
import time

from harness import Checks, Result, World

NOBODY, SOMEBODY = 65534, 65533
WHY = ["--reason", "drill", "--yes"]


def dropped(uid, *command):
    return ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups", "--", *command]


def wait_for(holds, seconds=30):
    end = time.monotonic() + seconds
    while not holds() and time.monotonic() < end:
        time.sleep(0.02)
    return holds()


class Held:
    """`token verify --lines`, which has read a secret and waits for the next one."""

    def __init__(self, world, secret, uid=None, core=True):
        def unlimited():
            hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
            resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))

        command = [world.binary, "token", "verify", "-", "--lines"]
        self.process = subprocess.Popen(
            command if uid is None else dropped(uid, *command), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, env=world.environment, cwd=world.folder, preexec_fn=unlimited)
        self.process.stdin.write(secret.encode() + b"\n")
        self.process.stdin.flush()
        # Where it has the database open, it has read the line.
        if not wait_for(lambda: any("tokens.db" in name for name in self.files()), 10):
            raise SystemExit("hardening: the process did not come to its work")

    def files(self):
        """What it has open; of another user's process only root can say."""
        folder = f"/proc/{self.process.pid}/fd"
        found = []
        for number in os.listdir(folder):
            try:
                found.append(os.readlink(f"{folder}/{number}"))
            except OSError:
                pass
        return found

    def proc(self, name):
        with open(f"/proc/{self.process.pid}/{name}", "rb") as file:
            return file.read()

    def end(self, sent):
        self.process.send_signal(sent)
        self.process.stdin.close()
        out, errors = self.process.stdout.read(), self.process.stderr.read()
        _, status = os.waitpid(self.process.pid, 0)
        self.process.returncode = 0
        return status, out + errors


def dumps(checks, world, secret):
    for sent in (signal.SIGQUIT, signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGILL, signal.SIGTRAP, signal.SIGFPE):
        held = Held(world, secret)
        status, said = held.end(sent)
        checks.that(f"{sent.name} leaves no core, though the limit allowed one", not os.WCOREDUMP(status), str(status))
        checks.that(f"{sent.name} and nothing that it held is told", secret.encode() not in said and b"eyJ" not in said, str(said[:300]))
        if sent != signal.SIGQUIT:
            checks.equal(f"{sent.name} ends in 70, with one line", (os.waitstatus_to_exitcode(status), said.count(b"\n")), (70, 1))
    left = [name for name in os.listdir(world.folder) if "core" in name]
    checks.equal("and no core file", left, [])


def proc(checks, world, secret):
    held = Held(world, secret)
    checks.that("no secret in its arguments or its environment",
                not any(secret.encode() in held.proc(name) for name in ("cmdline", "environ")))
    checks.that("it cannot be dumped: the kernel gives its files to root",
                os.stat(f"/proc/{held.process.pid}/mem").st_uid == 0)
    checks.that("nor may its core be written", b"Max core file size        0                    0" in held.proc("limits"))
    held.end(signal.SIGTERM)
    if os.geteuid() != 0:
        print("     not root: what another process of the same user sees was not tried")
        return
    with World(world.binary) as theirs:
        os.chown(theirs.folder, NOBODY, NOBODY)
        made = Result(subprocess.run(dropped(NOBODY, theirs.binary, "init", "-q"), env=theirs.environment,
                                     cwd=theirs.folder, capture_output=True))
        checks.that("a user of its own makes a store", made.code == 0, str(made))
        held = Held(theirs, "nothing", uid=NOBODY)
        control = subprocess.Popen(dropped(NOBODY, "sleep", "60"))
        try:
            time.sleep(0.2)

            def read(pid, name):
                return subprocess.run(dropped(NOBODY, "cat", f"/proc/{pid}/{name}"), capture_output=True).returncode == 0

            checks.that("the same user may look into another process of theirs", read(control.pid, "environ"))
            checks.that("and not into this one", not any(read(held.process.pid, name) for name in ("environ", "maps", "mem")))
        finally:
            control.kill()
            control.wait()
            held.end(signal.SIGTERM)


def openssl_configuration(checks, world):
    """A pipe that nobody writes stands for the file: whoever reads it waits for ever."""
    pipe = world.path("openssl.cnf")
    os.mkfifo(pipe)
    if shutil.which("openssl"):
        control = subprocess.Popen(["openssl", "rand", "1"], env={"PATH": os.environ["PATH"], "OPENSSL_CONF": pipe},
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(1)
        checks.that("a program that reads OPENSSL_CONF waits for the pipe", control.poll() is None)
        control.kill()
        control.wait()
    given = {"OPENSSL_CONF": pipe, "OPENSSL_MODULES": world.folder, "OPENSSL_ENGINES": world.folder,
             "OPENSSL_CONF_INCLUDE": world.folder}
    try:
        made = world.run("session", "create", "--user", "conf", "--with-tokens", "--json", **given)
        checks.that("tokenctl does not: it signs", made.code == 0, str(made))
        told = world.run("token", "verify", "-", stdin=made.json["access_token"], **given)
        checks.equal("and verifies", told.code, 0)
    except subprocess.TimeoutExpired:
        checks.that("tokenctl does not", False, "it waits for OPENSSL_CONF")
    os.remove(pipe)


def borrowed_rights(checks, world):
    if os.geteuid() != 0:
        print("     not root: a setuid copy was not tried")
        return
    folder = world.path("borrowed")
    os.mkdir(folder, 0o755)
    os.chmod(folder, 0o755)
    for name, bit, owner in (("setuid", stat.S_ISUID, (NOBODY, 0)), ("setgid", stat.S_ISGID, (0, NOBODY))):
        path = os.path.join(folder, name)
        shutil.copyfile(world.binary, path)
        os.chown(path, *owner)
        os.chmod(path, 0o755 | bit)
        control = os.path.join(folder, name + "-id")
        shutil.copyfile("/usr/bin/id", control)
        os.chown(control, *owner)
        os.chmod(control, 0o755 | bit)
        lent = subprocess.run(dropped(SOMEBODY, control), capture_output=True, text=True).stdout
        if f"{'euid' if bit == stat.S_ISUID else 'egid'}={NOBODY}" not in lent:
            print(f"     {name}: the file system lends no rights, so it was not tried")
            continue
        result = Result(subprocess.run(dropped(SOMEBODY, path, "status"), capture_output=True, env=world.environment))
        checks.error(f"a {name} copy refuses to run: 77", result, 77)
        checks.that(f"and says why", "setuid" in result.err, result.err)


def modes(checks, binary):
    """Whatever the umask: what holds a secret is its owner's, what is public can be read."""
    for umask in (0o000, 0o022, 0o777):
        with World(binary) as world:
            world.run("init", umask=umask)
            world.run("session", "create", "--user", "alice", "--with-tokens", umask=umask)
            kid = world.run("key", "list", "--state", "active", "-o", "id", umask=umask).out.strip()
            commands = {
                "copy.db": ["backup", "create", "copy.db"], "checkpoint": ["audit", "checkpoint", "--out", "checkpoint"],
                "private.pem": ["key", "export", "pem", kid, "--private", "--out", "private.pem", *WHY, "--confirm", "private.pem"],
                None: ["backup", "restore", "copy.db", *WHY, "--confirm", "copy.db"],
            }
            for name, arguments in commands.items():
                done = world.run(*arguments, umask=umask)
                checks.that(f"umask {umask:03o}: {' '.join(arguments[:2])}", done.code == 0, str(done))
            world.run("key", "rewrap", *WHY, umask=umask)
            world.run("shell", "-c", "status", umask=umask, XDG_STATE_HOME=world.path("state"))
            wrong = []
            for folder, _, names in os.walk(world.folder):
                for name in names:
                    mode = stat.S_IMODE(os.stat(os.path.join(folder, name)).st_mode)
                    wanted = 0o644 if name.endswith(".jwks.json") or name == "checkpoint" else 0o600
                    if mode != wanted:
                        wrong.append(f"{name} {mode:o}")
            checks.equal(f"umask {umask:03o}: every file has the mode it should", wrong, [])


def main():
    checks = Checks()
    with World(sys.argv[1], "--issuer", "https://login.example.org") as world:
        secret = world.log_in("alice")["access_token"]
        dumps(checks, world, secret)
        proc(checks, world, secret)
        openssl_configuration(checks, world)
        borrowed_rights(checks, world)
    modes(checks, sys.argv[1])
    checks.end()


if __name__ == "__main__":
    main()
