"""PyJWT and joserfc on one token: nanoseconds, the median of some rounds. Usage: peers.py ALGORITHM KEYSET TOKEN-FILE ROUNDS"""
import json
import statistics
import sys
import time

import jwt
from joserfc import jwk, jwt as jose
from joserfc.jwk import KeySet

algorithm, key_file, token_file, rounds = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
token = open(token_file).read().strip()
raw = open(key_file, "rb").read()
if algorithm == "HS256":
    pyjwt_key, joserfc_key = raw, jwk.OctKey.import_key(raw)
else:
    kid = jwt.get_unverified_header(token)["kid"]
    found = next(key for key in json.loads(raw)["keys"] if key["kid"] == kid)
    pyjwt_key, joserfc_key = jwt.PyJWK(found).key, KeySet.import_key_set({"keys": [found]})
registry = jose.JWTClaimsRegistry(aud={"essential": True, "value": "api"}, exp={"essential": True})


def with_pyjwt():
    assert jwt.decode(token, pyjwt_key, algorithms=[algorithm], audience="api")["sub"]


def with_joserfc():
    decoded = jose.decode(token, joserfc_key, algorithms=[algorithm])
    registry.validate(decoded.claims)


def median(function):
    times = []
    for _ in range(rounds):
        start = time.perf_counter_ns()
        for _ in range(200):
            function()
        times.append((time.perf_counter_ns() - start) / 200)
    return int(statistics.median(times))


print(f"pyjwt={median(with_pyjwt)}")
print(f"joserfc={median(with_joserfc)}")
