"""Tokens of many users, as `session create` makes them but faster. Usage: tokens.py ALGORITHM KEY-FILE KID NUMBER

KEY-FILE is a private PEM, or for HS256 the secret.
"""
import secrets
import sys
import time

import jwt

algorithm, key_file, kid, number = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
key = open(key_file).read()
digits = "0123456789abcdefghjkmnpqrstvwxyz"
now = int(time.time())
for index in range(number):
    claims = {"iss": "https://tokenctl.example", "sub": f"user-{index:06}", "aud": "api", "client_id": "web", "iat": now,
              "exp": now + 3600, "jti": secrets.token_urlsafe(16),
              "sid": "ses_" + "".join(secrets.choice(digits) for _ in range(8))}
    print(jwt.encode(claims, key, algorithm, headers={"kid": kid, "typ": "at+jwt"}))
