"""Every column in turn holds what no program of ours writes there: every verb still ends in a code of docs/exit-codes.md.

usage: values.py TOKENCTL [all]      the last integer in each column unless said otherwise

A file that holds together, its schema ours, one value in it wrong: the ends of the integers, a time that cannot be told, text
that is none, bytes too few. One process a value reads and then writes by some fifty verbs, and three more take tokens. What
ends in a signal or in exit 70, or says more than one error, is a failure; hostile.py does the same by chance, this by the list.
"""

import concurrent.futures
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile

from harness import Checks
from hostile import CODES, LIMIT, WHY, HostileWorld

BAD_TEXT = object()
# What is counted on: where a sum can end a program.
HARDEST = {"INTEGER": [2**63 - 1], "TEXT": [], "BLOB": []}
ALL = {"INTEGER": [-2**63, -1, 0, 9 * 10**15, 2**63 - 1], "TEXT": ["", BAD_TEXT, "x" * 20_000], "BLOB": [b"", b"\x00"]}
# Counts of what is there, and ids: what reads goes first, what ends everything last.
SCRIPT = """
status
doctor --deep
session list --state all
session list --state all --sort last_seen_at
session list --ip 192.0.2.0/24 --idle-over 1m
session show SESSION
refresh list --state all
refresh list --replayed
refresh show FAMILY
user list
user show alice
client list
client show web
key list --state all
key timeline
denylist list --state all
denylist check some-jti
audit list
audit verify
audit checkpoint
audit export
stats --by day --since 30d
stats --by user
stats --by ip
stats --by state
stats --by key --since 30d
metrics
policy list
backup verify tokens.db
migrate --check
cleanup --dry-run --older-than 0s
denylist export --partial
session create --user new --with-tokens
token issue --user bob --session SESSION
session touch SESSION
session regenerate SESSION
denylist add --user zed --expires 1d WHY
policy set access.ttl 10m WHY
key publish
key rotate --emergency WHY
key rotate --back WHY
session revoke --user alice --max-affected 99 WHY
refresh revoke FAMILY WHY
user logout bob WHY
client logout web WHY --confirm web
cleanup --older-than 0s --accept-clock --vacuum incremental
session revoke --all WHY --confirm everyone
backup create made.db
backup restore good.db WHY --confirm good.db
"""
TAKING_TOKENS = {"token verify - --json": "token", "token inspect - --json": "refresh", "token refresh - --json": "refresh"}

READ_FOR_TOKENS = {
    "store", "user", "client", "session", "refresh_family", "signing_key", "deny_rule"}


def columns(database):
    """Of every table: its name, the column's, its type, and whether it may be empty."""
    for (table,) in database.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").fetchall():
        for _, name, kind, required, _, key in database.execute(f"PRAGMA table_info({table})"):
            yield table, name, kind, not required and not key


def cases(database, values):
    for table, column, kind, may_be_empty in columns(database):
        held = values.get(kind, values["INTEGER"])
        for value in held + ([None] if may_be_empty and values is ALL else []):
            yield table, column, value


def spoil(path, table, column, value):
    """Sets one value past the triggers; false where the file has no place for it."""
    database = sqlite3.connect(path, isolation_level=None)
    try:
        triggers = database.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            database.execute(f"DROP TRIGGER {name}")
        held = "CAST(X'61C328FF80' AS TEXT)" if value is BAD_TEXT else "?"
        try:
            changed = database.execute(
                f"UPDATE {table} SET {column} = {held} WHERE {column} IS (SELECT {column} FROM {table} ORDER BY 1 DESC LIMIT 1)",
                [] if value is BAD_TEXT else [value]).rowcount
        except sqlite3.Error:
            changed = 0
        for _, trigger in triggers:
            database.execute(trigger)
        return changed > 0
    finally:
        database.close()


