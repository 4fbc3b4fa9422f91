"""An application written from docs/integration.md alone: its code blocks, as they stand there, against a real store.

usage: integration.py TOKENCTL      with the packages of requirements.txt; Node where there is one
"""

import base64
import grp
import importlib
import json
import os
import re
import shutil
import subprocess
import sys
import time

from harness import Checks, World

ISSUER, AUDIENCE = "https://login.example.org", "api"
PAGE = os.path.join(os.path.dirname(__file__), "..", "..", "docs", "integration.md")
ACT = ("--reason", "test", "--yes")

# Tokens come a line of JSON each, and so do the answers: the subject, or why not.
NODE_APP = """
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { Checker } from './checker.mjs'
for await (const line of createInterface({ input: process.stdin })) {
  const { token, set, snapshot, issuer, audience, thumbprint, ahead } = JSON.parse(line)
  let answer
  try {
    const clock = () => Date.now() / 1000 + ahead
    const checker = new Checker(readFileSync(set), readFileSync(snapshot), issuer, audience, thumbprint, clock)
    answer = checker.check(token).sub
  } catch (error) {
    answer = `${error.constructor.name}: ${error.message}`
  }
  console.log(JSON.stringify(answer))
}
"""


def extract(world):
    """Writes every code block whose first line names a file."""
    with open(PAGE, encoding="utf-8") as page:
        blocks = re.findall(r"^```\w+\n(?:#|//) (\w+\.\w+)\n(.*?)^```$", page.read(), re.M | re.S)
    for name, code in blocks:
        world.write(name, code)
    return [name for name, _ in blocks]


class PythonApp:
    name = "Python"

    def __init__(self, world):
        sys.path.insert(0, world.folder)
        self.module = importlib.import_module("checker")

    def ask(self, question):
        try:
            with open(question["set"]) as key_set, open(question["snapshot"], "rb") as snapshot:
                checker = self.module.Checker(
                    key_set.read(), snapshot.read(), question["issuer"], question["audience"], question["thumbprint"],
                    clock=lambda: time.time() + question["ahead"])
            return checker.check(question["token"])["sub"]
        except (self.module.Refused, ValueError, KeyError) as error:
            return f"{type(error).__name__}: {error}"

    def close(self):
        pass


class NodeApp:
    name = "Node"

    def __init__(self, world):
        self.process = subprocess.Popen(
            ["node", world.write("app.mjs", NODE_APP)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, question):
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.wait(timeout=60)


class Site:
    """A store, and what its verifiers elsewhere hold of it."""

    def __init__(self, world):
        self.world = world
        self.question = {
            "set": world.path("set.json"), "snapshot": world.path("denylist.ndjson"), "issuer": ISSUER,
            "audience": AUDIENCE, "ahead": 0, "thumbprint": "",
        }
        self.publish()

    def publish(self):
        """Gives out key set and snapshot as they are now."""
        self.ran("key", "export", "jwks", "--out", self.question["set"])
        made = self.ran("denylist", "export", "--out", self.question["snapshot"], "--if-changed")
        found = re.search(r"signed by the identity (\S+)", made.err)
        self.question["thumbprint"] = found.group(1) if found else self.question["thumbprint"]

    def ran(self, *arguments, **options):
        result = self.world.run(*arguments, **options)
        if result.code:
            raise SystemExit(f"{arguments}: {result}")
        return result

    def issue(self, user, *options):
        return self.ran("token", "issue", "--user", user, *options).out.strip()

    def claims(self, token):
        return json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))

    def kid(self, token):
        return json.loads(base64.urlsafe_b64decode(token.split(".")[0] + "=="))["kid"]


def renamed(token, **members):
    """The token under another header."""
    header, rest = token.split(".", 1)
    header = json.loads(base64.urlsafe_b64decode(header + "==")) | members
    return base64.urlsafe_b64encode(json.dumps(header).encode()).rstrip(b"=").decode() + "." + rest


