"""Our tokens in PyJWT and joserfc, and theirs in ours; a sealed key opened, the audit record and the
metrics read, with nothing of ours.

usage: libraries.py TOKENCTL      with the packages of requirements.txt
"""

import hashlib
import json
import os
import re
import subprocess
import sys
import time
import warnings

import jwt as pyjwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from joserfc import jwe, jwk, jws, jwt as rfcjwt
from joserfc.errors import JoseError
from prometheus_client.parser import text_string_to_metric_families

from harness import Checks, World

# RFC 9864 renames EdDSA, and joserfc says so at every use.
warnings.filterwarnings("ignore", category=Warning, module="joserfc")

ISSUER, AUDIENCE = "https://login.example.org", "api"
THEIRS = {"issuer": "https://old.example.org", "audience": "shop"}


def tampered(token):
    """The token with another subject, with another signature, cut short, and with no signature."""
    head, payload, signature = token.split(".")
    claims = json.loads(pyjwt.utils.base64url_decode(payload))
    other = pyjwt.utils.base64url_encode(json.dumps(claims | {"sub": "root"}).encode()).decode()
    flipped = ("B" if signature[9] != "B" else "C").join([signature[:9], signature[10:]])
    return {
        "another subject": f"{head}.{other}.{signature}", "another signature": f"{head}.{payload}.{flipped}",
        "cut short": token[:-3], "no signature": f"{head}.{payload}.",
    }


def read_by_pyjwt(token, key_set, algorithm):
    kid = pyjwt.get_unverified_header(token)["kid"]
    return pyjwt.decode(
        token, pyjwt.PyJWKSet.from_json(key_set)[kid].key, algorithms=[algorithm], issuer=ISSUER, audience=AUDIENCE,
        options={"require": ["exp", "iat", "iss", "aud", "sub", "jti"]})


def read_by_joserfc(token, key_set, algorithm):
    read = rfcjwt.decode(token, jwk.KeySet.import_key_set(json.loads(key_set)), algorithms=[algorithm])
    rfcjwt.JWTClaimsRegistry(
        iss={"essential": True, "value": ISSUER}, aud={"essential": True, "value": AUDIENCE}, exp={"essential": True}
    ).validate(read.claims)
    return read.claims


def ours_in_theirs(checks, binary, algorithm):
    with World(binary, "--issuer", ISSUER, "--audience", AUDIENCE, "--alg", algorithm) as world:
        made = world.log_in("alice", "--scope", "read")
        token = made["access_token"]
        key_set = world.run("key", "export", "jwks").out
        for name, read in (("PyJWT", read_by_pyjwt), ("joserfc", read_by_joserfc)):
            try:
                claims = read(token, key_set, algorithm)
            except (pyjwt.PyJWTError, JoseError) as error:
                checks.that(f"{name} verifies our {algorithm}", False, repr(error))
                continue
            checks.equal(
                f"{name} verifies our {algorithm}",
                (claims["sub"], claims["client_id"], claims["sid"], claims["scope"], claims["exp"] - claims["iat"]),
                ("alice", "web", made["session_id"], "read", 900))
            for kind, bad in tampered(token).items():
                checks.raises(f"{name} refuses our {algorithm} with {kind}", (pyjwt.PyJWTError, JoseError),
                              lambda bad=bad, read=read: read(bad, key_set, algorithm))
        for key in json.loads(key_set)["keys"]:
            checks.equal(f"joserfc finds the kid of our {algorithm} to be the key's thumbprint",
                         jwk.import_key(key).thumbprint(), key["kid"])
            checks.equal(f"the {algorithm} key set holds public members only",
                         {"d", "p", "q", "dp", "dq", "qi", "k"} & key.keys(), set())
        world.run("key", "rotate")
        checks.equal(f"PyJWT verifies our {algorithm} with the key set after a rotation",
                     read_by_pyjwt(token, world.run("key", "export", "jwks").out, algorithm)["sub"], "alice")


