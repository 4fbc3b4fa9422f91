"""The example store that every trial starts from, copies of it, and what two states of it differ in."""

import contextlib
import json
import os
import shutil
import sqlite3
import sys
import time
from collections import Counter

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "Interop"))

from harness import Checks, Result, World  # noqa: E402, F401

REASON = ["--reason", "example", "--yes"]
DATABASE = "tokens.db"
#: What belongs to an open database, and means nothing without it.
BESIDE = (DATABASE + "-wal", DATABASE + "-shm")

ALL_KNOWN = "UPDATE signing_key SET known_at = created_at WHERE known_at IS NOT NULL"


class Example(World):
    """A small store in which every verb has something to do."""

    def __init__(self, binary):
        super().__init__(binary)
        self.made_at = time.monotonic()
        self.facts = {"folder": self.folder}
        self.settle()

    def done(self, *arguments, **options):
        result = self.run(*arguments, **options)
        if result.code:
            raise SystemExit(f"the example store, {' '.join(arguments[:2])}: {result}")
        return result

    def change(self, *statements):
        """What only time would bring."""
        database = sqlite3.connect(self.path(DATABASE))
        with database:
            for statement in statements:
                database.execute(statement)
        database.close()

    def settle(self):
        self.done("init", "--issuer", "https://login.example.org", "--audience", "api")
        for name in ("retention.ended", "refresh.grace"):
            self.done("policy", "set", name, "0s", *REASON)
        # A retiring key that may go, one that may come back, and a standby that can take over at once.
        self.change(ALL_KNOWN)
        self.done("key", "rotate")
        self.change(ALL_KNOWN, "UPDATE signing_schedule SET from_at = from_at - 7200000, created_at = created_at - 7200000",
                    "UPDATE signing_key SET created_at = created_at - 7200000, known_at = known_at - 7200000")
        self.done("key", "rotate")
        alice, phone, carol = (self.log_in(*who) for who in (("alice",), ("alice", "--device", "phone"), ("carol",)))
        spent = carol["refresh_token"]
        self.done("token", "refresh", "-", "--client", "web", stdin=spent)
        bob = self.done("session", "create", "--user", "bob", "--json").json
        dave = self.log_in("dave")
        self.done("session", "revoke", dave["session_id"], "--reason", "example")
        self.done("denylist", "add", "--jti", "kYV3-x", *REASON)
        self.done("denylist", "export", "--out", self.path("denylist.ndjson"))
        self.done("backup", "create", self.path("early.db"))
        self.write("legacy.secret", "correct horse battery staple, thirty-two bytes at least")
        self.write("public.jwk", {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})
        # The oldest of a state, the one that retired first.
        keys = {}
        for key in sorted(self.done("key", "list", "--json").json["items"], key=lambda key: key["created_at"]):
            keys.setdefault(key["state"], key["kid"])
        families = self.done("refresh", "list", "--user", "alice", "--json").json["items"]
        family = next(item["id"] for item in families if item["session_id"] == alice["session_id"])
        rules = self.done("denylist", "list", "--json").json["items"]
        self.facts |= {
            "alice_web": alice["session_id"], "alice_phone": phone["session_id"], "bob": bob["session_id"], "family": family,
            "refresh_token": alice["refresh_token"], "spent_token": spent, "access_token": alice["access_token"],
            "old": keys["retiring"], "active": keys["active"], "standby": keys["standby"],
            "rule": next(str(rule["id"]) for rule in rules if rule["scope"] == "token"),
        }
        # Everybody was last seen a while ago, so that any activity moves something; and a token issued now outlives those of
        # before, also within their second.
        self.change(ALL_KNOWN, "UPDATE signing_key SET latest_exp = latest_exp - 10000",
                    """UPDATE session SET last_seen_at = last_seen_at - 900000, alive_until = alive_until - 900000,
                           access_until = access_until - 10000 WHERE ended_at IS NULL""")
        self.saved = {}
        for name in os.listdir(self.folder):
            with open(self.path(name), "rb") as file:
                self.saved[name] = (os.stat(self.path(name)).st_mode & 0o777, file.read())

    def clear(self):
        os.chmod(self.folder, 0o755)
        for name in os.listdir(self.folder):
            path = self.path(name)
            shutil.rmtree(path) if os.path.isdir(path) and not os.path.islink(path) else os.unlink(path)

    def restore(self):
        for name, (mode, content) in self.saved.items():
            self.write(name, content, mode)

    @contextlib.contextmanager
    def open_elsewhere(self):
        """An application that has the store open: what is written stays in the log."""
        reader = self.start("token", "verify", "-", "--lines")
        try:
            reader.stdin.write("nonsense\n")
            reader.stdin.flush()
            deadline = time.monotonic() + 60
            while not os.path.exists(self.path(DATABASE + "-shm")) and time.monotonic() < deadline:
                time.sleep(0.002)
            yield
        finally:
            reader.communicate(timeout=60)

    @property
    def is_fresh(self):
        """Whether nothing in it can have expired meanwhile."""
        return time.monotonic() - self.made_at < 480