def twin(token):
    """The other signature that ECDSA knows for the same token: (r, n - s)."""
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    head, signature = token.rsplit(".", 1)
    raw = base64.urlsafe_b64decode(signature + "==")
    other = raw[:32] + (order - int.from_bytes(raw[32:], "big")).to_bytes(32, "big")
    return head + "." + base64.urlsafe_b64encode(other).rstrip(b"=").decode()


def check_tokens(checks, site, apps):
    """Good and bad tokens, before anything is denied."""
    good = site.issue("alice")
    short = site.issue("alice", "--ttl", "1s")
    other_audience = site.issue("alice")
    def all_say(name, token, wanted, **question):
        for app in apps:
            got = app.ask(site.question | {"token": token} | question)
            checks.that(f"{app.name}: {name}", got == "alice" if wanted is None else got.split(":")[0] == wanted, got)
    site.publish()
    all_say("a good token", good, None)
    time.sleep(1.1)
    all_say("an expired one", short, "Refused")
    all_say("for another audience", other_audience, "Refused", audience="billing")
    all_say("of another issuer", good, "Refused", issuer="https://other.example")
    all_say("under another algorithm", renamed(good, alg="EdDSA"), "Refused")
    all_say("without an algorithm", renamed(good, alg="none").rsplit(".", 1)[0] + ".", "Refused")
    all_say("with crit", renamed(good, crit=["exp"]), "Refused")
    all_say("of another type", renamed(good, typ="JWT"), "Refused")
    all_say("of an unknown key", renamed(good, kid="nobody"), "Refused")
    all_say("with another signature", good[:-10] + "A" * 10, "Refused")
    for bad in ("", "a.b.c", "hello", good + ".", good + "=", good.replace(".", ".."), good + "\n"):
        all_say(f"no token: {bad[:8]!r}", bad, "Refused")
    all_say("a token issued an hour from now", good, "Refused", ahead=-3600)
    all_say("any token once the snapshot is too old", good, "Refused", ahead=599)
    # Fails closed for that reason, while the token would be good for another five minutes.
    for app in apps:
        got = app.ask(site.question | {"token": good, "ahead": 601})
        checks.that(f"{app.name}: says that it fails closed", "too old" in got, got)


def check_denials(checks, site, apps):
    """Every scope and both floors, each known after the next export and not before; a twin stays denied."""
    run = site.ran
    login = site.world.log_in("scope-session")
    old_key = site.kid(login["access_token"])

    def denied(name, token, act, other):
        for app in apps:
            got = app.ask(site.question | {"token": token})
            checks.that(f"{app.name}: {name} is good before", not got.startswith("Refused"), got)
        act()
        for app in apps:
            got = app.ask(site.question | {"token": token})
            checks.that(f"{app.name}: {name} is good until the next export", not got.startswith("Refused"), got)
        site.publish()
        for app in apps:
            for kind, text in (("", token), (" under its other signature", twin(token))):
                got = app.ask(site.question | {"token": text})
                checks.that(f"{app.name}: {name}{kind} is denied after", "denied by" in got, got)
            if other:
                got = app.ask(site.question | {"token": other})
                checks.that(f"{app.name}: {name} leaves others alone", not got.startswith("Refused"), got)

    bob = site.issue("bob")
    one = site.issue("alice")
    site.publish()
    denied("a token by its jti", one, lambda: run("denylist", "add", "--jti", site.claims(one)["jti"], *ACT), bob)
    denied("a session", login["access_token"], lambda: run("session", "revoke", login["session_id"], *ACT), bob)
    two = site.issue("zo\u00eb, \"x\"")
    denied("a user of any name", two, lambda: run("denylist", "add", "--user", "zo\u00eb, \"x\"", *ACT), bob)
    three = site.issue("carol", "--client", "kiosk")
    denied("a client", three,
           lambda: run("denylist", "add", "--client", "kiosk", *ACT, "--confirm", "kiosk"), bob)
    kept = site.world.log_in("dora")["access_token"]
    denied("a client's floor", kept, lambda: run("client", "logout", "web", *ACT, "--confirm", "web"), bob)
    # The rule goes with its last token; the floor stays, and is told in every export.
    rules = {rule["scope"]: rule for rule in map(json.loads, open(site.question["snapshot"]).read().splitlines()[1:-1])
             if rule["matches_until"] is None}
    checks.that("a floor is among the rules, for ever", "client" in rules, rules)
    denied("everyone's floor", bob, lambda: run("session", "revoke", "--all", *ACT, "--confirm", "everyone"), None)
    time.sleep(1.1)
    fresh = site.issue("bob")
    for app in apps:
        got = app.ask(site.question | {"token": fresh})
        checks.that(f"{app.name}: what is issued after a floor is good", got == "bob", got)
    run("key", "revoke", old_key, "--cause", "test", "--replace", *ACT, "--confirm", old_key)
    site.publish()
    for app in apps:
        got = app.ask(site.question | {"token": fresh})
        checks.that(f"{app.name}: a revoked key's token is refused", got.startswith("Refused"), got)