def sealed_keys(checks, binary):
    """A private key at rest is an encrypted JWK: the row and the master key are all that any JOSE tool needs."""
    with World(binary, "--issuer", ISSUER, "--audience", AUDIENCE) as world:
        token = world.log_in("alice")["access_token"]
        kid = pyjwt.get_unverified_header(token)["kid"]
        rows = json.loads(subprocess.run(
            ["sqlite3", "-readonly", "-json", world.path("tokens.db"),
             "SELECT store_id, kid, alg, sealed FROM signing_key, store WHERE sealed IS NOT NULL"],
            capture_output=True, check=True).stdout)
        with open(world.path("master.key"), encoding="utf-8") as file:
            master = jwk.OctKey.import_key(json.load(file))
        checks.equal("two private keys are at rest: the signer's and the standby's", len(rows), 2)
        for row in rows:
            opened = jwe.decrypt_compact(row["sealed"], master)
            checks.equal("joserfc opens a sealed key; its header names the row", opened.protected, {
                "alg": "dir", "enc": "A256GCM", "cty": "jwk+json",
                "kid": f"{row['store_id']}:{row['kid']}:{row['alg']}"})
            if row["kid"] == kid:
                private = jwk.import_key(json.loads(opened.plaintext))
                claims = rfcjwt.decode(token, private).claims
                again = rfcjwt.encode({"alg": row["alg"], "kid": kid, "typ": "at+jwt"}, claims | {"jti": "mine"}, private)
                checks.equal("what the opened key signs, tokenctl accepts", world.verdict(again), None)
        checks.raises("another master key opens nothing", JoseError,
                      lambda: jwe.decrypt_compact(rows[0]["sealed"], jwk.OctKey.generate_key(256)))


def page_blocks(language):
    """The code blocks of docs/security.md in one language, in their order."""
    page = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../docs/security.md")
    with open(page, encoding="utf-8") as file:
        return re.findall(rf"^```{language}\n(.*?)^```$", file.read(), re.MULTILINE | re.DOTALL)


def security_page(checks, binary):
    """What docs/security.md tells a reader to type opens the keys of a store."""
    with World(binary, "--issuer", ISSUER, "--audience", AUDIENCE) as world:
        key = next(key for key in world.run("key", "list", "--json").json["items"] if key["state"] == "active")
        world.write("passphrase", "five random words of mine")
        protected = world.run(
            "init", "--passphrase", "--db", world.path("protected.db"), "--master-key", world.path("protected.key"),
            TOKENCTL_MASTER_KEY_PASSPHRASE_FILE=world.path("passphrase"))
        checks.equal("a store whose master key is protected by a passphrase", protected.code, 0)
        environment = world.environment | {
            "KID": key["kid"], "PASSPHRASE_FILE": world.path("passphrase"),
            "PROTECTED_KEY_FILE": world.path("protected.key")}

        def run(*command):
            done = subprocess.run(
                command, cwd=world.folder, env=environment, capture_output=True, timeout=60, check=False)
            checks.that("it ends in 0", done.returncode == 0, done.stderr.decode()[-300:])
            return json.loads(done.stdout)

        def public(jwk_members):
            return {name: jwk_members.get(name) for name in ("kty", "crv", "x", "y", "d")}

        shell, = page_blocks("sh")
        with_joserfc, with_passphrase = page_blocks("python")
        published = public(key["public_jwk"])
        checks.equal("docs/security.md: jose opens the sealed key", public(run("sh", "-ec", shell)), published)
        checks.equal("docs/security.md: joserfc opens it", public(run(sys.executable, "-c", with_joserfc)), published)
        master = run(sys.executable, "-c", with_passphrase)
        checks.equal("docs/security.md: joserfc opens a protected master key", (master["kty"], len(master["k"])),
                     ("oct", 43))
        world.write("opened.key", master)
        issued = world.run("session", "create", "--user", "a", "--with-tokens", "-q", "--db", world.path("protected.db"),
                           "--master-key", world.path("opened.key"))
        checks.equal("which is the master key of that store", issued.code, 0)


