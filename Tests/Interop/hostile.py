"""Hostile files: whatever is at the database's place, every verb ends in a code of docs/exit-codes.md, in time.

usage: hostile.py TOKENCTL [MUTANTS]      150 mutants unless said otherwise; as root needs setpriv

Mutants of a database are made from a seed: bytes flipped, pages swapped, doubled or zeroed, the file cut or grown, values set to
what no program of ours writes, a log beside it that was mangled or belongs to another. Each meets verbs that read and that
write. A crash, a signal, exit 70, a hang or two error lines is a failure. Then hostile schemas, links, devices, pipes, and
directories and files of others.
"""

import json
import os
import random
import shutil
import sqlite3
import stat
import subprocess
import sys
import tempfile
import time

from harness import Checks, Result, World

CODES = {0, 1, 3, 4, 5, 7, 8, 64, 65, 66, 73, 74, 75, 77, 78}
LIMIT = 30  # seconds, for a verb that takes milliseconds
WHY = ["--reason", "drill", "--yes"]
VERBS = {
    "status": ["status", "--json"],
    "list": ["session", "list", "--state", "all", "--json"],
    "families": ["refresh", "list", "--state", "all", "--json"],
    "users": ["user", "list", "--json"],
    "doctor": ["doctor", "--deep", "--json"],
    "cleanup": ["cleanup", "--older-than", "0s", "--accept-clock", "--vacuum", "incremental"],
    "revoke": ["session", "revoke", "--user", "alice", *WHY, "--max-affected", "99"],
    "logout": ["user", "logout", "bob", *WHY],
    "floor": ["session", "revoke", "--all", *WHY, "--confirm", "everyone"],
    "login": ["session", "create", "--user", "mutant", "--with-tokens"],
    "rotate": ["key", "rotate", "--emergency", *WHY],
    "timeline": ["key", "timeline"],
    "publish": ["key", "publish"],
    "denylist": ["denylist", "export"],
    "audit": ["audit", "verify"],
    "events": ["audit", "list", "--json"],
    "policies": ["policy", "list"],
    "metrics": ["metrics"],
    "stats": ["stats", "--by", "user"],
    "verify": ["token", "verify", "-"],
    "refresh": ["token", "refresh", "-"],
    "inspect": ["token", "inspect", "-"],
    "backup": ["backup", "create", "made.db"],
    "check": ["backup", "verify", "tokens.db"],
    "restore": ["backup", "restore", "good.db", *WHY, "--confirm", "good.db"],
    "migrate": ["migrate", "--check"],
}
EXTREMES = [
    2**63 - 1, -(2**63), -1, 0, 1, 2**53 + 1, 253402300800000, "", "x" * 100_000, "\x00", "\x1b[2J\n", "NaN", "{", "[]",
    '{"alg":"none"}', b"", b"\xff" * 32, b"\x00" * 5000, None, 1e308, "ses_00000000", "' OR 1=1 --", "\u202e", "2026-99-99",
]


