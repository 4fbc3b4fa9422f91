"""Many processes write at once: nobody is told that the store is busy, and whoever was told of success finds it in the store.

usage: crowd.py TOKENCTL [PROCESSES [ROUNDS]]      24 processes, 1 round unless said otherwise

All with the standard patience: logins with and without tokens, refreshes, rules, policies.
"""

import json
import os
import sqlite3
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "Interop"))

from harness import Checks, World  # noqa: E402

REASON = ["--reason", "crowd", "--yes", "--json"]
WAYS = 5


def ask(world, question):
    database = sqlite3.connect(world.path("tokens.db"), timeout=60)
    try:
        return database.execute(question).fetchone()[0]
    finally:
        database.close()


def command(number, token):
    """What the process of that number does, what it reads, and what the store has one more of afterwards."""
    match number % WAYS:
        case 0: return ["session", "create", "--user", f"user{number}", "--client", "web", "--json"], "", "session"
        case 1: return ["session", "create", "--user", f"user{number}", "--with-tokens", "--json"], "", "refresh_family"
        case 2: return ["token", "refresh", "-", "--client", "web", "--json"], token, "spent"
        case 3: return ["denylist", "add", "--jti", f"jti-{number}", *REASON], "", "deny_rule"
        case _: return ["token", "issue", "--user", f"app{number}", "--json"], "", "user"


COUNTS = {
    "session": "SELECT count(*) FROM session", "refresh_family": "SELECT count(*) FROM refresh_family",
    "deny_rule": "SELECT count(*) FROM deny_rule", "user": "SELECT count(*) FROM user WHERE subject LIKE 'app%'",
    "spent": "SELECT sum(generation - 1) FROM refresh_family", "audit_event": "SELECT count(*) FROM audit_event",
    "tokens": "SELECT sum(tokens) FROM issued",
}


def crowd(checks, world, count, number):
    tokens = {one: world.log_in(f"holder{one}")["refresh_token"] for one in range(2, count, WAYS)}
    before = {name: ask(world, question) for name, question in COUNTS.items()}
    processes = []
    for one in range(count):
        words, text, what = command(one + number * count * WAYS, tokens.get(one, ""))
        process = world.start(*words)
        if not text:
            process.stdin.close()
            process.stdin = None
        processes.append((process, text, what))
    for process, text, _ in processes:
        if text:
            process.stdin.write(text)
            process.stdin.close()
            process.stdin = None
    ended = {name: 0 for name in COUNTS}
    failed = []
    for process, _, what in processes:
        out, err = process.communicate(timeout=600)
        if process.returncode != 0 or not json.loads(out):
            failed.append((process.returncode, err.strip()[:200]))
            continue
        ended[what] += 1
        ended["session"] += what == "refresh_family"
        ended["audit_event"] += what == "deny_rule"
        ended["tokens"] += what in ("refresh_family", "spent", "user")
    after = {name: ask(world, question) for name, question in COUNTS.items()}
    said = f"{count} processes at once, round {number + 1}"
    checks.equal(f"{said}: none fails, none hears of a busy store", failed[:3], [])
    checks.equal(f"{said}: every success is in the store", {name: after[name] - before[name] for name in COUNTS}, ended)


def main():
    binary, *figures = sys.argv[1:]
    count, rounds = [*map(int, figures), *[24, 1][len(figures):]]
    checks = Checks()
    with World(binary, "--issuer", "https://login.example.org", "--audience", "api") as world:
        for number in range(rounds):
            crowd(checks, world, count, number)
        checks.equal("the audit record is whole", world.run("audit", "verify").code, 0)
        checks.equal("and the file", ask(world, "PRAGMA integrity_check"), "ok")
    checks.end()


if __name__ == "__main__":
    main()