def key_pairs():
    """(algorithm, key type, form, private key), as applications have them. A key of its own each: one is not taken twice."""
    for form in ("jwk", "jwks", "pem"):
        yield "ES256", "EC", form, ec.generate_private_key(ec.SECP256R1())
        yield "EdDSA", "OKP", form, ed25519.Ed25519PrivateKey.generate()
        yield "RS256", "RSA", form, rsa.generate_private_key(65537, 2048)
        if form != "pem":  # which cannot say which of RSA's algorithms is meant
            yield "PS256", "RSA", form, rsa.generate_private_key(65537, 2048)


def theirs_in_ours(checks, binary):
    now = int(time.time())
    claims = {"iss": THEIRS["issuer"], "aud": THEIRS["audience"], "sub": "carol", "client_id": "shop", "jti": "t1",
              "iat": now, "exp": now + 600}
    accepting = ["--until", "1d", "--iss", THEIRS["issuer"], "--aud", THEIRS["audience"], "--reason", "migration", "--yes"]
    with World(binary, "--issuer", ISSUER, "--audience", AUDIENCE) as world:
        keys = []
        for algorithm, kind, form, private in key_pairs():
            kid = f"{algorithm}-{form}"
            pem = private.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
            public_pem = private.public_key().public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
            theirs = jwk.import_key(pem, kind)
            public = theirs.as_dict(private=False) | {"kid": kid, "alg": algorithm, "use": "sig"}
            content = {"jwk": json.dumps(public), "jwks": json.dumps({"keys": [public]}), "pem": public_pem}[form]
            imported = world.run("key", "import", world.write(f"{kid}.key", content), *accepting,
                                 *(["--kid", kid] if form == "pem" else []))
            checks.that(f"imports a public {algorithm} key as {form}", imported.code == 0, str(imported))
            again = world.run("key", "import", world.path(f"{kid}.key"), *accepting, "--kid", f"{kid}-again")
            checks.equal("and not again under another kid", again.code, 5)
            keys.append((kid, algorithm, private, theirs, public_pem))
        for kid, algorithm, private, theirs, public_pem in keys:
            signed = {
                "PyJWT": pyjwt.encode(claims, private, algorithm=algorithm, headers={"kid": kid}),
                "joserfc": rfcjwt.encode({"alg": algorithm, "kid": kid, "typ": "JWT"}, claims, theirs,
                                         algorithms=[algorithm]),
            }
            for name, token in signed.items():
                checks.equal(f"we verify {name}'s {algorithm} with {kid}", world.verdict(token), None)
            for kind, bad in tampered(signed["PyJWT"]).items():
                checks.that(f"we refuse it with {kind}",
                            world.verdict(bad) in ("bad_signature", "malformed"), str(world.verdict(bad)))
            checks.equal("we refuse it once it has expired", world.verdict(
                pyjwt.encode(claims | {"exp": now - 120}, private, algorithm=algorithm, headers={"kid": kid})), "expired")
            checks.equal("we refuse it of another issuer", world.verdict(
                pyjwt.encode(claims | {"iss": ISSUER}, private, algorithm=algorithm, headers={"kid": kid})),
                "wrong_issuer")
            # The oldest trick: the public key as an HMAC secret.
            head, payload, _ = pyjwt.encode(
                claims, "x" * 32, algorithm="HS256", headers={"kid": kid}).split(".")
            mac = pyjwt.algorithms.HMACAlgorithm(pyjwt.algorithms.HMACAlgorithm.SHA256).sign(
                f"{head}.{payload}".encode(), public_pem)
            forged = f"{head}.{payload}.{pyjwt.utils.base64url_encode(mac).decode()}"
            checks.equal("we refuse HS256 with the public key for its secret", world.verdict(forged), "algorithm_mismatch")

        secret = os.urandom(24).hex()
        imported = world.run(
            "key", "import", world.write("secret.txt", secret), "--secret-format", "text", "--kid", "old-secret",
            "--also-without-kid", "--client", "shop", *accepting)
        checks.that("imports an HS256 secret", imported.code == 0, str(imported))
        checks.equal("we verify PyJWT's HS256 by kid", world.verdict(
            pyjwt.encode(claims, secret, algorithm="HS256", headers={"kid": "old-secret"})), None)
        checks.equal("we verify PyJWT's HS256 without a kid, a client or a jti", world.verdict(
            pyjwt.encode({k: v for k, v in claims.items() if k not in ("client_id", "jti")}, secret, "HS256")), None)
        checks.equal("an unknown kid never falls back to that secret", world.verdict(
            pyjwt.encode(claims, secret, algorithm="HS256", headers={"kid": "other"})), "unknown_key")
        checks.equal("we refuse HS256 of another secret", world.verdict(
            pyjwt.encode(claims, "y" * 48, algorithm="HS256", headers={"kid": "old-secret"})), "bad_signature")
        checks.that("the secret is not in the key set", secret not in world.run("key", "export", "jwks").out
                    and "old-secret" not in world.run("key", "export", "jwks").out)