class HostileWorld(World):
    def fill(self):
        self.must("policy", "set", "retention.audit", "30d", *WHY)
        made = [self.log_in(user) for user in ("alice", "alice", "bob", "carol")]
        self.token, self.refresh = made[0]["access_token"], made[2]["refresh_token"]
        self.must("session", "create", "--user", "dave", "--ip", "192.0.2.7", "--data", '{"role":"admin"}')
        self.must("token", "refresh", "-", stdin=made[3]["refresh_token"])
        self.must("session", "revoke", made[1]["session_id"], "--reason", "drill")
        self.must("client", "logout", "web", *WHY, "--confirm", "web")
        self.must("denylist", "add", "--user", "eve", "--expires", "1d", *WHY)
        self.must("key", "rotate", "--emergency", *WHY)
        self.must("key", "import", "-", "--secret-format", "text", "--kid", "legacy", "--until", "1d", *WHY, stdin="k" * 40)
        self.log_in("alice")
        self.must("backup", "create", "good.db")
        with open(self.path("good.db"), "rb") as file:
            self.good = file.read()
        self.page = int.from_bytes(self.good[16:18], "big")
        with sqlite3.connect(self.path("good.db")) as database:
            self.columns = [
                (table, column[1]) for (table,) in database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
                for column in database.execute(f"PRAGMA table_info({table})")]
        database.close()
        os.remove(self.path("good.db"))
        self.log = self.a_log()

    def must(self, *arguments, **options):
        done = self.run(*arguments, **options)
        if done.code:
            raise SystemExit(f"tokenctl {' '.join(arguments)}: {done}")

    def a_log(self):
        """A write-ahead log as a killed writer leaves it."""
        with open(self.path("logged.db"), "wb") as file:
            file.write(self.good)
        script = ("import os, sqlite3, sys; d = sqlite3.connect(sys.argv[1], isolation_level=None);"
                  "d.execute('UPDATE policy SET changed_at = 1'); os._exit(0)")
        subprocess.run([sys.executable, "-c", script, self.path("logged.db")], check=True)
        with open(self.path("logged.db-wal"), "rb") as file:
            return file.read()

    def put(self, content, log=None):
        for name in os.listdir(self.folder):
            if name.startswith(("tokens.db", "made.db", "good.db", "logged.db")):
                path = self.path(name)
                shutil.rmtree(path) if os.path.isdir(path) and not os.path.islink(path) else os.remove(path)
        for name, data in (("tokens.db", content), ("tokens.db-wal", log), ("good.db", self.good)):
            if data is not None:
                self.write(name, data)

    def mutant(self, dice):
        """A database and its log, and in words what was done to them."""
        data, log = bytearray(self.good), None
        pages = len(data) // self.page
        kind = dice.randrange(14)
        if kind == 0:
            said = f"cut to {(size := dice.randrange(len(data)))} bytes"
            del data[size:]
        elif kind == 1:
            data += dice.randbytes(dice.randrange(1, 3 * self.page))
            said = "grown"
        elif kind == 2:
            place, value = dice.randrange(100), dice.randrange(256)
            data[place] = value
            said = f"header byte {place} is {value}"
        elif kind == 3:
            one, other = dice.randrange(pages), dice.randrange(pages)
            a, b = (slice(n * self.page, (n + 1) * self.page) for n in (one, other))
            data[a], data[b] = data[b], data[a]
            said = f"pages {one} and {other} swapped"
        elif kind == 4:
            one, other = dice.randrange(pages), dice.randrange(pages)
            data[one * self.page:(one + 1) * self.page] = data[other * self.page:(other + 1) * self.page]
            said = f"page {other} for {one}"
        elif kind == 5:
            one = dice.randrange(pages)
            data[one * self.page:(one + 1) * self.page] = dice.choice([bytes(self.page), b"\xff" * self.page])
            said = f"page {one} blank"
        elif kind == 6:
            place, size = dice.randrange(len(data)), dice.randrange(1, 200)
            data[place:place + size] = dice.randbytes(size)
            said = f"{size} random bytes at {place}"
        elif kind == 7:
            one = dice.randrange(pages) * self.page
            for _ in range(dice.randrange(1, 6)):
                data[one + dice.randrange(12)] = dice.randrange(256)
            said = f"the head of page {one // self.page}"
        elif kind == 8:
            log = bytearray(self.log)
            for _ in range(dice.randrange(1, 9)):
                log[dice.randrange(len(log))] ^= 1 << dice.randrange(8)
            said = "a mangled log"
        elif kind == 9:
            log = bytearray(dice.choice([dice.randbytes(5000), self.log[:dice.randrange(len(self.log))], self.log]))
            data = bytearray(data[:dice.randrange(len(data))]) if dice.random() < 0.3 else data
            said = "a log of another, or a cut one"
        elif kind < 12:
            said = self.with_extremes(data, dice)
        else:
            places = [dice.randrange(len(data)) for _ in range(dice.choice([1, 1, 1, 2, 8, 64]))]
            for place in places:
                data[place] ^= 1 << dice.randrange(8)
            said = f"bits flipped at {places[:8]}"
        return bytes(data), bytes(log) if log is not None else None, said

    def with_extremes(self, data, dice):
        """Values that no program of ours writes, in a file that is otherwise whole."""
        path = self.path("extreme.sqlite")
        with open(path, "wb") as file:
            file.write(data)
        database = sqlite3.connect(path, isolation_level=None)
        said = []
        database.execute("PRAGMA journal_mode = DELETE")
        # Half of them past the triggers, so that sessions and the entries by which they are found disagree.
        triggers = database.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
        triggers = triggers if dice.random() < 0.5 else []
        for name, _ in triggers:
            database.execute(f"DROP TRIGGER {name}")
        for _ in range(dice.randrange(1, 4)):
            table, column = dice.choice(self.columns)
            value = dice.choice(EXTREMES)
            row = dice.choice(["", " WHERE rowid = (SELECT max(rowid) FROM " + table + ")"])
            if table.startswith("session_by_"):
                row = row and " WHERE session_id = (SELECT max(id) FROM session)"
            try:
                if dice.random() < 0.1:
                    database.execute(f"UPDATE {table} SET {column} = CAST(X'C328FF' AS TEXT){row}")
                else:
                    database.execute(f"UPDATE {table} SET {column} = ?{row}", [value])
                said.append(f"{table}.{column} = {value!r:.40}")
            except (sqlite3.Error, OverflowError):
                pass
        for _, trigger in triggers:
            database.execute(trigger)
        if dice.random() < 0.5:
            database.execute("PRAGMA journal_mode = WAL")
        database.close()
        with open(path, "rb") as file:
            data[:] = file.read()
        os.remove(path)
        return ", ".join(said) or "no value would go in"

    def meets(self, name, stdin=b""):
        """What is wrong with how a verb ends; None where nothing is."""
        given = {"verify": self.token, "inspect": self.token, "refresh": self.refresh}.get(name, stdin)
        try:
            result = Result(subprocess.run(
                [self.binary, *VERBS[name]], input=given.encode() if isinstance(given, str) else given,
                capture_output=True, env=self.environment, cwd=self.folder, timeout=LIMIT))
        except subprocess.TimeoutExpired:
            return f"{name} hangs", None
        if result.code not in CODES:
            return f"{name}: {result}", result
        errors = [line for line in result.err.splitlines() if '"schema":"tokenctl/v1/error"' in line
                  or line.startswith("tokenctl: error: ")]
        if len(errors) > 1 or (result.code >= 64 and len(errors) != 1):
            return f"{name}: exit {result.code} with {len(errors)} errors: {result.err[:200]!r}", result
        return None, result


