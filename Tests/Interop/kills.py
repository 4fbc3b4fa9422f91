"""Cleanup killed at random: nothing alive is lost, nothing is half-removed, and the next run goes on.

usage: kills.py TOKENCTL [KILLS [ROWS]]      25 kills among 6,000 sessions unless said otherwise

KILL, TERM and INT take turns. After each, the file is looked at as an auditor would: SQLite's own check, no family without
its session, every live login still there, the audit record whole. A lease that a killed run left is waited for once, and
after that moved into the past, as the seconds it lasts would.
"""

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
CLEANUP = ["cleanup", "--older-than", "0s", "--batch-time", "2ms", "--vacuum", "incremental", "--json"]
SIGNALS = [signal.SIGKILL, signal.SIGKILL, signal.SIGTERM, signal.SIGINT]


class KillWorld(World):
    def fill(self, rows):
        subprocess.run([GENERATE, self.path("tokens.db"), str(rows)], check=True, stdout=subprocess.DEVNULL)
        # Those that will still be alive whenever this test ends; the rest of the living may expire on the way.
        later = int(time.time() * 1000) + 6 * 3_600_000
        self.alive = self.numbers(f"SELECT id FROM session WHERE alive_until > {later}")
        self.dead = self.numbers(f"SELECT id FROM session WHERE alive_until < {int(time.time() * 1000)}")
        for name in ("tokens.db",):
            shutil.copyfile(self.path(name), self.path("filled.db"))

    def refill(self):
        for end in ("-wal", "-shm"):
            if os.path.exists(self.path("tokens.db" + end)):
                os.remove(self.path("tokens.db" + end))
        shutil.copyfile(self.path("filled.db"), self.path("tokens.db"))

    def ask(self, question):
        database = sqlite3.connect(self.path("tokens.db"), timeout=30)
        try:
            return database.execute(question).fetchall()
        finally:
            database.close()

    def numbers(self, question):
        return {row[0] for row in self.ask(question)}

    def forget_lease(self):
        database = sqlite3.connect(self.path("tokens.db"), timeout=30, isolation_level=None)
        database.execute("UPDATE cleanup_run SET lease_until = 1 WHERE finished_at IS NULL")
        database.close()

    def flaws(self):
        """What is wrong with the file; nothing when it is whole."""
        found = []
        if self.ask("PRAGMA integrity_check") != [("ok",)]:
            found.append("integrity")
        there = self.numbers("SELECT id FROM session")
        if lost := self.alive - there:
            found.append(f"{len(lost)} live sessions lost")
        if self.ask("SELECT count(*) FROM refresh_family WHERE session_id NOT IN (SELECT id FROM session)") != [(0,)]:
            found.append("families without a session")
        # Entries of removed sessions may wait for their sweep; every session that is there has its own.
        due = self.ask("SELECT sweep_due FROM store") == [(1,)]
        for table in ("session_by_user", "session_by_last_seen", "session_by_end"):
            entries = self.numbers(f"SELECT session_id FROM {table}")
            if there - entries or (entries - there and not due):
                found.append(f"{table} and session disagree")
        if self.numbers("SELECT session_id FROM session_subject") != there:
            found.append("session_subject and session disagree")
        hidden = self.numbers(
            "SELECT id FROM session s WHERE ended_at IS NULL AND NOT EXISTS (SELECT 1 FROM session_span p "
            "WHERE p.span = s.id >> 6 AND p.alive_until >= s.alive_until)")
        if hidden & self.alive:
            found.append(f"{len(hidden & self.alive)} live sessions hidden by their span")
        families = self.numbers("SELECT session_id FROM refresh_family")
        if lost := self.alive - families:
            found.append(f"{len(lost)} live families lost")
        return found

    def kill(self, dice, longest):
        """Starts a cleanup and ends it after a while; its exit code, or None where it was done before."""
        process = subprocess.Popen(
            [self.binary, *CLEANUP], env=self.environment, cwd=self.folder, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, text=True)
        sent = dice.choice(SIGNALS)
        time.sleep(dice.random() ** 2 * longest)
        process.send_signal(sent)
        _, errors = process.communicate(timeout=60)
        return sent, process.returncode, errors


def main():
    binary = sys.argv[1]
    kills = int(sys.argv[2]) if len(sys.argv) > 2 else 25
    rows = int(sys.argv[3]) if len(sys.argv) > 3 else 6_000
    seed = int(os.environ.get("SEED", "20261121"))
    dice = random.Random(seed)
    checks = Checks()
    with KillWorld(binary, "--alg", "EdDSA") as world:
        world.fill(rows)
        began = time.monotonic()
        world.run(*CLEANUP)
        longest = max(0.2, time.monotonic() - began)
        world.refill()
        login = world.log_in("survivor")
        shutil.copyfile(world.path("tokens.db"), world.path("filled.db"))
        flaws, codes, waited, partly = [], [], False, 0
        for number in range(kills):
            before = len(world.numbers("SELECT id FROM session"))
            sent, code, errors = world.kill(dice, longest)
            # The bare signal ends a process that had not begun yet.
            allowed = {0, -sent} if sent == signal.SIGKILL else {0, 128 + sent, -sent}
            if code not in allowed and not (code == 75 and "another cleanup" in errors):
                codes.append((number, sent, code, errors))
            flaws += [(number, flaw) for flaw in world.flaws()]
            after = len(world.numbers("SELECT id FROM session"))
            partly += 0 < len(world.dead & world.numbers("SELECT id FROM session")) < len(world.dead)
            if after > before:
                flaws.append((number, "sessions came back"))
            if code == -9 and not waited:
                waited = True
                refused = world.run(*CLEANUP[:-1])
                if refused.code != 0:
                    checks.error("while a killed run's lease lasts, the next is told to try again", refused, 75)
                    skipped = world.run(*CLEANUP, "--skip-if-running")
                    checks.equal("or, where it asks for that, ends well", skipped.code, 0)
                    time.sleep(21)
                    checks.equal("some seconds later it may start", world.run(*CLEANUP).code, 0)
            world.forget_lease()
            if world.numbers("SELECT id FROM session").isdisjoint(world.dead):
                world.refill()
        said = f"{kills} kills, seed {seed}"
        checks.equal(f"{said}: the file is whole after each, and no live login is lost", flaws[:3], [])
        checks.equal(f"{said}: TERM and INT finish the batch and say so", codes[:3], [])
        checks.that(f"{said}: some hit the middle", partly > 0, "all came too early or too late")
        last = world.run(*CLEANUP)
        checks.equal("the last run finishes", (last.code, last.json["finished"]), (0, True))
        checks.equal("every dead login is gone", world.numbers("SELECT id FROM session") & world.dead, set())
        checks.equal("and nothing that led to it is left", world.ask("SELECT sweep_due FROM store"), [(0,)])
        spans = "SELECT count(*) FROM session_span p WHERE NOT EXISTS (SELECT 1 FROM session s WHERE s.id >> 6 = p.span)"
        checks.equal("nor a span of nobody", world.ask(spans), [(0,)])
        checks.equal("the audit record is whole", world.run("audit", "verify").code, 0)
        spent = world.run("token", "refresh", "-", "--client", "web", stdin=login["refresh_token"])
        checks.equal("who was logged in all the while still is", spent.code, 0)
    checks.end()


if __name__ == "__main__":
    main()