def check_snapshots(checks, site, apps):
    """What was altered, cut, swapped or signed by another is no snapshot."""
    token = site.issue("alice")
    site.publish()
    with open(site.question["snapshot"], "rb") as file:
        good = file.read()
    with World(site.world.binary, "--issuer", ISSUER, "--audience", AUDIENCE) as stranger:
        stranger.run("denylist", "export", "--out", stranger.path("other"))
        with open(stranger.path("other"), "rb") as file:
            other = file.read()
    lines = good.splitlines(keepends=True)
    for name, bad in {
        "with a rule less": lines[0] + b"".join(lines[2:]),
        "with a later end": re.sub(rb'"expires_at":\d', b'"expires_at":9', good),
        "of another store": other, "cut": good[:-40], "without a signature": b"".join(lines[:-1]),
        "with a rule behind the signature": good + lines[1],
    }.items():
        path = site.world.write("bad.ndjson", bad)
        for app in apps:
            got = app.ask(site.question | {"token": token, "snapshot": path})
            checks.that(f"{app.name}: no snapshot {name}", got != "alice" and "too old" not in got, got)
    for app in apps:
        got = app.ask(site.question | {"token": token})
        checks.equal(f"{app.name}: the one that they were made from", got, "alice")


def check_views(checks, site):
    """sessions.py, by SQL."""
    sessions = importlib.import_module("sessions")
    database = sessions.connect(site.world.path("tokens.db"))
    login = site.world.log_in("erin", "--data", '{"role":"clerk"}')
    claims, kid = site.claims(login["access_token"]), site.kid(login["access_token"])
    checks.equal("SQL: a good token is not denied", sessions.denial(database, claims, kid), None)
    found = sessions.session_by_id(database, login["session_id"])
    checks.equal("SQL: its session is found by sid", found and found["user"], "erin")
    checks.equal("SQL: and its attributes", json.loads(found["data"]), {"role": "clerk"})
    by_token = sessions.session_by_token(database, login["session_token"])
    checks.equal("SQL: a browser's token opens it", by_token and by_token["id"], found["id"])
    secret = login["session_token"]
    for bad in (secret[:-1], secret[:20] + ("0" if secret[20] != "0" else "1") + secret[21:], "tks_", "", "hello",
                login["refresh_token"], login["session_id"]):
        checks.equal(f"SQL: {bad[:4]!r} of {len(bad)} opens nothing", sessions.session_by_token(database, bad), None)
    many = [site.world.log_in("erin")["session_id"] for _ in range(3)]
    checks.equal("SQL: sessions are found each by its own id",
                 [sessions.session_by_id(database, one)["id"] - found["id"] for one in many], [1, 2, 3])
    checks.equal("SQL: the live sessions of a user",
                 database.execute("SELECT count(*) FROM live_session WHERE user = 'erin'").fetchone()[0], 4)
    site.ran("session", "revoke", login["session_id"], *ACT)
    checks.equal("SQL: an ended session is none", sessions.session_by_id(database, login["session_id"]), None)
    checks.equal("SQL: nor by its token", sessions.session_by_token(database, login["session_token"]), None)
    checks.equal("SQL: its token is denied", sessions.denial(database, claims, kid), "session")
    other = site.world.log_in("frank")
    site.ran("client", "logout", "web", *ACT, "--confirm", "web")
    checks.equal("SQL: a floor ends sessions", sessions.session_by_id(database, other["session_id"]), None)
    checks.equal("SQL: and denies tokens", sessions.denial(database, site.claims(other["access_token"]),
                                                           site.kid(other["access_token"])), "client")
    site.ran("denylist", "remove", *ACT, "--expect-count", "1", "--",
             *[rule["id"] for rule in site.ran("denylist", "list", "--client", "web", "--json").json["items"]])
    checks.equal("SQL: the floor denies without its rule", sessions.denial(database, site.claims(other["access_token"]),
                                                                           site.kid(other["access_token"])), "client")
    now = database.execute("SELECT now FROM store_now").fetchone()[0]
    checks.that("SQL: the store's time is that of the clock", abs(now - time.time() * 1000) < 2000, now)
    for write in ("DELETE FROM deny_rule", "INSERT INTO denied VALUES ('user', 'x', 1, 1, 1, 'x')"):
        try:
            database.execute(write)
            checks.that(f"SQL: {write[:6]} is refused", False)
        except Exception as error:  # sqlite3's own, by a name that the module imports
            checks.that(f"SQL: {write[:6]} is refused", type(error).__name__ == "OperationalError", error)
    database.close()


