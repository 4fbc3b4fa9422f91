"""Hostile tokens and keys: the fuzzers' seeds and kept inputs (Tests/Fuzz), mutants of good ones, and what would be written by hand.

Most tokens are signed after the mutation, so that a signature hides nothing of what a reader thinks of the rest.
"""

import base64
import glob
import json
import os
import random

import jwt as pyjwt
from cryptography.hazmat.primitives import hashes, hmac, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from joserfc import jwk

FUZZ = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../Fuzz")
ALGORITHMS = ["ES256", "EdDSA", "RS256", "PS256", "HS256"]
CLAIMS = {"iss": "https://old.example.org", "aud": ["shop", "api"], "sub": "carol", "client_id": "shop", "jti": "t1",
          "iat": 1700000000, "nbf": 1700000000, "exp": 4102444800, "sid": "s1", "scope": "read"}
# From the far past to beyond what a double or 64 bits can hold, as texts: JSON has more spellings than Python numbers.
TIMES = ["0", "-1", "1", "1700000000", "1700000000.0", "1.7e9", "4102444800.5", "4.1024448e9", "253402300799", "253402300800",
         "9223372036854775807", "9223372036854775808", "1e300", "1e400", "NaN", "Infinity", "-0", "null", "true",
         '"4102444800"', '"soon"', "[]", "{}", "04102444800"]


def encoded(data):
    return base64.urlsafe_b64encode(data.encode() if isinstance(data, str) else data).rstrip(b"=")


def read_bytes(path):
    with open(path, "rb") as file:
        return file.read()


def inputs(reader):
    """What a fuzzer starts from: its seeds, and the inputs that were kept."""
    seeds = [read_bytes(path) for path in sorted(glob.glob(os.path.join(FUZZ, "Seeds", reader, "*")))]
    kept = [base64.b64decode(line) for line in read_bytes(os.path.join(FUZZ, "Corpus", reader)).splitlines()]
    return seeds, kept


class Key:
    """A private key of the fuzzers' seeds, as a verifier's and a signer's."""

    def __init__(self, algorithm, private):
        self.algorithm, self.kid, self.private = algorithm, f"k-{algorithm}", private
        if isinstance(private, bytes):
            members = {"kty": "oct", "k": encoded(private).decode()}
        else:
            pem = private.public_key().public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
            kind = {"ES256": "EC", "EdDSA": "OKP"}.get(algorithm, "RSA")
            members = jwk.import_key(pem, kind).as_dict(private=False)
            members.pop("kid", None)
        self.jwk = members | {"kid": self.kid, "alg": algorithm}
        self.joserfc, self.pyjwt = jwk.import_key(self.jwk), pyjwt.PyJWK(self.jwk).key

    def sign(self, text):
        if self.algorithm == "HS256":
            mac = hmac.HMAC(self.private, hashes.SHA256())
            mac.update(text)
            return mac.finalize()
        if self.algorithm == "EdDSA":
            return self.private.sign(text)
        if self.algorithm == "ES256":
            r, s = decode_dss_signature(self.private.sign(text, ec.ECDSA(hashes.SHA256())))
            return r.to_bytes(32, "big") + s.to_bytes(32, "big")
        kind = padding.PKCS1v15() if self.algorithm == "RS256" else padding.PSS(padding.MGF1(hashes.SHA256()), 32)
        return self.private.sign(text, kind, hashes.SHA256())

    def token(self, header, payload):
        """Signed over the two parts as they are spelled."""
        text = header + b"." + payload
        return text + b"." + encoded(self.sign(text))

    def header(self, **members):
        return encoded(json.dumps({"alg": self.algorithm, "kid": self.kid, "typ": "JWT"} | members))


def seed_keys():
    def private(name):
        return jwk.import_key(json.loads(read_bytes(os.path.join(FUZZ, "Seeds/keys", name)))).private_key
    yield Key("ES256", private("ec-private.jwk"))
    yield Key("EdDSA", private("okp-private.jwk"))
    yield Key("RS256", private("rsa-private.jwk"))
    yield Key("PS256", rsa.generate_private_key(65537, 2048))
    yield Key("HS256", bytes(range(32)))


