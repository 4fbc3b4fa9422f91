"""Bad input and hostile surroundings, by real processes: each ends in its exit code and one clear error.

usage: processes.py TOKENCTL      needs the sqlite3 shell, and as root setpriv
"""

import base64
import hashlib
import hmac
import json
import os
import random
import stat
import subprocess
import sys
import time

from harness import Checks, World

SEED = 20261121
SECRET = "0123456789abcdef0123456789abcdef"
DENIAL = ["--reason", "INC-481"]


def encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def text(value):
    """JSON as written here: a dict, or the very text."""
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))


def signed(header, claims):
    """A token whose signature is right, whatever the header says: HS256 with the secret that the store knows."""
    body = f"{encoded(text(header).encode())}.{encoded(text(claims).encode())}"
    return f"{body}.{encoded(hmac.digest(SECRET.encode(), body.encode(), hashlib.sha256))}"


def sqlite(path, sql):
    return subprocess.run(["sqlite3", path, sql], capture_output=True, check=True, text=True).stdout.strip()


def mode(path):
    return oct(stat.S_IMODE(os.stat(path).st_mode))


def hostile_tokens(checks, world):
    """Every token differs from one that is accepted in a single thing, and its signature is right for what it says."""
    imported = world.run(
        "key", "import", "-", "--secret-format", "text", "--kid", "legacy", "--until", "1d", "--client", "shop",
        *DENIAL, "--yes", stdin=SECRET)
    checks.that("imports the secret of an application", imported.code == 0, str(imported))
    now = int(time.time())
    header = {"alg": "HS256", "kid": "legacy", "typ": "JWT"}
    claims = {"sub": "carol", "iat": now, "exp": now + 600}
    good = signed(header, claims)
    checks.equal("the token that the others are made from is accepted", world.verdict(good), None)

    head, payload, signature = good.split(".")
    own = world.log_in("mallory")["access_token"]
    own_header = json.loads(base64.urlsafe_b64decode(own.split(".")[0] + "=="))
    public = json.loads(world.run("key", "export", "jwks").out)["keys"][0]

    def but(**changes):
        return signed(header | changes, claims)

    def saying(**changes):
        return signed(header, claims | changes)

    malformed = {
        "nothing but dots": "..", "one part": "abc", "four parts": f"{good}.x",
        "an empty header": f".{payload}.{signature}", "cut in the middle": good[: len(good) // 2],
        "padding": f"{head}==.{payload}.{signature}", "a stray bit at the end": good[:-1] + next(
            c for c in "BCDF" if c != good[-1]),
        "the other base64 alphabet": good.replace("-", "+").replace("_", "/") + "+", "a blank inside": f"{head}. {payload}.{signature}",
        "a NUL inside": f"{head}.\0{payload}.{signature}", "bytes that are no UTF-8": b"\xff\xfe\xfd.a.b",
        "a header that is a list": signed("[]", claims), "a header that is cut": signed('{"alg":"HS256"', claims),
        "alg twice": signed('{"alg":"HS256","kid":"legacy","alg":"none"}', claims),
        "alg as a number": signed('{"alg":256,"kid":"legacy"}', claims), "no alg": signed('{"kid":"legacy"}', claims),
        "kid as a number": signed('{"alg":"HS256","kid":7}', claims),
        "claims that are a list": signed(header, "[1]"), "claims that are text": signed(header, '"carol"'),
        "sub twice": signed(header, f'{{"sub":"carol","exp":{now + 600},"sub":"root"}}'),
        "exp twice, once escaped": signed(header, f'{{"sub":"carol","exp":{now + 600},"\\u0065xp":1}}'),
        "exp as text": saying(exp=str(now + 600)), "exp with a fraction": saying(exp=now + 600.5),
        "exp beyond any calendar": signed(header, '{"sub":"carol","exp":1e300}'), "exp below zero": saying(exp=-1),
        "exp as null": saying(exp=None), "sub as a list": saying(sub=["carol"]),
        "a lone surrogate": signed(header, f'{{"sub":"\\ud800","exp":{now + 600}}}'),
        "a byte order mark": signed("\ufeff" + text(header), claims),
        "nesting without end": signed(header, f'{{"exp":{now + 600},"a":{"[" * 900}{"]" * 900}}}'),
        "8 KiB and a byte": saying(pad="x" * 8192), "a megabyte": b"A" * 1_000_000, "three megabytes": b"A" * 3_000_000,
        "a megabyte of dots": b"." * 1_000_000,
    }
    for name, token in malformed.items():
        checks.equal(f"a token with {name} is malformed", world.verdict(token), "malformed")

    unsupported = {
        "alg none": signed({"alg": "none"}, claims), "alg none, unsigned": f'{encoded(b"""{"alg":"none"}""")}.{payload}.',
        "alg NoNe": but(alg="NoNe"), "alg HS512": but(alg="HS512"), "crit": but(crit=["exp"], exp=1),
        "an empty crit": but(crit=[]), "b64 false": but(b64=False, crit=["b64"]), "its own key": but(jwk=public),
        "a key to fetch": but(jku="https://evil.example/jwks.json"),
        "a certificate to fetch": but(x5u="https://evil.example/a.pem"),
        "its own certificate": but(x5c=["MIIB"]), "compression": but(zip="DEF"), "a token inside": but(cty="JWT"),
        "JWE": f"{encoded(b'{}')}.a.b.c.d", "JSON serialization": text({"payload": payload, "signatures": []}),
    }
    for name, token in unsupported.items():
        reason = world.verdict(token)
        checks.that(f"a token with {name} is refused by design", reason in ("unsupported", "malformed"), str(reason))

    refused = {
        "an unknown kid": (but(kid="other"), "unknown_key"), "a path for a kid": (but(kid="../../dev/null"), "unknown_key"),
        "SQL for a kid": (but(kid="' OR 1=1 --"), "unknown_key"), "the kid in capitals": (but(kid="LEGACY"), "unknown_key"),
        "no kid": (signed({"alg": "HS256"}, claims), "unknown_key"),
        "another alg": (but(alg="ES256"), "algorithm_mismatch"),
        "HS256 with our public key": (
            signed({"alg": "HS256", "kid": own_header["kid"], "typ": "at+jwt"}, claims), "algorithm_mismatch"),
        "another subject": (f"{head}.{encoded(text(claims | {'sub': 'root'}).encode())}.{signature}", "bad_signature"),
        "another token's signature": (f"{head}.{payload}.{saying(sub='root').split('.')[2]}", "bad_signature"),
        "an exp that has come": (saying(exp=now - 120, iat=now - 600), "expired"), "no signature": (f"{head}.{payload}.", "bad_signature"),
        "an nbf to come": (saying(nbf=now + 300), "not_yet_valid"),
        "an iat to come": (saying(iat=now + 300), "issued_in_future"),
        "all zeroes for an ES256 signature": (own.rsplit(".", 1)[0] + "." + encoded(bytes(64)), "bad_signature"),
    }
    for name, (token, wanted) in refused.items():
        checks.equal(f"a token with {name} is refused: {wanted}", world.verdict(token), wanted)

    endless = signed(header, {"sub": "carol"})
    checks.equal("an application's token without exp is accepted", world.verdict(endless), None)
    later = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now + 2 * 86400))
    result = world.run("token", "verify", "-", "--json", "--at", later, stdin=endless)
    checks.equal("but not after the --until of its key", (result.code, result.json["reason"]), (1, "key_expired"))

    source = random.Random(SEED)
    for length in (1, 40, 600, 9000):
        noise = bytes(source.randrange(256) for _ in range(length))
        for verb in (["token", "verify", "-"], ["token", "refresh", "-", "--client", "web"]):
            result = world.run(*verb, stdin=noise)
            checks.that(f"{' '.join(verb[:2])} answers {length} random bytes with no (seed {SEED})",
                        result.code == 1, str(result))
    for name, token in {"an access token": own, "noise": "tkr_0000", "a typo": "tkr_" + "0" * 90}.items():
        result = world.run("token", "refresh", "-", "--client", "web", stdin=token)
        checks.that(f"refresh answers {name} with no", result.code == 1, str(result))


