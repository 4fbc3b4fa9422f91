"""A restore killed at random: the store is the old one or the new one, never half, and no revocation is taken back.

usage: restores.py TOKENCTL [KILLS [ROWS [RACER]]]      20 kills among 3,000 sessions unless said otherwise

KILL, TERM and INT take turns; over a store that holds together, over one that was altered, and where it is gone. After each,
the database opens and is whole in itself, its epoch and its rows agree, what it was is kept beside a finished restore, and what
was revoked after the backup is refused. Beside it an application goes on logging people in. With RACER (Tests/Racer) an
application, and a shell, have the database open while it is restored, and go on with what is there then.
"""

import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time

from harness import Checks, World

GENERATE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "Benchmarks", "generate-rows")
SIGNALS = [signal.SIGKILL, signal.SIGKILL, signal.SIGKILL, signal.SIGTERM, signal.SIGINT]
BESIDE = ("", "-wal", "-shm", "-journal")


class RestoreWorld(World):
    restore = ("backup", "restore", "backup.db", "--reason", "drill", "--yes", "--confirm", "backup.db", "--json")

    def fill(self, rows):
        subprocess.run([GENERATE, self.path("tokens.db"), str(rows)], check=True, stdout=subprocess.DEVNULL)
        self.revoked, self.before = self.log_in("revoked"), self.log_in("before")
        self.must("backup", "create", self.path("backup.db"))
        self.must("session", "revoke", self.revoked["session_id"], "--reason", "stolen")
        self.since = self.log_in("since")
        shutil.copyfile(self.path("tokens.db"), self.path("sound.db"))
        shutil.copyfile(self.path("tokens.db"), self.path("altered.db"))
        with sqlite3.connect(self.path("altered.db")) as database:
            database.execute("UPDATE audit_event SET uid = 4711 WHERE seq = 1")
        database.close()

    def must(self, *arguments):
        done = self.run(*arguments)
        if done.code:
            raise SystemExit(f"tokenctl {' '.join(arguments)}: {done}")
        return done

    def put(self, kind):
        """What is there before a restore: `sound`, `altered`, or nothing."""
        for name in os.listdir(self.folder):
            if name.startswith("tokens.db"):
                path = self.path(name)
                shutil.rmtree(path) if os.path.isdir(path) else os.remove(path)
        if kind != "gone":
            shutil.copyfile(self.path(kind + ".db"), self.path("tokens.db"))

    def begin(self):
        return subprocess.Popen(
            [self.binary, *self.restore], env=self.environment, cwd=self.folder, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True)

    def kept(self):
        return [name for name in os.listdir(self.folder) if name.startswith("tokens.db.before-")]

    def status(self):
        return self.run("status", "--json")

    def flaws(self, kind, finished):
        """What is wrong after a restore of `kind` that was ended early or not, and whether it had taken effect."""
        found = []
        if kind != "sound" and not os.path.exists(self.path("tokens.db")):
            # Between two names, or as it was: every verb says so, and the next restore goes on.
            answer = self.status()
            if answer.code != 66:
                found.append(f"gone, and status says {answer}")
            return found, False
        answer = self.status()
        if kind == "altered" and answer.code == 8:
            return found, False
        if answer.code:
            return [f"status: {answer}"], False
        epoch = answer.json["epoch"]
        is_new = epoch == 2
        if self.run("audit", "verify").code != (0 if is_new or kind == "sound" else 1):
            found.append("the audit record is not whole")
        if self.ask("PRAGMA integrity_check") != [("ok",)] or self.ask("PRAGMA foreign_key_check"):
            found.append("integrity")
        events = self.ask("SELECT count(*) FROM audit_event WHERE verb = 'backup.restore'")[0][0]
        if events != epoch - 1:
            found.append(f"epoch {epoch} and {events} restores on record")
        if (finished and not is_new) or epoch not in (1, 2):
            found.append(f"it said it was done, and the epoch is {epoch}")
        if is_new and kind != "gone":
            if not self.kept():
                found.append("the old one is not kept")
            elif any(self.run("backup", "verify", self.path(name)).code for name in self.kept()) and kind == "sound":
                found.append("what is kept is not whole")
        if is_new or kind == "sound":
            if self.verdict(self.revoked["access_token"]) is None:
                found.append("a revoked token is good again")
            if self.state(self.revoked) == "active":
                found.append("a revoked session is alive again")
            since = self.state(self.since)
            if (since == "active") == is_new:
                found.append(f"epoch {epoch}, and a login made since the backup is {since}")
        return found, is_new

    def state(self, login):
        shown = self.run("session", "show", login["session_id"], "--json")
        return shown.json["items"][0]["state"] if shown.code == 0 else "unknown"

    def ask(self, question):
        database = sqlite3.connect(self.path("tokens.db"), timeout=30)
        try:
            return database.execute(question).fetchall()
        finally:
            database.close()


