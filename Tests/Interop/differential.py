"""The same hostile tokens and keys judged by tokenctl, PyJWT and joserfc: we may refuse what they accept, never the reverse.

usage: differential.py TOKENCTL [TOKENS [SEED]]      with the packages of requirements.txt; 3,000 mutants and seed 1

What they are given is in forgeries.py. Every kind of difference stands in a table of docs/security.md; one that does not is a
failure, and so is one that the table lists and nobody sees any more.
"""

import collections
import json
import os
import random
import re
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor

import jwt as pyjwt
from joserfc import jwk, jws, jwt as rfcjwt

from forgeries import ALGORITHMS, CLAIMS, key_texts, seed_keys, tokens
from harness import Checks, World

# RFC 9864 renames EdDSA, and joserfc says so at every use.
warnings.filterwarnings("ignore")

PAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../docs/security.md")


# MARK: Tokens


class Theirs:
    """What PyJWT and joserfc say to a token: its claims, or None. Each finds the key by the `kid`, as an application would."""

    def __init__(self, keys):
        self.keys = {key.kid: key for key in keys}

    def pyjwt(self, token):
        key = self.keys[pyjwt.get_unverified_header(token)["kid"]]
        return pyjwt.decode(token, key.pyjwt, algorithms=[key.algorithm], options={"verify_aud": False})

    def joserfc(self, token):
        found = []

        def find(signature):
            found.append(self.keys[signature.headers()["kid"]])
            return found[0].joserfc

        # The key's algorithm alone: asked again with it, once the key is known.
        jws.deserialize_compact(token, find, algorithms=ALGORITHMS)
        read = rfcjwt.decode(token.decode(), found[0].joserfc, algorithms=[found[0].algorithm])
        rfcjwt.JWTClaimsRegistry().validate(read.claims)
        return read.claims

    def judge(self, token):
        verdicts = []
        for judge in (self.pyjwt, self.joserfc):
            try:
                verdicts.append(judge(token))
            except Exception:  # noqa: BLE001  whatever a library throws at bytes from outside, it does not accept them
                verdicts.append(None)
        return verdicts


def general(detail):
    """The sentence without what differs from case to case."""
    detail = re.sub(r"at byte \d+", "at byte N", detail)
    detail = re.sub(r"^(expired|not before|issued) \S+", r"\1 TIME", detail)
    return re.sub(r"the token says .*", "the token says another algorithm than its key's", detail)


def listed():
    """What is refused → the libraries that accept it, by the tables of docs/security.md."""
    with open(PAGE, encoding="utf-8") as file:
        section = file.read().split("\n## What others accept and tokenctl refuses\n", 1)[-1].split("\n## ", 1)[0]
    table, prefix = {}, "token: "
    for line in section.splitlines():
        prefix = "key: " if line.startswith("Keys:") else prefix
        if row := re.match(r"\| `(.+?)` \| (yes|no) \| (yes|no) \|", line):
            table[prefix + row[1]] = {name for name, word in (("PyJWT", row[2]), ("joserfc", row[3])) if word == "yes"}
    return table


def judge_tokens(checks, world, keys, count, seed):
    cases = list(dict.fromkeys(
        token for token in tokens(keys, count, random.Random(seed))
        if token and token.strip(b" \t\r\n\x0b\x0c") == token and not re.search(rb"[\r\n]", token)))
    result = world.run("token", "verify", "-", "--lines", "-o", "ndjson", stdin=b"\n".join(cases))
    answers = [json.loads(line) for line in result.out.splitlines()]
    checks.equal("every token has an answer", (result.code, len(answers)), (1, len(cases)))
    theirs, found, bad = Theirs(keys), collections.defaultdict(set), []
    accepted = 0
    for token, answer in zip(cases, answers):
        verdicts = dict(zip(("PyJWT", "joserfc"), theirs.judge(token)))
        accepting = {name for name, claims in verdicts.items() if claims is not None}
        if not answer["active"]:
            if accepting:
                found["token: " + general(answer["detail"])] |= accepting
            continue
        accepted += 1
        if not accepting:
            bad.append(("accepted by us alone", token))
        for name in accepting:
            ours = (answer["sub"], answer["jti"], answer["client_id"] or "shop", answer["sid"])
            read = verdicts[name]
            if ours != (read.get("sub"), read.get("jti"), read.get("client_id") or "shop", read.get("sid")):
                bad.append((f"read otherwise by {name}", token))
    for what, token in bad[:10]:
        print(f"     {what}: {token!r}")
    checks.equal(f"of {len(cases)} tokens none is accepted by us alone, or read otherwise", len(bad), 0)
    checks.that(f"of {len(cases)} tokens, {accepted} are accepted", accepted > 50)
    return found


