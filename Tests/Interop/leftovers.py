"""No raw secret outlives the line that printed it: a full run, and then every byte it left behind is searched.

usage: leftovers.py TOKENCTL      needs the sqlite3 shell to hold the log open

Looked for are the tokens as printed, their secrets as bytes, hex and base64, and the master key; looked at are the
database, its log and shared memory while open, a copy and a backup, the key set, every line on standard error, every
listing and the audit record, the exports, and whatever the run left in its home and temporary folders, with the history
of a shell into which secrets were typed.
"""

import base64
import os
import pty
import re
import select
import subprocess
import sys

from harness import DEADLINE, Checks, World

DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"


def crockford(text):
    value = 0
    for character in text:
        value = value << 5 | DIGITS.index(character)
    spare = len(text) * 5 % 8
    return (value >> spare).to_bytes((len(text) * 5 - spare) // 8, "big")


class Secrets:
    def __init__(self):
        self.needles = {}

    def add(self, name, secret):
        """A secret in the forms in which it might have been written down."""
        raw = secret if isinstance(secret, bytes) else secret.encode()
        forms = {"raw": raw, "hex": raw.hex().encode(), "HEX": raw.hex().upper().encode(),
                 "base64": base64.b64encode(raw).rstrip(b"="), "base64url": base64.urlsafe_b64encode(raw).rstrip(b"=")}
        for form, needle in forms.items():
            self.needles[f"{name}, {form}"] = needle

    def token(self, name, text):
        self.add(name, text)
        kind, body = text[:4], crockford(text[4:])
        # prefix, id (5 bytes), generation of a refresh token (4), secret (32), …
        start = 9 if kind == "tkr_" else 5
        self.add(f"{name}'s secret", body[start:start + 32])

    def jwt(self, name, text):
        self.add(name, text)
        self.add(f"{name}'s signature", text.split(".")[2])

    def found_in(self, data):
        return [name for name, needle in self.needles.items() if needle in data]


def full_run(world, secrets, said):
    def run(*arguments, **options):
        result = world.run(*arguments, **options)
        said.append(result.err)
        return result

    def log_in(user, *options):
        made = run("session", "create", "--user", user, "--client", "web", "--json", *options).json
        for kind in ("session_token", "refresh_token"):
            if made.get(kind):
                secrets.token(f"{user}'s {kind}", made[kind])
        if made.get("access_token"):
            secrets.jwt(f"{user}'s access token", made["access_token"])
        return made

    why = ["--reason", "INC-481", "--yes"]
    alice = log_in("alice", "--with-tokens", "--ip", "192.0.2.1", "--data", '{"role":"admin"}')
    bob = log_in("bob", "--with-tokens")
    carol = log_in("carol")
    token = alice["refresh_token"]
    for turn in range(3):
        pair = run("token", "refresh", "-", "--json", stdin=token).json
        token = pair["refresh_token"]
        secrets.token(f"alice's refresh token {turn + 2}", token)
        secrets.jwt(f"alice's access token {turn + 2}", pair["access_token"])
    again = run("session", "regenerate", carol["session_id"], "--json").json
    secrets.token("carol's new session token", again["session_token"])
    cookie = run("session", "regenerate", again["session_id"], "--cookie", "--json").json
    secrets.token("carol's cookie", re.search(r"tks_\w+", cookie["set_cookie"])[0])
    imported = b"0123456789abcdef-a-secret-of-an-application"
    secrets.add("an imported secret", imported)
    run("key", "import", "-", "--secret-format", "text", "--kid", "legacy", "--until", "1d", *why, stdin=imported)
    # Refused things are where a careless message would quote what it was given.
    for text in (token, bob["session_token"], alice["access_token"], token[:-1], token.upper(), f" {token}\n{token}"):
        for verb in (["token", "refresh", "-"], ["token", "verify", "-"], ["token", "inspect", "-"],
                     ["token", "introspect", "-"], ["denylist", "check", "-"], ["session", "show", "-"], ["session", "revoke", "-"],
                     ["user", "logout", "-", *why], ["key", "import", "-", "--kid", "bad", "--until", "1d", *why]):
            run(*verb, stdin=text)
        run("session", "show", text)
        run("token", "verify", text)
        run("session", "create", "--user", text)
        run("session", "list", "--user", text, "--json")
    run("token", "refresh", "-", stdin=alice["refresh_token"], TOKENCTL_OUTPUT="json")
    # Both take the log back into the file: what comes after them fills it again.
    run("key", "rotate")
    run("cleanup", "--older-than", "0s", "--reason", "test")
    run("denylist", "add", "--token", "-", *why, stdin=bob["access_token"])
    run("refresh", "revoke", "--user", "bob", "--reason", "INC-481")
    run("user", "logout", "carol", *why)
    listings = []
    for verb in (["session", "list", "--state", "all"], ["refresh", "list", "--state", "all"], ["user", "list"],
                 ["client", "list"], ["key", "list"], ["key", "export", "jwks"], ["denylist", "list"], ["audit", "list"],
                 ["policy", "list"], ["status"], ["user", "show", "alice"], ["client", "show", "web"], ["key", "timeline"],
                 ["doctor", "--deep"], ["stats"], ["stats", "--by", "ip"]):
        listings.append(run(*verb).out)
        listings.append(run(*verb, "--json").out)
    for session in (alice, bob, carol):
        listings.append(run("session", "show", session["session_id"], "--json").out)
    for export in (["metrics"], ["audit", "export"], ["audit", "checkpoint"], ["denylist", "export"]):
        listings.append(run(*export).out)
    listings.append(run("backup", "create", world.path("ours.db")).out)
    type_secrets(world, [token, bob["session_token"], alice["access_token"], token.upper()])
    return listings


def type_secrets(world, secrets):
    """A shell at a terminal, with each secret typed as an argument, as a line of its own and inside a word."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ.clear()
        os.environ.update(world.environment, TERM="dumb")
        os.execv(world.binary, [world.binary, "shell"])

    def until_prompt():
        seen = b""
        while not seen.endswith(b"> "):
            ready, _, _ = select.select([terminal], [], [], DEADLINE)
            if not ready:
                raise SystemExit(f"the shell came to no prompt: {seen!r}")
            seen += os.read(terminal, 4096)

    until_prompt()
    for line in ["status"] + [form.format(text) for text in secrets
                              for form in ("token verify {}", "{}", "session list --user x{}", "help {} # why")]:
        os.write(terminal, line.encode() + b"\n")
        until_prompt()
    os.write(terminal, b"exit\n")
    os.waitpid(pid, 0)
    os.close(terminal)


def main():
    checks, secrets, said = Checks(), Secrets(), []
    with World(sys.argv[1], "--alg", "ES256") as world:
        world.environment["TMPDIR"] = world.path("tmp")
        os.mkdir(world.path("tmp"))
        with open(world.path("master.key"), "rb") as file:
            for word in re.findall(rb"[A-Za-z0-9_+/=-]{40,}", file.read()):
                secrets.add("the master key", word.rstrip(b"="))
                try:
                    secrets.add("the master key's bytes", base64.urlsafe_b64decode(word + b"=" * (-len(word) % 4)))
                except ValueError:
                    pass
        # Holding the database open keeps the log from being taken back into the file when tokenctl closes.
        holder = subprocess.Popen(
            ["sqlite3", world.path("tokens.db")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        holder.stdin.write("SELECT count(*) FROM session;\n")
        holder.stdin.flush()
        holder.stdout.readline()
        listings = full_run(world, secrets, said)
        checks.that("there is a log to look at", os.path.getsize(world.path("tokens.db-wal")) > 0)
        checks.that("there are secrets to look for", len(secrets.needles) > 100, str(len(secrets.needles)))
        looked_at = set()
        for folder, _, names in os.walk(world.folder):
            for name in names:
                if name == "master.key":
                    continue
                with open(os.path.join(folder, name), "rb") as file:
                    found = secrets.found_in(file.read())
                looked_at.add(name)
                checks.equal(f"no secret in {name}", found, [])
        expected = {"tokens.db", "tokens.db-wal", "tokens.db-shm", "tokens.jwks.json", "ours.db", "history"}
        checks.equal("database, log, shared memory, key set, backup and history were all there", expected - looked_at, set())
        with open(world.path(".local/state/tokenctl/history"), encoding="utf-8") as file:
            checks.equal("the history holds what was no secret", file.read().split(), ["status", "exit"])
        checks.equal("no secret on standard error", secrets.found_in("\n".join(said).encode()), [])
        checks.equal("no secret in any listing", secrets.found_in("\n".join(listings).encode()), [])
        # The search itself: it finds what is there.
        planted = b"before " + next(iter(secrets.needles.values())) + b" after"
        checks.that("a planted secret is found", len(secrets.found_in(planted)) > 0)
        holder.stdin.close()
        holder.wait(timeout=60)
    checks.end()
    sys.exit(1 if checks.failed else 0)


if __name__ == "__main__":
    main()