def killed(world, checks, dice, kind, kills):
    world.put(kind)
    began = time.monotonic()
    done = world.run(*world.restore)
    longest = max(0.1, time.monotonic() - began)
    checks.equal(f"{kind}: a restore that nobody disturbs", (done.code, done.code or done.json["epoch"]), (0, 2))
    flaws, _ = world.flaws(kind, True)
    checks.equal(f"{kind}: and what it leaves", flaws, [])
    flaws, codes, outcomes = [], [], {False: 0, True: 0}
    for number in range(kills):
        world.put(kind)
        process = world.begin()
        sent = dice.choice(SIGNALS)
        time.sleep(dice.random() * longest)
        process.send_signal(sent)
        _, errors = process.communicate(timeout=120)
        allowed = {0, -sent} if sent == signal.SIGKILL else {0, 128 + sent, -sent}
        if process.returncode not in allowed:
            codes.append((number, sent, process.returncode, errors))
        found, is_new = world.flaws(kind, process.returncode == 0)
        flaws += [(number, flaw) for flaw in found]
        outcomes[is_new] += 1
        again = world.run(*world.restore)
        found, _ = world.flaws(kind, False)
        # A restore of what was restored already: another epoch, and all as it was.
        if again.code:
            flaws.append((number, f"the next one: {again}"))
    said = f"{kind}: {kills} kills"
    checks.equal(f"{said}: old or new, never half, and nothing revoked is good", flaws[:3], [])
    checks.equal(f"{said}: each ends as signals end a program", codes[:3], [])
    print(f"     {outcomes[False]} were the old one, {outcomes[True]} the new")


def beside_an_application(world, checks):
    world.put("sound")
    names = iter(range(10_000))
    made, process = [], world.begin()
    while process.poll() is None:
        made.append(world.run("session", "create", "--user", f"during-{next(names)}", "--client", "web", "--json"))
    outcome = json.loads(process.communicate()[0])
    after = world.run("session", "create", "--user", "after", "--client", "web", "--json")
    checks.equal("logins beside a restore all succeed", [str(one) for one in [*made, after] if one.code], [])
    alive = {s["user"] for s in world.run("session", "list", "--json", "--limit", "10000").json["items"]}
    checks.equal("the restore said so", (process.returncode, outcome["epoch"]), (0, 2))
    checks.that("a login after it lives", "after" in alive, "it does not")
    ids = [one.json["session_id"] for one in made]
    states = [world.state({"session_id": one}) for one in ids]
    ended = [number for number, state in enumerate(states) if state != "active"]
    checks.equal("those before it ended, those after it live, and none is lost", ended, list(range(len(ended))))
    checks.that("none is unknown", "unknown" not in states, str(states))


class Listening:
    """A process that answers a line with a line."""

    def __init__(self, world, *command):
        self.process = subprocess.Popen(
            command, env=world.environment, cwd=world.folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, bufsize=1)

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        return self.hear()

    def hear(self):
        return self.process.stdout.readline().strip()

    def end(self):
        self.process.stdin.close()
        self.process.stdout.close()
        return self.process.wait(60)


def kept_open(world, checks, racer):
    """Who had the database open before it was restored, in either way, asks the new one next."""
    count = "session list --state all --count"
    for kind in ("sound", "altered"):
        world.put("sound")
        shell = Listening(world, world.binary, "shell", "--keep-going")
        application = Listening(world, racer, world.path("tokens.db"), world.path("master.key"))
        known = shell.ask(count)
        token = json.loads(application.ask(world.since["refresh_token"])).get("refresh_token")
        checks.that(f"{kind}: a shell and an application have it open", known.isdigit() and token, f"{known} {token}")
        if kind == "altered":
            with sqlite3.connect(world.path("tokens.db")) as database:
                database.execute("UPDATE audit_event SET uid = 4711 WHERE seq = 1")
            database.close()
        done = world.run(*world.restore)
        checks.equal(f"{kind}: the restore beside them", (done.code, done.code or done.json["epoch"]), (0, 2))
        world.log_in("next")
        said = shell.ask(count)
        if kind == "altered":
            checks.that(f"{kind}: the shell says that it is another file", "was replaced since the last" in said, said)
            said = shell.hear()
        checks.equal(f"{kind}: the shell counts what is there", said, world.run(*count.split()).out.strip())
        # The number of a login that only the replaced store had is given to nobody.
        checks.equal(f"{kind}: the application refuses who was logged out by it",
                     json.loads(application.ask(token)).get("reason"), "ended" if kind == "sound" else "unknown")
        spent = json.loads(application.ask(world.log_in("later")["refresh_token"])).get("refresh_token")
        checks.that(f"{kind}: and refreshes a login that began after it", spent is not None, "it does not")
        family = world.run("refresh", "list", "--user", "later", "--json").json["items"][0]
        checks.equal(f"{kind}: which is written to what is there", family["generation"], 2)
        checks.equal(f"{kind}: both end well", (shell.end(), application.end()), (0, 0))


def main():
    binary = sys.argv[1]
    kills = int(sys.argv[2]) if len(sys.argv) > 2 else 20
    rows = int(sys.argv[3]) if len(sys.argv) > 3 else 3_000
    seed = int(os.environ.get("SEED", "20261121"))
    dice = random.Random(seed)
    checks = Checks()
    with RestoreWorld(binary, "--alg", "EdDSA") as world:
        world.fill(rows)
        print(f"     seed {seed}")
        for kind, share in (("sound", 2), ("altered", 1), ("gone", 1)):
            killed(world, checks, dice, kind, max(1, kills * share // 4))
        beside_an_application(world, checks)
        if len(sys.argv) > 4:
            kept_open(world, checks, os.path.abspath(sys.argv[4]))
    checks.end()


if __name__ == "__main__":
    main()