def mutants(world, checks, count, seed):
    dice = random.Random(seed)
    faults, codes, refused = [], {}, 0
    began = time.monotonic()
    for number in range(count):
        data, log, said = world.mutant(dice)
        world.put(data, log)
        for name in dice.sample(sorted(VERBS), 4):
            fault, result = world.meets(name)
            if fault:
                faults.append(f"mutant {number} ({said}): {fault}")
                print(f"     {faults[-1]}", flush=True)
            if result:
                codes[result.code] = codes.get(result.code, 0) + 1
        if number and number % 1000 == 0:
            print(f"     {number} mutants, {len(faults)} faults, {time.monotonic() - began:.0f} s", flush=True)
    told = ", ".join(f"{code}: {codes[code]}" for code in sorted(codes))
    checks.equal(f"{count} mutants, seed {seed}, four verbs each: every one ends in its code", faults[:10], [])
    checks.that("some were refused, and some did no harm", codes.get(8, 0) > 0 and codes.get(0, 0) > 0, told)
    print(f"     exits {told}")


def hostile_schemas(world, checks):
    """Each is refused before anything relies on it, and nothing that was planted has run."""
    planted = {
        "a trigger": "CREATE TRIGGER t AFTER INSERT ON session BEGIN DELETE FROM deny_rule; END",
        "a trigger on reading's table": "CREATE TRIGGER t BEFORE UPDATE ON store BEGIN UPDATE session SET ended_at = NULL; END",
        "a view in the place of a table": "ALTER TABLE deny_rule RENAME TO d; CREATE VIEW deny_rule AS SELECT * FROM d WHERE 0",
        "a view of its own": "CREATE VIEW v AS SELECT load_extension('/tmp/x.so')",
        "a view that never ends": "CREATE VIEW v AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n) SELECT * FROM n",
        "another view under our name": "DROP VIEW denied; CREATE VIEW denied AS SELECT 'x' AS scope",
        "a column": "ALTER TABLE session ADD COLUMN extra TEXT",
        "an index": "CREATE INDEX i ON session (user_agent)",
        "an index on an expression": "CREATE INDEX i ON session (abs(id))",
        "a table": "CREATE TABLE mine (a)",
        "a virtual table": "CREATE VIRTUAL TABLE f USING fts5(x)",
        "no index of ours": "DROP INDEX session_by_client",
        "a generated column": "ALTER TABLE user ADD COLUMN g INTEGER GENERATED ALWAYS AS (id + 1) VIRTUAL",
        "a table with a call for a default": "CREATE TABLE mine (a TEXT DEFAULT (hex(randomblob(4))))",
    }
    for name, sql in planted.items():
        world.put(world.good)
        database = sqlite3.connect(world.path("tokens.db"), isolation_level=None)
        try:
            database.executescript(sql)
        except sqlite3.OperationalError as error:
            checks.that(f"hostile schema, {name}", "no such module" in str(error), str(error))
            continue
        finally:
            database.close()
        codes = {verb: world.run(*VERBS[verb], stdin=world.token).code for verb in ("list", "login", "verify", "cleanup", "check")}
        checks.equal(f"hostile schema, {name}: 8", set(codes.values()), {8})
    world.put(world.good)
    database = sqlite3.connect(world.path("tokens.db"), isolation_level=None)
    database.execute("PRAGMA user_version = 2")
    database.close()
    checks.error("a schema version of the future: 78", world.run("session", "list"), 78)
    world.put(world.good)
    database = sqlite3.connect(world.path("tokens.db"), isolation_level=None)
    database.execute("UPDATE schema_step SET checksum = 'x'")
    database.close()
    checks.error("a step that was not ours: 8", world.run("session", "list"), 8)