def faults_of_input(checks, world):
    one = world.log_in("alice")
    expected = {
        "an unknown session": (["session", "show", "ses_nobody12"], 4),
        "an unknown session to revoke": (["session", "revoke", "ses_nobody12"], 4),
        "a known and an unknown session": (["session", "revoke", one["session_id"], "ses_nobody12", *DENIAL, "--yes"], 4),
        "an unknown user": (["user", "logout", "nobody", *DENIAL, "--yes"], 4),
        "an unknown client": (["client", "logout", "nobody", *DENIAL, "--yes", "--confirm", "nobody"], 4),
        "an unknown key": (["key", "show", "nokeyhasthis"], 4), "an unknown family": (["refresh", "show", "rt_nobody12"], 4),
        "an unknown rule": (["denylist", "remove", "99", *DENIAL, "--yes", "--expect-count", "1"], 4),
        "an unknown policy": (["policy", "get", "nothing.at.all"], 4),
        "a policy out of its range": (["policy", "set", "access.ttl", "1000d", *DENIAL, "--yes"], 65),
        "attributes that are no JSON": (["session", "create", "--user", "a", "--data", "{"], 65),
        "a key file that is none": (["key", "import", world.write("noise", "noise"), "--until", "1d", *DENIAL, "--yes"], 65),
        "a key file that is absent": (["key", "import", "absent.pem", "--until", "1d", *DENIAL, "--yes"], 66),
        "a misspelt verb": (["session", "lsit"], 64), "an unknown noun": (["sesion", "list"], 64),
        "an unknown flag": (["session", "list", "--usr", "a"], 64), "a number that is none": (["session", "list", "--limit", "x"], 64),
        "a format that is none": (["session", "list", "-o", "xml"], 64), "a duration that is none": (["cleanup", "--older-than", "soon"], 64),
        "an address that is none": (["session", "list", "--ip", "300.1.1.1"], 64), "a cursor that is none": (["session", "list", "--after", "x"], 64),
        "ids and a filter": (["session", "revoke", one["session_id"], "--user", "alice", *DENIAL], 64),
        "no target": (["session", "revoke", *DENIAL], 64), "empty input for verify": (["token", "verify", "-"], 65),
        "empty input for refresh": (["token", "refresh", "-"], 65), "empty input for inspect": (["token", "inspect", "-"], 65),
        "empty input for lines": (["token", "verify", "-", "--lines"], 65),
        "an act with --read-only": (["session", "create", "--user", "a", "--read-only"], 77),
    }
    for name, (arguments, code) in expected.items():
        checks.error(f"{name}: {code}", world.run(*arguments), code)
    result = world.run("token", "verify", "-", stdin=" \n\t\n")
    checks.error("blanks alone are empty input: 65", result, 65)
    result = world.run("session", "show", "ses_nobody12", "--json")
    lines = result.err.splitlines()
    checks.that("with --json the error is one JSON line", len(lines) == 1 and not result.out
                and json.loads(lines[0]).items() >= {"schema": "tokenctl/v1/error", "code": "not_found", "exit": 4}.items(),
                str(result))
    checks.equal("none of these ended anything", world.verdict(one["access_token"]), None)


