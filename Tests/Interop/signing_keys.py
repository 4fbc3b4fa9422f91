"""Signing keys by real processes: rotations at the same time, rewraps that are killed, sealed keys in the wrong place.

usage: signing_keys.py TOKENCTL [PROCESSES [ROUNDS [KILLS]]]      50 processes, 1 round, 12 kills unless said otherwise

Sealed keys are opened with the `jose` command, so that it is not tokenctl that says whether they open.
"""

import glob
import json
import os
import random
import sqlite3
import subprocess
import sys
import time

from harness import Checks, World

# On a busy machine fifty processes take their time to come to the gate.
LOCK = ["--lock-timeout", "10m"]
DEADLINE = 600
SEED = int(os.environ.get("SEED", time.time()))
REASON = ["--reason", "test", "--yes"]


def database(world, statement, *values):
    connection = sqlite3.connect(world.path("tokens.db"), timeout=DEADLINE, isolation_level=None)
    try:
        return connection.execute(statement, values).fetchall()
    finally:
        connection.close()


def has_open(process, path):
    """Whether it has the file open, or has ended."""
    folder = f"/proc/{process.pid}/fd"
    try:
        return process.poll() is not None or path in (os.readlink(f"{folder}/{entry}") for entry in os.listdir(folder))
    except OSError:
        return False  # a descriptor closed meanwhile: look again


def at_once(world, count, *arguments):
    """The answers of `count` processes. A writer holds the store until each has opened it and decided what to do, so none
    knows of another's work when it decides."""
    gate = sqlite3.connect(world.path("tokens.db"), timeout=DEADLINE, isolation_level=None)
    gate.execute("BEGIN IMMEDIATE")
    processes = [world.start(*arguments, *LOCK) for _ in range(count)]
    for process in processes:
        process.stdin.close()
        process.stdin = None
    deadline = time.monotonic() + DEADLINE
    while time.monotonic() < deadline and not all(has_open(p, world.path("tokens.db")) for p in processes):
        time.sleep(0.05)
    time.sleep(0.5)
    gate.execute("ROLLBACK")
    gate.close()
    answers = []
    for process in processes:
        out, err = process.communicate(timeout=DEADLINE)
        answers.append((process.returncode, json.loads(out) if out.strip() else {}, err.strip()))
    return answers


def rotations(checks, binary, count, rounds):
    """The daily line, and the plain rotation of somebody impatient, by many at once."""
    with World(binary, "--issuer", "https://login.example.org", "--audience", "api") as world:
        for number in range(1, rounds + 1):
            arguments = ["key", "rotate", "--json"]
            if number % 2 == 0:
                time.sleep(1.1)
                arguments += ["--if-older-than", "1s"]
            # Verifiers have known the standby for long: it takes over at once, and not in ten minutes.
            database(world, "UPDATE signing_key SET known_at = created_at WHERE known_at IS NOT NULL")
            before = world.run("key", "list", "--json").json["items"]
            answers = at_once(world, count, *arguments)
            keys = world.run("key", "list", "--json").json["items"]
            named = f"{count} rotations at once, round {number}: "
            checks.equal(named + "each ends in 0", [a for a in answers if a[0] != 0][:3], [])
            # Another may publish for it, before it comes to do so itself.
            promoted = [item["id"] for a in answers for item in a[1].get("items", []) if item.get("note") == "promoted"]
            standby = next(key["kid"] for key in before if key["state"] == "standby")
            checks.equal(named + "one rotates", promoted, [standby])
            checks.equal(named + "the standby signs", [k["kid"] for k in keys if k["state"] == "active"], [standby])
            checks.equal(named + "one key was made, to stand by",
                         ([k["state"] for k in keys].count("standby"), len(keys)), (1, len(before) + 1))
            with open(world.path("tokens.jwks.json"), encoding="utf-8") as file:
                checks.equal(named + "the key set is published", {k["kid"] for k in json.load(file)["keys"]},
                             {k["kid"] for k in keys})
        events = [e for e in world.run("audit", "list", "--limit", "10000", "--json").json["items"]
                  if e["verb"] == "key.rotate"]
        checks.equal("the record has one event a rotation", len(events), rounds)
        checks.equal("the audit record is whole", world.run("audit", "verify").code, 0)