def links(world, checks):
    def fresh():
        world.put(world.good)
        world.write("elsewhere", b"precious")

    def precious():
        with open(world.path("elsewhere"), "rb") as file:
            return file.read() == b"precious"

    fresh()
    os.rename(world.path("tokens.db"), world.path("real.db"))
    os.symlink("real.db", world.path("tokens.db"))
    for verb in (["session", "list"], VERBS["login"], VERBS["restore"], VERBS["check"]):
        checks.error(f"a link for the database, {' '.join(verb[:2])}: 77", world.run(*verb), 77)
    os.remove(world.path("tokens.db"))
    os.symlink("nowhere", world.path("tokens.db"))
    checks.error("a link to nowhere for the database: 77", world.run("session", "list"), 77)
    checks.error("and init: 73", world.run("init"), 73)
    checks.that("which made nothing", not os.path.exists(world.path("nowhere")))
    for end in ("-wal", "-shm", "-journal"):
        fresh()
        os.symlink("elsewhere", world.path("tokens.db" + end))
        results = [world.run(*VERBS[verb]) for verb in ("list", "login")]
        checks.that(f"a link for tokens.db{end} is not written through", precious(), "it was")
        checks.that("and ends in a code", all(one.code in CODES for one in results), str([str(one) for one in results]))
        os.remove(world.path("tokens.db" + end)) if os.path.islink(world.path("tokens.db" + end)) else None
    for name, arguments in {
        "the key set": ["key", "publish", "out"], "a denylist export": ["denylist", "export", "--out", "out"],
        "a private export": ["key", "export", "pem", "KID", "--private", "--out", "out", *WHY, "--confirm", "out"],
        "a checkpoint": ["audit", "checkpoint", "--out", "out"], "metrics": ["metrics", "--textfile", "out"],
        "a backup": ["backup", "create", "out"],
    }.items():
        for kind, target in (("a link", "elsewhere"), ("a link to nowhere", "nowhere")):
            fresh()
            kid = json.loads(world.run("key", "list", "--state", "active", "--json").out)["items"][0]["kid"]
            if os.path.lexists(world.path("out")):
                os.remove(world.path("out"))
            os.symlink(target, world.path("out"))
            result = world.run(*[kid if word == "KID" else word for word in arguments])
            checks.that(f"{kind} for {name}: refused, and not written through",
                        result.code in (5, 73, 77) and precious() and not os.path.exists(world.path("nowhere")), str(result))
    os.remove(world.path("out"))
    fresh()
    state = world.path("state/tokenctl")
    os.makedirs(state, exist_ok=True)
    os.symlink(world.path("elsewhere"), state + "/history")
    world.run("shell", "-c", "session list", XDG_STATE_HOME=world.path("state"))
    checks.that("a link for the shell's history is not written through", precious(), "it was")
    fresh()
    os.rename(world.path("master.key"), world.path("real.key"))
    os.symlink("real.key", world.path("master.key"))
    checks.that("a link to the master key is followed: a credential is one",
                world.run("session", "create", "--user", "a", "--with-tokens").code == 0)
    os.rename(world.path("real.key"), world.path("master.key"))