def missing_consent(checks, world):
    made = world.log_in("bob")
    for number in range(3):
        world.log_in(f"other{number}")
    kid = json.loads(world.run("key", "list", "--state", "active", "--json").out)["items"][0]["kid"]
    before = world.run("session", "list", "--json").json["items"]
    events = world.run("audit", "list", "--count").out
    revoking = ["key", "revoke", kid, "--cause", "compromised"]
    expected = {
        "a user's logout without --yes": ["user", "logout", "bob", *DENIAL],
        "a client's logout without its name": ["client", "logout", "web", *DENIAL, "--yes"],
        "a client's logout with another name": ["client", "logout", "web", *DENIAL, "--yes", "--confirm", "wep"],
        "everyone's logout without the word": ["session", "revoke", "--all", *DENIAL, "--yes"],
        "a wrong --expect-count": ["session", "revoke", "--user", "bob", *DENIAL, "--yes", "--expect-count", "7"],
        "more than --max-affected": ["session", "revoke", "--client", "web", *DENIAL, "--yes", "--max-affected", "1"],
        "a revoked key without a confirmation": [*revoking, *DENIAL, "--yes"],
        "a revoked key with another's confirmation": [*revoking, *DENIAL, "--yes", "--confirm", "AAAAAA"],
        "a rule for everyone without the word": ["denylist", "add", "--everyone", *DENIAL, "--yes"],
        "an import without --yes": ["key", "import", world.write("s", SECRET), "--secret-format", "text",
                                    "--until", "1d", *DENIAL],
    }
    for name, arguments in expected.items():
        # The answers wait on standard input, where no prompt may look for them.
        checks.error(f"{name}: 5", world.run(*arguments, stdin="y\nyes\nweb\neveryone\n"), 5)
    for name, arguments in {"a user's logout": ["user", "logout", "bob"], "a policy": ["policy", "set", "access.ttl", "10m"],
                            "a leaked key": [*revoking, "--replace", "--confirm", kid]}.items():
        checks.error(f"{name} without a reason: 64", world.run(*arguments, "--yes"), 64)
    checks.equal("no session is the worse for it", world.run("session", "list", "--json").json["items"], before)
    checks.equal("and the audit record says nothing of it", world.run("audit", "list", "--count").out, events)
    checks.equal("and the token verifies", world.verdict(made["access_token"]), None)