def mutated(data, chance):
    """The bytes after one to four small accidents."""
    data = bytearray(data)
    for _ in range(chance.choice([1, 1, 1, 2, 4])):
        place = chance.randrange(len(data) + 1)
        kind = chance.randrange(6)
        if kind == 0 and place < len(data):
            data[place] ^= 1 << chance.randrange(8)
        elif kind == 1:
            data[place:place] = bytes([chance.choice(b'.=-_+/ {}[]":,\\0aAzZ9\x00\x7f\xc3\xed\xf0')])
        elif kind == 2 and data:
            del data[place:place + chance.randrange(1, 4)]
        elif kind == 3 and data:
            start = chance.randrange(len(data))
            data[place:place] = data[start:start + chance.randrange(1, 9)]
        elif kind == 4 and place < len(data):
            data[place] = chance.randrange(256)
        elif place + 1 < len(data):
            data[place], data[place + 1] = data[place + 1], data[place]
    return bytes(data)


def spellings(text):
    """Other ways to write base64url, which mean the same to a reader that is not strict."""
    yield text + b"=" * (-len(text) % 4)
    yield text + b"="
    yield text + b"===="
    yield text[:4] + b"!" + text[4:]
    yield text[:4] + b" " + text[4:]
    yield text.replace(b"-", b"+").replace(b"_", b"/")
    yield text + b"A"
    if len(text) % 4:
        alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        yield text[:-1] + alphabet[alphabet.index(text[-1]) ^ 1:][:1]


def by_hand(keys):
    """What a mutator would look for too long."""
    payload = encoded(json.dumps(CLAIMS))
    for key in keys:
        header = key.header()
        yield key.token(header, payload)
        for other in ALGORITHMS + ["none", "None", "es256", "HS384", "ES256K", "RSA1_5", "dir", "Ed25519", ""]:
            yield key.token(key.header(alg=other), payload)
        # The oldest tricks: the public key as a secret, no algorithm and no signature.
        yield encoded(json.dumps({"alg": "none", "kid": key.kid})) + b"." + payload + b"."
        good = key.sign(header + b"." + payload)
        for signature in (b"", good[:-1], good + b"\0", b"\0" + good, bytes(len(good)), good[::-1]):
            yield header + b"." + payload + b"." + encoded(signature)
        for spelled in spellings(encoded(good)):
            yield header + b"." + payload + b"." + spelled
    key = keys[-1]
    for members in (
            {"crit": ["exp"]}, {"crit": []}, {"crit": ["b64"], "b64": True}, {"crit": ["b64"], "b64": False}, {"b64": True},
            {"b64": False}, {"jku": "https://a.example"}, {"x5u": "https://a.example"}, {"jwk": key.jwk}, {"x5c": ["AA"]},
            {"x5t": "AA"}, {"x5t#S256": "AA"}, {"zip": "DEF"}, {"enc": "A256GCM"}, {"cty": "JWT"}, {"cty": "json"}, {"cty": 1},
            {"typ": 1}, {"typ": None}, {"typ": "at+jwt"}, {"kid": 1}, {"kid": None}, {"kid": "unknown"}, {"kid": ""},
            {"kid": key.kid + "\0"}, {"alg": 1}, {"alg": None}, {"alg": ["HS256"]}, {"other": [{}]}, {"url": "x", "nonce": 1}):
        yield key.token(key.header(**members), payload)
    yield key.token(encoded(json.dumps({"alg": "HS256"})), payload)
    yield key.token(encoded(json.dumps({"kid": key.kid})), payload)
    for name in CLAIMS:
        rest = json.dumps({k: v for k, v in CLAIMS.items() if k != name})
        yield key.token(key.header(), encoded(rest))
        for value in TIMES + ['"text"', '""', '["a",1]', '["shop"]', '[["shop"]]', "[null]", '"a b"', r'"\u0000"', r'"\ud800"']:
            yield key.token(key.header(), encoded(rest[:-1] + f', "{name}": {value}}}'))
        yield key.token(key.header(), encoded(rest[:-1] + f', "{name}": 1, "{name}": {json.dumps(CLAIMS[name])}}}'))
    text = json.dumps(CLAIMS)
    for odd in ("\ufeff" + text, text + " ", " \n" + text, text + "x", text[:-1] + ",}", text.replace('"', "'"), f"[{text}]", '"x"', "1",
                "", "{}", text[:-1] + ', "a": ' + "[" * 9 + "]" * 9 + "}", text[:-1] + ', "a": "\t"}', text[:-1] + ', "a": 01}',
                text[:-1] + ', "a": .5}', text[:-1] + ', "a": 1.}', text[:-1] + r', "a": "\x41"}', text[:-1] + ', "a": "' + "x" * 9000 + '"}'):
        yield key.token(key.header(), encoded(odd))
    yield key.token(key.header(), encoded(text.encode("utf-16")))
    yield key.token(key.header(), encoded(text[:-1].encode() + b', "a": "\xff"}'))
    yield key.token(key.header(), encoded(text[:-1].encode() + b', "a": "\xed\xa0\x80"}'))
    for part in (0, 1):
        for spelled in spellings([key.header(), payload][part]):
            yield key.token(*[spelled if part == at else whole for at, whole in enumerate([key.header(), payload])])
    good = key.token(key.header(), payload)
    yield from (good + b".", b"." + good, good + b"..", good.rsplit(b".", 1)[0], b"..", b".", good + b"\0", b"Bearer " + good)


