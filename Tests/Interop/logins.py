"""Bad input to logins and refreshes: each ends in its exit code and one clear error, and nothing is written.

usage: logins.py TOKENCTL      needs the sqlite3 shell
"""

import subprocess
import sys

from harness import Checks, World

COUNTS = "SELECT (SELECT count(*) FROM session), (SELECT count(*) FROM user), (SELECT count(*) FROM audit_event), last_write_at FROM store"


def written(world):
    return subprocess.run(
        ["sqlite3", world.path("tokens.db"), COUNTS], capture_output=True, check=True, text=True).stdout


def refused_logins(checks, world):
    cases = {
        "a user of 10 KB": (["--user", "x" * 10_240], 65),
        "a user with a control character": (["--user", "al\x07ice"], 65),
        "a user with a line end": (["--user", "alice\n"], 65),
        "a user with a line separator": (["--user", "al\u2028ice"], 65),
        "an empty user": (["--user", ""], 64),
        "a user with a blank in front": (["--user", " alice"], 65),
        "a user that is no UTF-8": (["--user", b"al\xff\xfeice"], 64),
        "a client of 10 KB": (["--user", "alice", "--client", "c" * 10_240], 65),
        "a device with an escape": (["--user", "alice", "--device", "a\x1b[31mb"], 65),
        "a user agent of 10 KB": (["--user", "alice", "--user-agent", "u" * 10_240], 65),
        "an address that is none": (["--user", "alice", "--ip", "300.1.2.3"], 64),
        "attributes of 100 KB": (["--user", "alice", "--data", '{"a":"' + "x" * 100_000 + '"}'], 65),
        "attributes that are a list": (["--user", "alice", "--data", "[1]"], 65),
        "attributes with a member twice": (["--user", "alice", "--data", '{"a":1,"a":2}'], 65),
        "attributes that are no UTF-8": (["--user", "alice", "--data", b'{"a":"\xff"}'], 64),
        "a scope of two words": (["--user", "alice", "--with-tokens", "--scope", "a b"], 65),
        "a scope without tokens": (["--user", "alice", "--scope", "a"], 64),
    }
    before = written(world)
    for name, (arguments, code) in cases.items():
        result = world.run("session", "create", *arguments)
        checks.error(f"a login with {name}", result, code)
    checks.equal("none of them wrote anything", written(world), before)


def refused_refreshes(checks, world):
    login = world.log_in("alice")
    other = world.log_in("bob", "--client", "app")["refresh_token"]
    token = login["refresh_token"]
    flipped = token[:20] + ("0" if token[20] != "0" else "1") + token[21:]
    cases = {
        "a session token": (login["session_token"], [], "wrong_kind", "this is a session token"),
        "an access token": (login["access_token"], [], "wrong_kind", "this is an access token"),
        "another client's token": (other, ["--client", "web"], "wrong_client", "another client"),
        "a token cut short": (token[:-5], [], "malformed", "mistyped"),
        "a token with one wrong character": (flipped, [], "malformed", "mistyped"),
        "a token and something after it": (token + "0", [], "malformed", "mistyped"),
        "bytes that are no UTF-8": (b"tkr_\xff\xfe\xfd", [], "malformed", "mistyped"),
        "a megabyte": (b"t" * 1_000_000, [], "malformed", "mistyped"),
        "a wider scope": (token, ["--scope", "admin"], "wrong_scope", "narrow"),
    }
    before = written(world)
    for name, (text, options, reason, words) in cases.items():
        result = world.run("token", "refresh", "-", *options, stdin=text)
        checks.that(
            f"refreshing with {name} is refused as {reason}",
            result.code == 1 and not result.out and f"refused: {reason}" in result.err and words in result.err, str(result))
    checks.equal("none of them wrote anything", written(world), before)
    checks.error("refreshing with nothing", world.run("token", "refresh", "-"), 65)
    checks.equal("the right token still works", world.run("token", "refresh", "-", "--client", "web", stdin=token).code, 0)


def refused_acts(checks, world):
    live = world.log_in("carol")["session_id"]
    before = written(world)
    for name, arguments, stdin, code in [
        ("touching no one's session", ["session", "touch", "ses_nobody00"], "", 4),
        ("regenerating a refresh family", ["session", "regenerate", "rt_nobody00"], "", 4),
        ("revoking a session as a family", ["refresh", "revoke", live], "", 4),
        ("unknown ids among known ones", ["session", "revoke", "-", "--reason", "x", "--yes"], f"{live}\nses_nobody00\n", 4),
        ("ids that are no UTF-8", ["session", "revoke", "-"], b"ses_\xff\xfe\n", 65),
        ("an extent that is none", ["refresh", "revoke", "rt_nobody00", "--end", "user"], "", 64),
        ("a client never seen", ["client", "show", "nobody"], "", 4),
        ("keeping a session of someone else", ["user", "logout", "alice", "--keep", live, "--reason", "x", "--yes"], "", 64),
    ]:
        checks.error(name, world.run(*arguments, stdin=stdin), code)
    checks.equal("none of them wrote anything", written(world), before)


def main():
    checks = Checks()
    with World(sys.argv[1], "--alg", "ES256") as world:
        refused_logins(checks, world)
        refused_refreshes(checks, world)
        refused_acts(checks, world)
    checks.end()
    sys.exit(1 if checks.failed else 0)


if __name__ == "__main__":
    main()