def secrets_in_arguments(checks, world):
    made = world.log_in("eve")
    jwt, refresh, session = made["access_token"], made["refresh_token"], made["session_token"]
    pem = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIA\n-----END PRIVATE KEY-----"
    expected = {
        "a JWT for -": ["token", "verify", jwt], "a refresh token for -": ["token", "refresh", refresh],
        "a session token as an id": ["session", "show", session], "a JWT in a reason": ["user", "logout", "eve", "--reason", f"saw {jwt} in a log"],
        "a JWT behind =": ["denylist", "add", f"--jti={jwt}"], "a PEM as a file": ["key", "import", pem],
        "a JWT after a misspelt verb": ["token", "verfy", jwt], "with --json": ["token", "verify", jwt, "--json"],
        "a cut refresh token": ["token", "refresh", refresh[:40]],
    }
    for name, arguments in expected.items():
        result = world.run(*arguments)
        heard = result.out + result.err
        leaked = [s for s in (jwt, refresh, session, pem) if s[:40] in heard or s.split(".")[-1][-24:] in heard]
        told = result.flaw is None or "--json" in arguments and len(result.err.splitlines()) == 1
        checks.that(f"a secret in an argument, {name}: 64, not echoed", result.code == 64 and told and not leaked,
                    "echoed" if leaked else str(result.code))


def wrong_databases(checks, world):
    def reading(name, path, code):
        checks.error(f"{name}: {code}", world.run("session", "list", "--db", path), code)

    reading("a directory for a database", world.folder, 65)
    reading("a text file for a database", world.write("a.txt", "hello, world\n" * 100), 65)
    reading("an empty file for a database", world.write("empty.db", ""), 65)
    reading("no database", world.path("absent.db"), 66)
    reading("no folder", world.path("absent/tokens.db"), 66)
    other = world.path("other.db")
    sqlite(other, "CREATE TABLE session (id INTEGER); INSERT INTO session VALUES (7)")
    with open(other, "rb") as file:
        content = file.read()
    reading("another application's database", other, 65)
    checks.error("another application's database, to write: 65",
                 world.run("session", "create", "--user", "a", "--db", other), 65)
    checks.error("another application's database, to init: 73 or 65", *within(world.run("init", "--db", other), (65, 73)))
    with open(other, "rb") as file:
        checks.that("which is left as it was", file.read() == content)
    os.symlink(world.path("tokens.db"), world.path("link.db"))
    reading("a link to a database", world.path("link.db"), 77)
    sqlite(world.path("newer.db"), "SELECT 1")
    copy_of(world, "newer.db", "PRAGMA user_version = 9999")
    reading("a newer schema", world.path("newer.db"), 78)
    copy_of(world, "altered.db", "DROP INDEX session_by_client")
    reading("an altered schema", world.path("altered.db"), 8)
    copy_of(world, "corrupt.db", "SELECT 1")
    with open(world.path("corrupt.db"), "r+b") as file:
        file.seek(100)
        file.write(b"\xa5" * 4096)
    reading("a corrupt file", world.path("corrupt.db"), 8)
    copy_of(world, "short.db", "SELECT 1")
    os.truncate(world.path("short.db"), 5000)
    reading("a file cut short", world.path("short.db"), 8)


def copy_of(world, name, sql):
    path = world.path(name)
    if os.path.exists(path):
        os.remove(path)
    sqlite(world.path("tokens.db"), f"VACUUM INTO '{path}'")
    sqlite(path, sql)
    os.chmod(path, 0o600)


def within(result, codes):
    """A result, and its code where that is one of several good ones."""
    return result, result.code if result.code in codes else codes[0]


