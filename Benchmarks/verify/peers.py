"""PyJWT and joserfc on some tokens: nanoseconds, the median of some rounds. Usage: peers.py ALGORITHM KEYSET TOKENS ROUNDS"""
import itertools
import json
import statistics
import sys
import time
import warnings

import jwt
from joserfc import jwk, jwt as jose
from joserfc.jwk import KeySet

warnings.simplefilter("ignore")  # joserfc would have EdDSA spelt otherwise, RFC 9864
algorithm, key_file, token_file, rounds = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
tokens = open(token_file).read().split()
raw = open(key_file, "rb").read()
if algorithm == "HS256":
    pyjwt_key, joserfc_key = raw, jwk.OctKey.import_key(raw)
else:
    kid = jwt.get_unverified_header(tokens[0])["kid"]
    found = next(key for key in json.loads(raw)["keys"] if key["kid"] == kid)
    pyjwt_key, joserfc_key = jwt.PyJWK(found).key, KeySet.import_key_set({"keys": [found]})
registry = jose.JWTClaimsRegistry(aud={"essential": True, "value": "api"}, exp={"essential": True})


def with_pyjwt(token):
    assert jwt.decode(token, pyjwt_key, algorithms=[algorithm], audience="api")["sub"]


def with_joserfc(token):
    decoded = jose.decode(token, joserfc_key, algorithms=[algorithm])
    registry.validate(decoded.claims)


def median(function):
    times = []
    cycle = itertools.cycle(tokens)
    for _ in range(rounds):
        some = list(itertools.islice(cycle, 200))
        start = time.perf_counter_ns()
        for token in some:
            function(token)
        times.append((time.perf_counter_ns() - start) / len(some))
    return int(statistics.median(times))


print(f"pyjwt={median(with_pyjwt)}")
print(f"joserfc={median(with_joserfc)}")
