"""What Benchmarks/peers measures; see there. Also the Django settings of the peers, when Django reads it as such."""

import os
import sys
import time

FOLDER = os.environ.get("PEERS_FOLDER", "")
SECRET_KEY = "of no use to anyone"
INSTALLED_APPS = [
    "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions",
    "rest_framework_simplejwt.token_blacklist",
]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": f"{FOLDER}/django.db"}}
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# As long as what such rows hold: a signed session of a user, a refresh token of five claims.
SESSION, TOKEN = "e" * 180, "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9." + "e" * 260
EXPIRED = 0.9


def fill(rows):
    """Rows in order of creation; keys and ids are random, as Django makes them, and every tenth row lives on."""
    import sqlite3

    database = sqlite3.connect(DATABASES["default"]["NAME"])
    database.execute("PRAGMA synchronous = OFF")
    database.execute(
        """
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
        INSERT INTO django_session
        SELECT lower(hex(randomblob(16))), ?, datetime('now', CASE WHEN i % 10 THEN '-' ELSE '+' END || (1 + i % 90) || ' days') FROM n
        """, (rows, SESSION))
    database.execute(
        """
        INSERT INTO auth_user (id, password, is_superuser, username, last_name, email, is_staff, is_active, date_joined, first_name)
        VALUES (1, '', 0, 'alice', '', '', 0, 1, datetime('now'), '')
        """)
    # A refresh that rotates blacklists the token before it, so every outstanding token of the past has a row there too.
    database.execute(
        """
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
        INSERT INTO token_blacklist_outstandingtoken (id, token, created_at, expires_at, user_id, jti)
        SELECT i, ? || i, datetime('now', '-90 days'),
            datetime('now', CASE WHEN i % 10 THEN '-' ELSE '+' END || (1 + i % 90) || ' days'), 1, lower(hex(randomblob(16)))
        FROM n
        """, (rows, TOKEN))
    database.execute(
        """
        INSERT INTO token_blacklist_blacklistedtoken (id, blacklisted_at, token_id)
        SELECT id, datetime('now', '-1 days'), id FROM token_blacklist_outstandingtoken WHERE id % 10
        """)
    database.commit()
    database.close()


def timed(command):
    """Seconds and peak memory, in MiB."""
    os.sync()
    began = time.perf_counter()
    pid = os.posix_spawn(command[0], command, os.environ, file_actions=[
        (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)])
    _, status, usage = os.wait4(pid, 0)
    seconds = time.perf_counter() - began
    if status:
        sys.exit(f"peers: {' '.join(command)} ended in {os.waitstatus_to_exitcode(status)}")
    return seconds, usage.ru_maxrss / 1024


def main():
    import shutil
    import subprocess

    tokenctl, master_key, rows, folder = sys.argv[1:3] + [int(sys.argv[3]), sys.argv[4]]
    here = os.path.dirname(os.path.abspath(__file__))
    os.environ |= {"PEERS_FOLDER": folder, "PYTHONPATH": here, "DJANGO_SETTINGS_MODULE": "peers", "PYTHONDONTWRITEBYTECODE": "1"}
    DATABASES["default"]["NAME"] = f"{folder}/django.db"
    for name in ("django.db", "django.db-wal", "django.db-shm", "ours.db", "ours.db-wal", "ours.db-shm"):
        if os.path.exists(f"{folder}/{name}"):
            os.remove(f"{folder}/{name}")
    django = [sys.executable, "-m", "django"]
    subprocess.run([*django, "migrate", "--verbosity", "0"], check=True)
    fill(rows)

    def ours(logins):
        for end in ("-wal", "-shm"):
            if os.path.exists(f"{folder}/ours.db{end}"):
                os.remove(f"{folder}/ours.db{end}")
        shutil.copyfile(f"{folder}/{logins}.db", f"{folder}/ours.db")
        os.chmod(f"{folder}/ours.db", 0o600)
        return timed([tokenctl, "--db", f"{folder}/ours.db", "--master-key", master_key, "cleanup", "--older-than", "0s", "-q"])

    as_many_rows, as_many_logins = ours(rows // 2), ours(rows)
    peers = {name: timed([*django, name]) for name in ("clearsessions", "flushexpiredtokens")}
    for name, (seconds, memory) in {f"cleanup, {rows // 2:,} logins": as_many_rows, f"cleanup, {rows:,} logins": as_many_logins}.items():
        print(f"{name:32}{seconds:8.1f} s{memory:8.0f} MiB")
    for name, (seconds, memory) in peers.items():
        print(f"{name:32}{seconds:8.1f} s{memory:8.0f} MiB   as many rows: ours / this = {as_many_rows[0] / seconds:.2f}, "
              f"as many logins: {as_many_logins[0] / seconds:.2f}", flush=True)
    sys.exit(any(seconds < as_many_rows[0] for seconds, _ in peers.values()))


if __name__ == "__main__":
    main()