# MARK: Keys


def ours_of_key(world, text):
    """None where the file is taken in, else what is said."""
    verifying = ["--until", "2100-01-01"]
    signing = ["--standby", "--unused"]
    for options in (verifying, signing):
        result = world.run("key", "import", "-", "--weak", *options, "--reason", "test", "--dry-run", "--yes", stdin=text)
        if result.code == 0:
            return None
        if result.code not in (5, 65) or result.flaw:
            return f"exit {result.code}: {result.err}"
        said = result.err.splitlines()[0].removeprefix("tokenctl: error: ").removeprefix("the key cannot be imported: ")
        if not said.startswith("a private key is where a public one belongs"):
            return re.sub(r"^(d|e|k|n|p|q|x|y|crv|kty)\b", "MEMBER", re.sub(r"at byte \d+", "at byte N", said))
    return said


def pyjwt_of_key(text):
    if text.lstrip().startswith(b"{"):
        read = json.loads(text)
        return pyjwt.PyJWKSet.from_dict(read).keys if "keys" in read else pyjwt.PyJWK.from_dict(read)
    return first_of(pyjwt.get_algorithm_by_name(name).prepare_key for name in ("ES256", "RS256", "EdDSA"))(text)


def joserfc_of_key(text):
    if text.lstrip().startswith(b"{"):
        read = json.loads(text)
        found = jwk.KeySet.import_key_set(read).keys if "keys" in read else [jwk.import_key(read)]
        for key in found:
            key.raw_value  # noqa: B018  numbers are looked at when they are needed
        return found
    return first_of((lambda text, kind=kind: jwk.import_key(text.decode(), kind).raw_value) for kind in ("EC", "RSA", "OKP"))(text)


def first_of(readers):
    def read(text):
        for reader in readers:
            try:
                return reader(text)
            except Exception:  # noqa: BLE001  then perhaps the next
                continue
        raise ValueError("no reader")
    return read


def judge_keys(checks, world, count, seed):
    cases = list(dict.fromkeys(key_texts(count, random.Random(seed))))
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        answers = list(pool.map(lambda text: ours_of_key(world, text), cases))
    found, bad, accepted = collections.defaultdict(set), [], 0
    for text, said in zip(cases, answers):
        accepting = set()
        for name, judge in (("PyJWT", pyjwt_of_key), ("joserfc", joserfc_of_key)):
            try:
                if judge(text):
                    accepting.add(name)
            except Exception:  # noqa: BLE001  as with tokens
                continue
        if said is not None:
            if accepting:
                found["key: " + said] |= accepting
            continue
        accepted += 1
        if not accepting:
            bad.append(text)
    for text in bad[:10]:
        print(f"     accepted by us alone: {text!r}")
    checks.equal(f"of {len(cases)} keys none is accepted by us alone", len(bad), 0)
    checks.that(f"of {len(cases)} keys, {accepted} are accepted", accepted > 20)
    return found


def main(binary, count=3000, seed=1):
    checks = Checks()
    keys = list(seed_keys())
    print(f"seed {seed}")
    with World(binary, "--issuer", CLAIMS["iss"], "--audience", "shop") as world:
        for key in keys:
            path = world.write(f"{key.kid}.jwk", key.jwk)
            made = world.run("key", "import", path, "--until", "2100-01-01", "--client", "shop", "--reason", "test", "--yes")
            checks.that(f"{key.kid} is imported", made.code == 0, str(made))
        found = judge_tokens(checks, world, keys, int(count), int(seed))
    with World(binary, "--issuer", CLAIMS["iss"], "--audience", "shop") as world:
        found |= judge_keys(checks, world, int(count) // 50, int(seed))
    table = listed()
    for sentence in sorted(found.keys() | table.keys()):
        checks.equal(f"docs/security.md says who else accepts {sentence}",
                     table.get(sentence, set()), found.get(sentence, set()))
    checks.end()


if __name__ == "__main__":
    main(*sys.argv[1:])
