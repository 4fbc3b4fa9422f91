"""nginx serves the key set that tokenctl publishes, PyJWT verifies with its cache of it, keys rotate: no token is rejected.

usage: key_set.py TOKENCTL [ROTATIONS]      three rotations unless said otherwise; needs nginx, and PyJWT of requirements.txt

Everything is real: the clock, the web server, a process for each command, and PyJWT's own PyJWKClient, which caches the set
for `jwks.max_age` and, as it comes, forces no refetch for an unknown kid within 30 seconds (its cooldown). The policies are
the shortest that leave each step some room: 3 s of cache, 2 s of skew. Some verifiers are as old as their caches may be,
others younger; each verifies every token again and again until it expires.
"""

import os
import shutil
import socket
import subprocess
import sys
import threading
import time

import jwt

from harness import Checks, World

MAX_AGE, SKEW, TTL = 3.0, 2.0, 10
VERIFIERS = 6
POLICIES = {
    "jwks.max_age": f"{MAX_AGE:.0f}s", "clock.skew": f"{SKEW:.0f}s", "access.ttl": f"{TTL}s", "key.rollback": "0s"}
NGINX = """
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/nginx.error.log;
events {{ }}
http {{
    access_log {folder}/access.log;
    types {{ application/jwk-set+json json; }}
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port};
        location = /.well-known/jwks.json {{ alias {folder}/www/jwks.json; add_header Cache-Control "public, max-age={age}"; }}
    }}
}}
"""


class WebServer:
    """nginx, on a port of its own, as whoever runs this."""

    def __init__(self, program, folder):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.folder = folder
        self.url = f"http://127.0.0.1:{self.port}/.well-known/jwks.json"
        with open(f"{folder}/nginx.conf", "w", encoding="utf-8") as file:
            file.write(NGINX.format(folder=folder, port=self.port, age=int(MAX_AGE)))
        self.process = subprocess.Popen([program, "-p", folder, "-e", f"{folder}/nginx.error.log", "-c", f"{folder}/nginx.conf"])

    def wait(self):
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        raise SystemExit("nginx does not answer: " + open(f"{self.folder}/nginx.error.log", encoding="utf-8").read())

    def requests(self):
        with open(f"{self.folder}/access.log", encoding="utf-8") as file:
            return file.readlines()

    def __enter__(self):
        self.wait()
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(timeout=10)


class Verifier(threading.Thread):
    """Verifies every token that it is given, over and over, until it expires."""

    def __init__(self, url, delay):
        super().__init__(daemon=True)
        self.client = jwt.PyJWKClient(url, lifespan=MAX_AGE, timeout=10)
        self.delay = delay
        self.tokens = []  # (text, exp)
        self.accepted, self.rejected, self.ended = 0, [], threading.Event()

    def run(self):
        time.sleep(self.delay)
        self.client.get_signing_keys()
        while not self.ended.is_set():
            for token, expiry in list(self.tokens):
                if time.time() < expiry:
                    self.check(token, expiry)
            self.tokens = [entry for entry in self.tokens if time.time() < entry[1]]
            time.sleep(0.05)

    def check(self, token, expiry):
        try:
            jwt.decode(token, self.client.get_signing_key_from_jwt(token).key, algorithms=["ES256"],
                       issuer="https://login.example.org", audience="api")
            self.accepted += 1
        except jwt.PyJWTError as error:
            if isinstance(error, jwt.ExpiredSignatureError) and time.time() >= expiry:
                return  # between the look at the clock above and PyJWT's own
            self.rejected.append((time.time(), jwt.get_unverified_header(token)["kid"], repr(error)))


def signer(world):
    return next(key["kid"] for key in world.run("key", "list", "--json").json["items"] if key["state"] == "active")


def issue_until(world, session, verifiers, condition, deadline):
    """Issues token after token, each for every verifier at once; returns how many."""
    count = 0
    end = time.monotonic() + deadline
    while not condition() and time.monotonic() < end:
        made = world.run("token", "issue", "--user", "alice", "--session", session, "-q")
        if made.code:
            raise SystemExit(f"tokenctl token issue: {made}")
        text = made.out.strip().removeprefix("access_token=").splitlines()[0]
        expiry = jwt.decode(text, options={"verify_signature": False})["exp"]
        for verifier in verifiers:
            verifier.tokens.append((text, expiry))
        count += 1
    return count