def check_group(checks, binary):
    """What `init --group` opens to its members and to nobody else; only root can try to be somebody else."""
    if os.geteuid() != 0 or not shutil.which("setpriv"):
        print("note: not root, so nobody else's reading was tried")
        return
    member = grp.getgrnam("games").gr_gid
    with World(binary) as world:
        os.mkdir(world.path("shared"))
        os.chown(world.path("shared"), 0, member)
        os.chmod(world.path("shared"), 0o2770)
        database = world.path("shared/tokens.db")
        made = world.run("--db", database, "init", "--group", "games")
        checks.equal("init --group makes a store", made.code, 0)
        world.run("--db", database, "session", "create", "--user", "alice")
        extract(world)
        os.chmod(world.path("sessions.py"), 0o644)
        program = "import sys, sessions; print(len(sessions.connect(sys.argv[1]).execute('SELECT * FROM live_session').fetchall()))"
        for name, group, wanted in (("a member of the group reads it", member, "1"), ("nobody else does", 65534, "")):
            read = subprocess.run(
                ["setpriv", "--reuid=65534", f"--regid={group}", "--clear-groups", "--", "/usr/bin/python3", "-c", program,
                 database], capture_output=True, text=True, cwd=world.folder, timeout=60)
            checks.equal(f"SQL: {name}", read.stdout.strip(), wanted)


def main():
    checks, binary = Checks(), sys.argv[1]
    with World(binary, "--issuer", ISSUER, "--audience", AUDIENCE) as world:
        names = extract(world)
        checks.equal("the page has its programs", sorted(names), ["checker.mjs", "checker.py", "sessions.py"])
        apps = [PythonApp(world)]
        if shutil.which("node"):
            apps.append(NodeApp(world))
        else:
            print("note: no node here, so the JavaScript of the page was not run")
        site = Site(world)
        check_tokens(checks, site, apps)
        check_snapshots(checks, site, apps)
        check_denials(checks, site, apps)
        check_views(checks, site)
        for app in apps:
            app.close()
    for algorithm in ("EdDSA", "RS256", "PS256"):
        with World(binary, "--issuer", ISSUER, "--audience", AUDIENCE, "--alg", algorithm) as world:
            extract(world)
            sys.modules.pop("checker", None)
            apps = [PythonApp(world)] + ([NodeApp(world)] if shutil.which("node") else [])
            site = Site(world)
            token = site.issue("alice")
            for app in apps:
                got = app.ask(site.question | {"token": token})
                checks.equal(f"{app.name}: a token signed with {algorithm}", got, "alice")
                app.close()
    check_group(checks, binary)
    checks.end()


if __name__ == "__main__":
    main()