def devices(world, checks):
    """What never ends, or never begins, is not waited for where a file is wanted."""
    world.put(world.good)
    os.mkfifo(world.path("pipe"))
    inputs = {
        "a database": ["session", "list", "--db"], "a backup": ["backup", "verify"],
    }
    for name, arguments in inputs.items():
        for path in ("pipe", "/dev/zero", "/dev/null", "/dev/tty", "/proc/self/mem"):
            try:
                result = world.run(*arguments, world.path(path) if path == "pipe" else path)
            except subprocess.TimeoutExpired:
                checks.that(f"{path} for {name}", False, "hangs")
                continue
            checks.error(f"{path} for {name}: 65, 66 or 77", result, result.code if result.code in (65, 66, 77) else 65)
    for name, arguments in {"a key": ["key", "import", "/dev/zero", "--until", "1d", *WHY],
                            "a denylist": ["denylist", "import", "/dev/zero", *WHY],
                            "a checkpoint": ["audit", "verify", "--trust", "x" * 43, "--checkpoint", "/dev/zero"],
                            "a script": ["shell", "--file", "/dev/zero"],
                            "a master key": ["session", "create", "--user", "a", "--with-tokens", "--master-key", "/dev/zero"],
                            }.items():
        result = world.run(*arguments)
        checks.that(f"/dev/zero for {name} is refused", result.code in (64, 65, 77) and result.flaw is None, str(result))
    os.remove(world.path("pipe"))


def others(world, checks):
    """Files and directories of others: told by doctor, refused where it cannot be made good."""
    def doctor(name):
        found = world.run("doctor", "--json")
        return {one["check"]: one["answer"] for one in found.json["checks"]}[name]

    world.put(world.good)
    for mode, wanted in ((0o755, "ok"), (0o775, "warning"), (0o777, "critical")):
        os.chmod(world.folder, mode)
        checks.equal(f"doctor on a directory of mode {mode:o}", doctor("directory_permissions"), wanted)
    os.chmod(world.folder, 0o755)
    for mode, wanted in ((0o600, "ok"), (0o640, "warning"), (0o644, "critical"), (0o666, "critical")):
        os.chmod(world.path("tokens.db"), mode)
        checks.equal(f"doctor on a database of mode {mode:o}", doctor("file_permissions"), wanted)
    os.chmod(world.path("tokens.db"), 0o600)
    os.chmod(world.path("master.key"), 0o640)
    checks.error("a master key that the group reads: 77", world.run("session", "create", "--user", "a", "--with-tokens"), 77)
    os.chmod(world.path("master.key"), 0o600)
    if os.geteuid() != 0:
        print("     not root: files of other owners were not tried")
        return
    for name in ("tokens.db", "master.key"):
        os.chmod(world.path(name), 0o644)
    os.chmod(world.folder, 0o777)
    reading = world.run("session", "list", nobody=True)
    writing = world.run("session", "create", "--user", "a", nobody=True)
    checks.equal("another user's database can be read where its mode lets one", reading.code, 0)
    checks.error("and not written: 77", writing, 77)
    os.chmod(world.path("master.key"), 0o600)
    # A directory that belongs to somebody, in which they prepared the place where a store is to be made.
    os.makedirs(world.path("theirs/tokens.db.new"))
    os.chown(world.path("theirs/tokens.db.new"), 65534, 65534)
    checks.error("a draft of another's is not used: 73", world.run("init", "--db", world.path("theirs/tokens.db")), 73)
    os.chmod(world.folder, 0o755)
    os.chmod(world.path("tokens.db"), 0o600)


def main():
    binary = sys.argv[1]
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 150
    seed = int(os.environ.get("SEED", "20261121"))
    checks = Checks()
    if "TMPDIR" not in os.environ and os.path.isdir("/dev/shm") and os.access("/dev/shm", os.W_OK):
        tempfile.tempdir = "/dev/shm"
    with HostileWorld(binary, "--issuer", "https://login.example.org") as world:
        world.fill()
        hostile_schemas(world, checks)
        links(world, checks)
        devices(world, checks)
        others(world, checks)
        mutants(world, checks, count, seed)
    checks.end()


if __name__ == "__main__":
    main()