def rotate(checks, world, session, verifiers, number):
    """As cron would: again and again, until a new key signs; then cleanup, which takes old keys out."""
    old = signer(world)
    issued = 0

    def rotated():
        world.run("key", "rotate", "--from", old, "--cron")
        world.run("cleanup", "--cron")
        return signer(world) != old

    issued += issue_until(world, session, verifiers, rotated, 30)
    checks.that(f"rotation {number}: another key signs", signer(world) != old)
    # Long enough that every cache is refilled, and an old token meets the new set.
    past = time.monotonic() + MAX_AGE + SKEW
    issued += issue_until(world, session, verifiers, lambda: time.monotonic() > past, 30)
    rejected = [entry for verifier in verifiers for entry in verifier.rejected]
    checks.equal(f"rotation {number}: none of {issued} tokens is rejected by {len(verifiers)} verifiers", rejected[:3], [])
    return old


def main():
    binary, rotations = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 3
    program = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
    if program is None:
        raise SystemExit("key_set.py needs nginx on the PATH (Debian: nginx-light)")
    checks = Checks()
    began = time.monotonic()
    # Policies first, then the first key: no verifier ever fetched by the longer ones that a store begins with.
    with World(binary, "--issuer", "https://login.example.org", "--audience", "api", "--no-key") as world:
        os.mkdir(world.path("www"), 0o755)
        for name, value in (POLICIES | {"jwks.file": world.path("www/jwks.json")}).items():
            checks.equal(f"policy {name} {value}", world.run("policy", "set", name, value, "--reason", "test", "--yes").code, 0)
        checks.equal("the first key, published", world.run("key", "rotate").code, 0)
        session = world.log_in("alice")["session_id"]
        with WebServer(program, world.folder) as server:
            run(checks, world, server, session, rotations)
    print(f"in {time.monotonic() - began:.0f} s")
    checks.end()


def run(checks, world, server, session, rotations):
    verifiers = [Verifier(server.url, MAX_AGE * index / VERIFIERS) for index in range(VERIFIERS)]
    for verifier in verifiers:
        verifier.start()
    time.sleep(MAX_AGE)
    replaced = [rotate(checks, world, session, verifiers, number) for number in range(1, rotations + 1)]

    def first_key():
        world.run("cleanup", "--cron")
        keys = world.run("key", "list", "--state", "all", "--json").json["items"]
        return next(key["state"] for key in keys if key["kid"] == replaced[0])

    issue_until(world, session, verifiers, lambda: first_key() == "removed", TTL + SKEW + 5)
    checks.equal("the first key has left the key set", first_key(), "removed")
    rejected = [entry for verifier in verifiers for entry in verifier.rejected]
    checks.equal("and still no token is rejected", rejected[:3], [])
    accepted = sum(verifier.accepted for verifier in verifiers)
    checks.that("they did verify", all(v.accepted > 100 for v in verifiers), str(accepted))
    served = server.requests()
    checks.that("nginx served them", served and all(" 200 " in line for line in served), str(served[:1]))
    checks.that("from their caches", len(served) < accepted / 10, f"{len(served)} fetches for {accepted} verifications")

    # What all this is worth: a key that nobody was told of is rejected, until the caches are refilled.
    fresh = world.run("key", "rotate", "--fresh", "--reason", "drill", "--yes", "--confirm", signer(world))
    checks.equal("key rotate --fresh", fresh.code, 0)
    made = time.time()
    issue_until(world, session, verifiers, lambda: time.time() > made + MAX_AGE + SKEW, 30)
    for verifier in verifiers:
        verifier.ended.set()
    for verifier in verifiers:
        verifier.join(timeout=10)
    rejected = [entry for verifier in verifiers for entry in verifier.rejected]
    checks.that("a --fresh key is rejected by those who could not know it", rejected)
    checks.that("for at most jwks.max_age + clock.skew", all(at - made <= MAX_AGE + SKEW for at, _, _ in rejected),
                f"{max((at - made for at, _, _ in rejected), default=0):.1f} s")


if __name__ == "__main__":
    main()