def sealed(world):
    return [row for row, in database(
        world, "SELECT sealed FROM signing_key WHERE sealed IS NOT NULL UNION ALL SELECT identity_sealed FROM store")]


def opens(text, master_key):
    return subprocess.run(["jose", "jwe", "dec", "-i-", "-k", master_key, "-O-"], input=text.encode(),
                          capture_output=True, timeout=60, check=False).returncode == 0


def killed_rewraps(checks, binary, kills):
    """Killed at any instant, all keys are under one master key, and the store finds it."""
    chance = random.Random(SEED)
    torn, lost, masters = [], [], set()
    with World(binary, "--issuer", "https://login.example.org", "--audience", "api") as world:
        for _ in range(3):
            world.run("key", "generate")
        began = time.monotonic()
        world.run("key", "rewrap", *REASON)
        takes = time.monotonic() - began
        for number in range(kills):
            process = world.start("key", "rewrap", *REASON)
            time.sleep(chance.uniform(0, takes * 1.2))
            process.kill()
            process.communicate(timeout=DEADLINE)
            files = glob.glob(world.path("master.key*"))
            rows = sealed(world)
            fitting = [name for name in files if all(opens(row, name) for row in rows)]
            if not fitting:
                torn.append((number, [[opens(row, name) for row in rows] for name in files]))
            made = world.run("session", "create", "--user", f"user{number}", "--with-tokens", "-q")
            if made.code != 0:
                lost.append((number, str(made)))
            masters.add(json.dumps(sorted(database(world, "SELECT master_key_id FROM store"))))
        checks.equal(f"{kills} killed rewraps (seed {SEED}): all keys are under one master key, at hand", torn[:2], [])
        checks.equal("after each of them the store logs in and signs", lost[:2], [])
        checks.that("some were killed before their commit and some after", kills < 10 or 1 < len(masters) <= kills,
                    f"{len(masters)} master keys of {kills} rewraps")
        checks.equal("one that is left alone ends it", world.run("key", "rewrap", *REASON).code, 0)
        checks.that("and its key is in the place that all look at",
                    all(opens(row, world.path("master.key")) for row in sealed(world)))


def wrong_places(checks, binary):
    """Two stores that share a master key; each key stays the key of its own row."""
    named = ["--issuer", "https://login.example.org", "--audience", "api"]
    with World(binary, *named) as one, World(binary) as other:
        with open(one.path("master.key"), "rb") as file:
            other.write("master.key", file.read())
        checks.equal("another store under the same master key", other.run("init", *named).code, 0)
        foreign, = database(
            other, "SELECT kid, alg, public_jwk, sealed FROM signing_key ORDER BY id LIMIT 1")
        own, = database(one, "SELECT kid, alg, public_jwk, sealed FROM signing_key ORDER BY id LIMIT 1")
        issuing = ["session", "create", "--user", "a", "--with-tokens", "-q"]
        checks.equal("the signer signs before", one.run(*issuing).code, 0)
        database(one, "UPDATE signing_key SET sealed = ? WHERE kid = ?", foreign[3], own[0])
        checks.error("another store's sealed key in the row of ours does not open: 8", one.run(*issuing), 8)
        database(one, "UPDATE signing_key SET kid = ?, alg = ?, public_jwk = ?, sealed = ? WHERE kid = ?", *foreign, own[0])
        checks.error("nor does it with its whole row: 8", one.run(*issuing), 8)
        database(one, "UPDATE signing_key SET kid = ?, alg = ?, public_jwk = ?, sealed = ? WHERE kid = ?", *own, foreign[0])
        checks.equal("put back, it signs again", one.run(*issuing).code, 0)
        standby, = database(one, "SELECT sealed FROM signing_key WHERE kid <> ?", own[0])
        database(one, "UPDATE signing_key SET sealed = ? WHERE kid = ?", standby[0], own[0])
        checks.error("nor does the sealed half of another kid: 8", one.run(*issuing), 8)


def main():
    binary, *figures = sys.argv[1:]
    count, rounds, kills = [*map(int, figures), *[50, 1, 12][len(figures):]]
    checks = Checks()
    rotations(checks, binary, count, rounds)
    killed_rewraps(checks, binary, kills)
    wrong_places(checks, binary)
    checks.end()


if __name__ == "__main__":
    main()