class Rooms(HostileWorld):
    """A folder for each value, made of the same store."""

    def fill(self):
        super().fill()
        self.put(self.good)
        os.remove(self.path("good.db"))
        # What the other store's logout left dead, alive: a login that has been refreshed, and its tokens.
        made = self.log_in("bob", "--ip", "192.0.2.9")
        refreshed = self.run("token", "refresh", "-", "--json", stdin=made["refresh_token"]).json
        self.token, self.refresh = refreshed["access_token"], refreshed["refresh_token"]
        family = self.run("refresh", "list", "--user", "bob", "--json").json["items"][0]["id"]
        self.script = SCRIPT.replace("SESSION", made["session_id"]).replace("FAMILY", family).replace("WHY", " ".join(WHY))
        self.must("backup", "create", "good.db")
        with open(self.path("good.db"), "rb") as file:
            self.good = file.read()

    def meet(self, table, column, value):
        """What is wrong after one value; None where it does not go into the file."""
        room = tempfile.mkdtemp(prefix="value-", dir=self.folder)
        try:
            for name in ("tokens.db", "good.db"):
                with open(os.path.join(room, name), "wb") as file:
                    file.write(self.good)
                os.chmod(file.name, 0o600)
            shutil.copy(self.path("master.key"), room)
            database = os.path.join(room, "tokens.db")
            if not spoil(database, table, column, value):
                return None
            environment = self.environment | {
                "TOKENCTL_DB": database, "TOKENCTL_MASTER_KEY_FILE": os.path.join(room, "master.key"), "HOME": room}
            faults = []
            for command, token in TAKING_TOKENS.items() if table in READ_FOR_TOKENS else ():
                faults += self.faults(room, environment, command, command.split(), getattr(self, token))
            with open(os.path.join(room, "script"), "w", encoding="utf-8") as file:
                file.write(self.script)
            shell = ["shell", "--json", "--keep-going", "--file", "script"]
            faults += self.faults(room, environment, "shell", shell, "")
            return faults
        finally:
            shutil.rmtree(room)

    def faults(self, room, environment, name, command, given):
        try:
            done = subprocess.run(
                [self.binary, *command], input=given.encode(), capture_output=True, env=environment, cwd=room,
                timeout=LIMIT)
        except subprocess.TimeoutExpired:
            return [f"{name} hangs"]
        said = done.stderr.decode("utf-8", "replace")
        if done.returncode not in CODES:
            return [f"{name}: exit {done.returncode}: {said[-400:]}"]
        errors = [json.loads(line) for line in said.splitlines() if line.startswith('{"schema":"tokenctl/v1/error"')]
        return [f"{name}: {one}" for one in errors if one["exit"] not in CODES]


def main():
    checks = Checks()
    if "TMPDIR" not in os.environ and os.path.isdir("/dev/shm") and os.access("/dev/shm", os.W_OK):
        tempfile.tempdir = "/dev/shm"
    with Rooms(sys.argv[1], "--issuer", "https://login.example.org") as world:
        world.fill()
        world.write("all.db", world.good)
        database = sqlite3.connect(world.path("all.db"))
        every = list(cases(database, ALL if sys.argv[2:] == ["all"] else HARDEST))
        every += [("refresh_family", "generation", 0), ("audit_event", "seq", -2**63)]
        database.close()
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 2) as pool:
            met = list(pool.map(lambda case: world.meet(*case), every))
        faults = []
        for (table, column, value), found in zip(every, met):
            told = "no UTF-8" if value is BAD_TEXT else f"{value!r:.30}"
            faults += [f"{table}.{column} = {told}: {fault}" for fault in found or []]
        for fault in faults:
            print(f"     {fault}", flush=True)
        tried = sum(one is not None for one in met)
        checks.equal(f"{tried} values in {len({one[:2] for one in every})} columns: every verb ends in its code", len(faults), 0)
        checks.that("most values went in", tried > len(every) * 0.7, f"{tried} of {len(every)}")
    checks.end()


if __name__ == "__main__":
    main()