def permissions(checks, world):
    """As root, asks as a user who may not, for root may do anything; as any other user, takes the permission away."""
    is_root = os.geteuid() == 0

    def barred(name, forbidding, *arguments):
        path = world.path(name)
        before = stat.S_IMODE(os.stat(path).st_mode)
        if not is_root:
            os.chmod(path, forbidding)
        try:
            return world.run(*arguments, nobody=True)
        finally:
            os.chmod(path, before)

    checks.error("a database that one may not read: 77", barred("tokens.db", 0o000, "session", "list"), 77)
    checks.error("init where one may not write: 73 or 77",
                 *within(barred(".", 0o555, "init", "--db", world.path("mine.db")), (77, 73)))
    checks.that("which leaves nothing behind", not os.path.exists(world.path("mine.db")))
    if is_root:
        for name, shared in ((".", 0o777), ("tokens.db", 0o666)):
            os.chmod(world.path(name), shared)
    result = barred("master.key", 0o000, "session", "create", "--user", "a", "--with-tokens")
    checks.error("a master key that one may not read: 77", result, 77)
    checks.that("and it is the key that it names", "master.key" in result.err, result.err)


def master_keys(checks, binary):
    with World(binary, "--issuer", "https://login.example.org") as world, World(binary, "-q") as stranger:
        made = world.log_in("alice")
        logging_in = ["session", "create", "--user", "bob", "--with-tokens"]
        wrong = {"TOKENCTL_MASTER_KEY_FILE": stranger.path("master.key")}
        absent = {"TOKENCTL_MASTER_KEY_FILE": world.path("absent.key")}
        checks.error("a wrong master key: 77", world.run(*logging_in, **wrong), 77)
        checks.error("no master key: 77", world.run(*logging_in, **absent), 77)
        readable = world.write("readable.key", open(world.path("master.key"), "rb").read(), 0o644)
        checks.error("a master key that others can read: 77", world.run(*logging_in, "--master-key", readable), 77)
        noise = world.write("noise.key", "noise")
        checks.error("a master key that is none: 65", world.run(*logging_in, "--master-key", noise), 65)
        checks.error("a directory for a master key: 65", world.run(*logging_in, "--master-key", world.folder), 65)
        checks.equal("none of these logged bob in", world.run("user", "list", "-o", "id").out.split(), ["alice"])
        for verb in (["session", "list"], ["token", "verify", "-"], ["key", "list"], ["cleanup"], ["audit", "verify"],
                     ["user", "logout", "alice", *DENIAL, "--yes"]):
            result = world.run(*verb, stdin=made["access_token"], **absent)
            checks.that(f"{' '.join(verb[:2])} needs no master key", result.code == 0, str(result))
        # The row of one key with the sealed half of another: it opens, under the wrong name.
        sqlite(world.path("tokens.db"), "UPDATE signing_key SET sealed = (SELECT max(sealed) FROM signing_key)")
        results = {world.run(*logging_in).code, world.run("key", "rotate", "--emergency", *DENIAL, "--yes").code,
                   world.run(*logging_in).code}
        checks.that("a sealed key in another's row does not open: 8", 8 in results and results <= {0, 8}, str(results))


def file_modes(checks, binary):
    for umask in (0o000, 0o077, 0o777):
        with World(binary) as world:
            made = world.run("init", umask=umask)
            checks.that(f"init with umask {umask:03o}", made.code == 0, str(made))
            for name in ("tokens.db", "master.key"):
                checks.equal(f"umask {umask:03o}: {name} is its owner's alone", mode(world.path(name)), "0o600")
            # A reader that stays keeps the log and its index from being removed when the writer leaves.
            reader = subprocess.Popen(
                [world.binary, "token", "verify", "-", "--lines"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                env=world.environment, umask=umask)
            try:
                reader.stdin.write(b"nonsense\n")
                reader.stdin.flush()
                for _ in range(1000):
                    if os.path.exists(world.path("tokens.db-shm")):
                        break
                    time.sleep(0.01)
                written = world.run("session", "create", "--user", "alice", umask=umask)
                checks.that(f"umask {umask:03o}: a login beside a reader", written.code == 0, str(written))
                for suffix in ("-wal", "-shm"):
                    path = world.path("tokens.db" + suffix)
                    checks.that(f"umask {umask:03o}: tokens.db{suffix} is its owner's alone",
                                os.path.exists(path) and mode(path) == "0o600",
                                mode(path) if os.path.exists(path) else "absent")
            finally:
                reader.communicate(timeout=60)


def main(binary):
    checks = Checks()
    with World(binary, "--issuer", "https://login.example.org", "--audience", "api") as world:
        hostile_tokens(checks, world)
        faults_of_input(checks, world)
        missing_consent(checks, world)
        secrets_in_arguments(checks, world)
        wrong_databases(checks, world)
        permissions(checks, world)
    master_keys(checks, binary)
    file_modes(checks, binary)
    checks.end()


if __name__ == "__main__":
    main(sys.argv[1])