def tokens(keys, count, chance):
    """Every token to judge, without those that differ only in blanks around them: a line has none."""
    payload = encoded(json.dumps(CLAIMS))
    yield from by_hand(keys)
    texts, spelled, values = (sum(inputs(reader), []) for reader in ("jws", "base64url", "json"))
    yield from texts + spelled
    key = keys[-1]
    for data in values + texts + spelled:
        yield key.token(key.header(), encoded(data))
        yield key.token(encoded(data), payload)
        if b"." not in data:
            yield key.token(key.header(), data)
            yield key.token(data, payload)
    header = json.dumps({"alg": "HS256", "kid": key.kid, "typ": "JWT"}).encode()
    body = json.dumps(CLAIMS).encode()
    for number in range(count):
        kind = number % 5
        if kind == 0:
            yield key.token(encoded(header), encoded(mutated(body, chance)))
        elif kind == 1:
            yield key.token(encoded(mutated(header, chance)), encoded(body))
        elif kind == 2:
            yield key.token(encoded(header), mutated(encoded(body), chance).replace(b".", b"-"))
        elif kind == 3:
            yield key.token(mutated(encoded(header), chance).replace(b".", b"-"), encoded(body))
        else:
            other = keys[number // 5 % (len(keys) - 1)]
            yield mutated(other.token(other.header(), payload), chance)


def key_texts(count, chance):
    """Keys and sets of them, as files of an application that moves."""

    def read(name):
        return json.loads(read_bytes(os.path.join(FUZZ, "Seeds/keys", name)))

    def spelled(value):
        return json.dumps(value).encode()

    seeds, kept = inputs("keys")
    yield from seeds
    # Chosen by dice of their own: another corpus leaves the mutants as they are.
    yield from random.Random(count).sample(kept, min(len(kept), count))
    ec_key, rsa_key, okp_key, secret = (read(f"{name}.jwk") for name in ("ec", "rsa", "okp", "oct"))
    for key, number in ((ec_key, "x"), (rsa_key, "n"), (okp_key, "x"), (secret, "k")):
        for member in key:
            yield spelled({k: v for k, v in key.items() if k != member})
            for value in ("", 1, None, "AA"):
                yield spelled(key | {member: value})
        for other in spellings(key[number].encode()):
            yield spelled(key | {number: other.decode()})
        yield spelled(key | {number: encoded(b"\0" + base64.urlsafe_b64decode(key[number] + "==")).decode()})
        for alg in ALGORITHMS + ["ES384", "RS512", "none"]:
            yield spelled(key | {"alg": alg})
    for more in ({"use": "enc"}, {"key_ops": ["verify"]}, {"key_ops": ["sign"]}, {"key_ops": ["encrypt"]}, {"key_ops": "verify"},
                 {"key_ops": ["verify", "verify"]}, {"key_ops": []}, {"x5c": ["AA"]}, {"x5u": "https://a.example"}, {"kid": "a\0b"},
                 {"kid": "a" * 300}, {"kid": " a"}, {"d": "AA"}, {"d": 1}, {"k": "AA"}, {"kty": "EC"}, {"kty": "RSA"}, {"kty": "oct"},
                 {"kty": "okp"}, {"crv": "ed25519"}, {"crv": "P-256"}, {"crv": "X25519"}):
        yield spelled(okp_key | more)
    for key in (read("okp-private.jwk"), read("ec-private.jwk")):
        for member in key:
            yield spelled({k: v for k, v in key.items() if k != member})
        for value in ("", "AA", 1, None, key["x"]):
            yield spelled(key | {"d": value})
    for key in (ec_key, read("ec-private.jwk"), secret):
        odd = {"kty": "EC", "crv": "P-521", "x": "AA", "y": "AA"}
        for several in ([key], [key, key], [key, key | {"kid": "other"}], [key, odd], [key, {"kty": "odd"}], [key, 1], [odd]):
            yield spelled({"keys": several})
        yield spelled(key)[:-1] + b', "kty": "' + key["kty"].encode() + b'"}'
        yield from (b"\xef\xbb\xbf" + spelled(key), b"[" + spelled(key) + b"]", spelled(key) + b"x")
    beside = ec_key | {"kid": "beside", "y": encoded(bytes(31) + b"\1").decode()}
    yield from (spelled(beside), spelled({"keys": [ec_key, beside]}))
    yield spelled({"keys": [ec_key, okp_key | {"kid": "short", "x": okp_key["x"][:20]}]})
    pem = read_bytes(os.path.join(FUZZ, "Seeds/keys/ec-spki.pem"))
    first, *middle, last = pem.splitlines()
    for lines in ([b" " + first, *middle, last], [b"x" + first, *middle, last], [first + b" ", *middle, last], [first + b"x", *middle, last],
                  [first, b"", *middle, last], [first, b"".join(middle) + last], [first + middle[0], *middle[1:], last],
                  [first, *middle, b" " + last], [first, *middle, last[:-1]], [first[:-1], *middle, last], [first, *middle, last + b"x"],
                  [first, *middle], [first.replace(b"PUBLIC", b"EC PUBLIC"), *middle, last.replace(b"PUBLIC", b"EC PUBLIC")],
                  [first, *(line + b"\t" for line in middle), last], [first, b"".join(middle).replace(b"=", b""), last]):
        yield from (b"\n".join(lines) + b"\n", b"\r\n".join(lines))
    for curve in (ec.SECP384R1(), ec.SECP521R1(), ec.SECP256K1()):
        public = ec.generate_private_key(curve).public_key()
        yield from (pem_of(public), spelled(jwk.import_key(pem_of(public).decode(), "EC").as_dict(private=False)))
    for curve in ("Ed448", "X25519", "X448"):
        yield spelled(jwk.OKPKey.generate_key(curve).as_dict(private=False))
    for bits, exponent in ((1024, 65537), (2048, 3)):
        public = rsa.generate_private_key(exponent, bits).public_key()
        yield from (pem_of(public), spelled(jwk.import_key(pem_of(public).decode(), "RSA").as_dict(private=False)))
    for several in ([ec_key, read("okp-private.jwk")], [ec_key, secret], []):
        yield spelled({"keys": several})
    yield spelled(secret | {"k": encoded(b"short").decode()})
    texts = [data for data in seeds if len(data) < 1000]
    for number in range(count):
        yield mutated(texts[number % len(texts)], chance)


def pem_of(key):
    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