def base64url(data):
    return pyjwt.utils.base64url_encode(data).decode()


def audit_record(checks, binary):
    """The record and its checkpoint, with nothing of ours: SHA-256, sorted JSON, and an Ed25519 signature."""
    with World(binary, "--issuer", ISSUER, "--audience", AUDIENCE) as world:
        world.log_in("alice")
        world.run("user", "logout", "alice", "--reason", "a \"quoted\" reason, ünicode", "--yes")
        made = json.loads(world.run("audit", "checkpoint", "--json").out)
        claimed = json.loads(pyjwt.utils.base64url_decode(made["checkpoint"].split(".")[1]))
        key = jwk.import_key(claimed["jwk"])
        checks.equal("the checkpoint's key has the thumbprint that was noted", key.thumbprint(), made["thumbprint"])
        read = jws.deserialize_compact(made["checkpoint"], key, algorithms=["EdDSA"])
        checks.equal("joserfc verifies the checkpoint", read.protected["typ"], "tokenctl-audit-checkpoint+jws")
        for kind, bad in tampered(made["checkpoint"]).items():
            checks.raises(f"joserfc refuses a checkpoint with {kind}", JoseError,
                          lambda bad=bad: jws.deserialize_compact(bad, key, algorithms=["EdDSA"]))
        head, *events = map(json.loads, world.run("audit", "export").out.splitlines())
        link = pyjwt.utils.base64url_decode(head["origin"])
        for event in events:
            recorded = event.pop("hash")
            form = json.dumps(event, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
            link = hashlib.sha256(link + form.encode()).digest()
            checks.equal(f"event {event['seq']} follows from the one before", base64url(link), recorded)
        checks.equal("the chain ends where the checkpoint says", (len(events), base64url(link)),
                     (claimed["size"], claimed["head"]))


def metrics(checks, binary):
    with World(binary, "--issuer", ISSUER, "--audience", AUDIENCE) as world:
        world.log_in("alice")
        file = world.path("tokenctl.prom")
        checks.equal("metrics go into a file", world.run("metrics", "--textfile", file).code, 0)
        checks.equal("that everybody may read", os.stat(file).st_mode & 0o777, 0o644)
        with open(file, encoding="utf-8") as text:
            families = {family.name: family for family in text_string_to_metric_families(text.read())}
        checks.equal("Prometheus' own parser reads them", families["tokenctl_sessions_alive"].samples[0].value, 1)
        checks.equal("counters are counters", families["tokenctl_sessions_created"].type, "counter")
        checks.that("each says what it is", all(f.documentation and f.samples for f in families.values()), "")
        checks.equal("no label is a user's", [s for f in families.values() for s in f.samples if "alice" in str(s)], [])


def main(binary):
    checks = Checks()
    for algorithm in ("ES256", "EdDSA", "RS256", "PS256"):
        ours_in_theirs(checks, binary, algorithm)
    sealed_keys(checks, binary)
    security_page(checks, binary)
    audit_record(checks, binary)
    metrics(checks, binary)
    theirs_in_ours(checks, binary)
    checks.end()


if __name__ == "__main__":
    main(sys.argv[1])