class Trial:
    """One verb, about to be called on the example store as it was made, in the folder in which it was made."""

    def __init__(self, example, verb):
        self.example, self.verb = example, verb
        self.arguments, self.input = verb.call(example.facts)
        self.path = example.path
        self.reset()

    def reset(self):
        self.example.clear()
        if not self.verb.founding:
            self.example.restore()
        for name in self.verb.without:
            os.unlink(self.path(name))

    @property
    def command(self):
        return [self.example.binary, *self.arguments]

    def call(self, *prefix, **options):
        """Runs it to its end, or what is left of it."""
        return self.example.launch([*prefix, *self.command], stdin=self.input.encode(), **options)

    def start(self):
        process = self.example.start(*self.arguments)
        process.stdin.write(self.input)
        process.stdin.close()
        process.stdin = None
        return process

    def rows(self):
        return rows(self.path(DATABASE))

    def outputs(self):
        return files(self.example.folder, self.verb.outputs)

    def strangers(self):
        """Names that neither the example nor the verb accounts for: drafts."""
        expected = (set() if self.verb.founding else set(self.example.saved)) | {DATABASE, *BESIDE, *self.verb.outputs}
        return sorted(name for name in os.listdir(self.example.folder)
                      if name not in expected and not is_old_master_key(name))


def is_old_master_key(name):
    """A rewrap keeps the key that it replaced, under its id."""
    return name.startswith("master.key.") and name != "master.key.next" and not name.endswith(".tmp")


def rows(path):
    """Every row of every table by its key; None where there is no database."""
    if not os.path.exists(path):
        return None
    database = sqlite3.connect(path, timeout=30)
    database.row_factory = sqlite3.Row
    try:
        database.execute("BEGIN")
        tables = [name for name, in database.execute(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")]
        return {table: {tuple(row)[:key_length(database, table)]: dict(row)
                        for row in database.execute(f"SELECT * FROM {table}")} for table in tables}
    finally:
        database.close()


KEY_LENGTHS = {}


def key_length(database, table):
    """How many of the first columns are the key of the table."""
    if table not in KEY_LENGTHS:
        KEY_LENGTHS[table] = sum(1 for column in database.execute(f"PRAGMA table_info({table})") if column["pk"])
    return KEY_LENGTHS[table]


def flaws_of_file(path):
    """What SQLite finds wrong with a database."""
    database = sqlite3.connect(path, timeout=30)
    try:
        found = [row[0] for row in database.execute("PRAGMA integrity_check") if row[0] != "ok"]
        return found + [f"a reference of {row[0]} leads nowhere" for row in database.execute("PRAGMA foreign_key_check")]
    except sqlite3.DatabaseError as error:
        return [str(error)]
    finally:
        database.close()


def change(before, after):
    """What happened between two states of the rows, without times, random bytes and ids: comparable from run to run."""
    if after is None:
        return "absent"
    happened = Counter()
    before = before or {}
    for table in after.keys() | before.keys():
        old, new = before.get(table, {}), after.get(table, {})
        # Tokens are counted by the hour of their end: a row more, or one that counts more.
        if table == "issued":
            happened[table, "counted"] = sum(row["tokens"] for row in new.values()) - sum(row["tokens"] for row in old.values())
            continue
        happened[table, "added"] += len(new.keys() - old.keys())
        happened[table, "removed"] += len(old.keys() - new.keys())
        for key in old.keys() & new.keys():
            columns = tuple(sorted(name for name, value in new[key].items() if old[key][name] != value))
            if columns:
                happened[table, "changed", columns] += 1
    return frozenset((what, count) for what, count in happened.items() if count)


def files(folder, names):
    """For each file that a verb makes: its content, None where it is absent."""
    found = {}
    for name in names:
        try:
            with open(os.path.join(folder, name), "rb") as file:
                found[name] = file.read()
        except FileNotFoundError:
            found[name] = None
    return found


def flaw_of_output(path, content):
    """What is wrong with a file that a verb has given its name: it has it when it is whole."""
    if content is None:
        return None
    name = os.path.basename(path)
    try:
        if name.endswith("jwks.json") or name == "set.json":
            return None if json.loads(content)["keys"] else "no keys"
        if name.endswith(".ndjson"):
            return None if [json.loads(line) for line in content.splitlines()] else "empty"
        if name.endswith(".jws"):
            return None if content.count(b".") == 2 and content.endswith(b"\n") else "cut off"
        if name.endswith(".pem"):
            return None if content.rstrip().endswith(b"-----END PRIVATE KEY-----") else "cut off"
        if name.endswith(".prom"):
            return None if content.endswith(b"\n") else "cut off"
        if name == "master.key":
            return None if json.loads(content)["k"] else "no key"
        if name.endswith(".db"):
            return "; ".join(flaws_of_file(path)[:3]) or None
    except (ValueError, KeyError) as error:
        return str(error)
    return None


