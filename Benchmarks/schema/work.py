"""What the product does to its database, said once for every variant, with the time and the pages it takes."""

import os
import random
import re
import sqlite3
import statistics
import time

from variants import DRAFT

NOW = 1_795_219_200_000                 # 2026-11-21T00:00:00Z, where facts.sql ends
HOUR = 3_600_000
WAL_LIMIT = 32 << 20                    # cleanup checkpoints once the log passes this


def connect(path, cache_kib=262_144, autocheckpoint=0):
    """A connection with the product's profile: WAL, FULL, foreign keys, no automatic checkpoint."""
    db = sqlite3.connect(path, isolation_level=None, cached_statements=256)
    for setting in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", f"cache_size = -{cache_kib}",
                    f"wal_autocheckpoint = {autocheckpoint}", "trusted_schema = OFF", "temp_store = MEMORY"):
        db.execute(f"PRAGMA {setting}").fetchall()
    return db


def timed(act):
    start = time.perf_counter()
    result = act()
    return time.perf_counter() - start, result


def build(variant, facts, path):
    """Loads the facts with every index in place, in one transaction. Returns seconds and bytes by table and index."""
    for suffix in ("", "-wal", "-shm", "-journal"):
        if os.path.exists(path + suffix):
            os.remove(path + suffix)
    db = sqlite3.connect(path, isolation_level=None)
    db.execute(f"PRAGMA page_size = {variant.page_size}")
    db.execute("PRAGMA cache_size = -262144")
    db.execute("PRAGMA synchronous = OFF")
    db.execute("PRAGMA journal_mode = OFF").fetchall()
    db.execute("ATTACH ? AS facts", (f"file:{facts}?mode=ro",))
    for statement in variant.schema():
        db.execute(statement)

    def load():
        db.execute("BEGIN")
        db.execute("INSERT INTO user SELECT id, subject, created_at FROM facts.user")
        db.execute("INSERT INTO client SELECT id, client_id, ?, 0 FROM facts.client", (NOW - 800 * 24 * HOUR,))
        for statement in variant.more_load:
            db.execute(statement)
        for table, row in (("session", variant.session_row), ("refresh_family", variant.family_row)):
            db.execute(f"INSERT INTO {table} ({', '.join(row)}) SELECT {', '.join(row.values())} FROM facts.fact f")
        db.execute("COMMIT")

    seconds, _ = timed(load)
    sizes = dict(db.execute("SELECT name, sum(pgsize) FROM dbstat WHERE aggregate = TRUE GROUP BY name"))
    db.execute("DETACH facts")
    db.execute("PRAGMA journal_mode = WAL").fetchall()
    db.close()
    return seconds, sizes


def chosen(facts):
    """Whom the statements ask about: an ordinary and the busiest user, the biggest and the smallest client."""
    db = sqlite3.connect(facts)
    busiest, logins = db.execute("SELECT user, count(*) AS n FROM fact GROUP BY user ORDER BY n DESC LIMIT 1").fetchone()
    ordinary = [row[0] for row in db.execute(
        """SELECT user FROM fact GROUP BY user HAVING count(*) BETWEEN 8 AND 12
           AND sum(ended_at IS NULL AND expires_at > ?) BETWEEN 1 AND 3 LIMIT 400""", (NOW,))]
    subjects = dict(db.execute("SELECT id, subject FROM user"))
    db.close()
    return {"busiest": busiest, "logins": logins, "ordinary": ordinary, "subjects": subjects}


# The id of the last session born before an instant: ids and times rise together, so halving a step of 2^39 (ids have
# 40 bits) finds it in 40 look-ups by key, without an index on created_at.
LAST_BEFORE = """(WITH RECURSIVE search(low, step) AS (
        SELECT 0, 549755813888
        UNION ALL
        SELECT CASE WHEN (SELECT created_at FROM session WHERE id >= low + step ORDER BY id LIMIT 1) < {instant}
                    THEN low + step ELSE low END, step / 2
        FROM search WHERE step > 0)
    SELECT low FROM search WHERE step = 0)"""


def of(alias, predicate):
    """The predicate with its columns said to be those of `alias`."""
    return re.sub(r"(?<!:)\b(user_id|client_id|expires_at|alive_until|ended_at)\b", rf"{alias}.\1", predicate)


def reads(variant, who):
    """Name → (SQL, arguments) of the listings."""
    page = f"""SELECT s.{variant.key}, {variant.subject}, {variant.client_name}, s.created_at, s.last_seen_at, s.ip,
        {variant.agent}, s.device FROM session s WHERE {{where}} AND {variant.alive} ORDER BY {{order}} LIMIT 50"""
    if any(target == "session (created_at)" for target in variant.indexes.values()):
        window, oldest_first = "s.created_at >= :since AND s.created_at < :until", "s.created_at DESC"
    else:
        window = f"s.id > {LAST_BEFORE.format(instant=':since')} AND s.id <= {LAST_BEFORE.format(instant=':until')}"
        oldest_first = "s.id DESC"

    def owner(user=None, client=None):
        return {"user": user, "subject": who["subjects"].get(user), "client": client,
                "client_name": {1: "web", 12: "legacy-import"}.get(client)}

    def v4(*octets):
        return bytes(10) + b"\xff\xff" + bytes(octets)

    family = f"SELECT id, generation FROM refresh_family WHERE {{}} AND {variant.family_alive} ORDER BY {{}} LIMIT 50"
    newest = variant.newest.removeprefix("s.")
    by_session = f"""SELECT f.id, f.generation FROM session s JOIN refresh_family f ON f.session_id = s.{variant.key}
        WHERE {of("s", variant.client)} AND {of("s", variant.alive)} AND f.ended_at IS NULL
        ORDER BY {variant.newest} LIMIT 50"""
    return {
        "newest 50 alive": (page.format(where="1", order=variant.newest), {}),
        "an ordinary user's": (page.format(where=variant.user, order=variant.newest), owner(user=who["ordinary"][0])),
        "the busiest user's": (page.format(where=variant.user, order=variant.newest), owner(user=who["busiest"])),
        "the biggest client's": (page.format(where=variant.client, order=variant.newest), owner(client=1)),
        "the smallest client's": (page.format(where=variant.client, order=variant.newest), owner(client=12)),
        "expiring within 1 h": (page.format(where=f"s.{variant.expiry} < :soon", order=f"s.{variant.expiry}"), {"soon": NOW + HOUR}),
        "idle over 6 d": (page.format(where="s.last_seen_at < :idle", order="s.last_seen_at DESC"),
                          {"idle": NOW - 144 * HOUR}),
        "CIDR /16": (page.format(where="s.ip BETWEEN :lo AND :hi", order=variant.newest),
                     {"lo": v4(100, 70, 0, 0), "hi": v4(100, 70, 255, 255)}),
        "CIDR /24": (page.format(where="s.ip BETWEEN :lo AND :hi", order=variant.newest),
                     {"lo": v4(100, 70, 9, 0), "hi": v4(100, 70, 9, 255)}),
        "one day, 40 days ago": (page.format(where=window, order=oldest_first),
                                 {"since": NOW - 41 * 24 * HOUR, "until": NOW - 40 * 24 * HOUR}),
        "families of an ordinary user": (family.format(variant.family_user, newest), owner(user=who["ordinary"][0])),
        "families of the biggest client": (family.format(variant.family_client, newest), owner(client=1)),
        "families of the smallest client": (family.format(variant.family_client, newest), owner(client=12)),
        "the same, in order of login": (by_session, owner(client=12)),
    }


def time_reads(variant, path, who, rounds):
    """Name → milliseconds, the best of `rounds` with a warm cache."""
    db, best = connect(path), {}
    for name, (sql, arguments) in reads(variant, who).items():
        arguments = {"now": NOW, **arguments}
        best[name] = min(timed(lambda: db.execute(sql, arguments).fetchall())[0] for _ in range(rounds)) * 1000
    db.close()
    return best


def time_writes(variant, path, who, times):
    """Name → (median milliseconds, pages written to the log) of one act in its own durable transaction."""
    db = connect(path)
    dice = random.Random(20261121)
    alive = [row[0] for row in db.execute(f"SELECT {variant.key} FROM session WHERE {variant.alive}", {"now": NOW})]
    text_ids, text_owner = variant.newest != DRAFT.newest, variant.user == "user_id = :subject"
    agent = 17 if "agent" in str(variant.more) else "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/139.0"
    clock = NOW

    def secret():
        raw = dice.randbytes(32)
        return raw.hex() if "hash-hex" == variant.name else raw

    def issued():
        db.execute("""INSERT INTO issued VALUES (1, ?, 1)
                      ON CONFLICT (key_id, hour) DO UPDATE SET tokens = tokens + 1""", (clock // HOUR,))

    def insert(table, row):
        given = ", ".join(row)
        marks = ", ".join("?" * len(row))
        return db.execute(f"INSERT INTO {table} ({given}) VALUES ({marks})", tuple(row.values())).lastrowid

    def login():
        person = dice.choice(who["ordinary"])
        name = who["subjects"][person]
        person = db.execute("SELECT id FROM user WHERE subject = ?", (name,)).fetchone()[0]
        owner = {"user_id": name if text_owner else person, "client_id": "web" if text_owner else 1}
        key = {"id": dice.randbytes(13).hex()} if text_ids else {}
        limits = {"idle_timeout": 168 * HOUR, "absolute_expires_at": clock + 720 * HOUR}
        rowid = insert("session", {
            **key, **owner, "created_at": clock, "login_at": clock, "valid_from": clock, "last_seen_at": clock, **limits,
            variant.expiry: clock + 168 * HOUR, "secret_hash": secret(), "ip": bytes(10) + b"\xff\xff" + dice.randbytes(4), "user_agent": agent,
            "device": f"Pixel 8 #{dice.randrange(9999)}", "data": '{"roles":["member"]}'})
        family = {**owner, "session_id": key.get("id", rowid), "created_at": clock, "valid_from": clock, **limits,
                  "generation": 1, "secret_hash": secret(), "scope": "openid profile"}
        if variant.family_expiry:
            family[variant.family_expiry] = clock + 168 * HOUR
        if key:
            family["id"] = dice.randbytes(13).hex()
        insert("refresh_family", {name: family[name] for name in family
                                  if name in variant.family_row})
        issued()

    def touch(session=None):
        db.execute(f"UPDATE session SET last_seen_at = ?, {variant.expiry} = ? WHERE {variant.key} = ?",
                   (clock, clock + 168 * HOUR, session or dice.choice(alive)))

    def refresh():
        session = dice.choice(alive)
        later = f", {variant.family_expiry} = {clock + 168 * HOUR}" if variant.family_expiry else ""
        db.execute(f"""UPDATE refresh_family SET generation = generation + 1, secret_hash = ?, successor = ?, spent_at = ?,
                spent_ip = ?{later} WHERE session_id = ?""",
                   (secret(), dice.randbytes(76), clock, bytes(12) + dice.randbytes(4), session))
        touch(session)
        issued()

    def log_out(person):
        owner = {"now": clock, "user": person, "subject": who["subjects"][person]}
        if variant.family_expiry:
            end = variant.end.replace(variant.expiry, variant.family_expiry)
            db.execute(f"UPDATE refresh_family SET {end} WHERE {variant.family_user} AND {variant.family_alive}", owner)
        db.execute(f"UPDATE session SET {variant.end} WHERE {variant.user} AND {variant.alive}", owner)

    people = iter(dice.sample(who["ordinary"], min(times, len(who["ordinary"]))))
    acts = {"login": login, "touch": touch, "refresh": refresh, "log a user out": lambda: log_out(next(people)),
            "log the busiest user out": lambda: log_out(who["busiest"])}
    results = {}
    for name, act in acts.items():
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        taken = []
        for _ in range(1 if "busiest" in name else min(times, len(who["ordinary"]))):
            clock += 1000
            begin = time.perf_counter()
            db.execute("BEGIN IMMEDIATE")
            act()
            db.execute("COMMIT")
            taken.append((time.perf_counter() - begin) * 1000)
        frames = (os.path.getsize(path + "-wal") - 32) / (variant.page_size + 24)
        results[name] = (statistics.median(taken), frames / len(taken))
    db.close()
    return results


def delete_at_once(variant, path, cache_kib, autocheckpoint):
    """Seconds to remove everything dead in one transaction, checkpoint included."""
    db = connect(path, cache_kib, autocheckpoint)

    def act():
        db.execute("BEGIN IMMEDIATE")
        gone = 0
        if not variant.cascade:
            db.execute(f"DELETE FROM refresh_family WHERE {variant.family_dead}", {"now": NOW})
        gone = db.execute(f"DELETE FROM session WHERE {variant.dead}", {"now": NOW}).rowcount
        db.execute("COMMIT")
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        return gone

    seconds, gone = timed(act)
    db.close()
    return seconds, gone


def delete_in_batches(variant, path, size, by_expiry):
    """Seconds, rows, the holds of the write lock (milliseconds) and of the checkpoints between them."""
    db = connect(path)
    db.execute("CREATE TEMP TABLE doomed (id INTEGER PRIMARY KEY)")
    walk = (f"SELECT id FROM session WHERE {variant.expiry} <= :now ORDER BY {variant.expiry} LIMIT :size" if by_expiry else
            f"SELECT id FROM session WHERE id > :after AND {variant.dead} ORDER BY id LIMIT :size")
    after, gone, holds, checkpoints = 0, 0, [], []
    start = time.perf_counter()
    while True:
        begin = time.perf_counter()
        db.execute("BEGIN IMMEDIATE")
        db.execute("DELETE FROM doomed")
        db.execute(f"INSERT INTO doomed {walk}", {"now": NOW, "after": after, "size": size})
        found, after = db.execute("SELECT count(*), max(id) FROM doomed").fetchone()
        db.execute("DELETE FROM refresh_family WHERE session_id IN (SELECT id FROM doomed)")
        db.execute("DELETE FROM session WHERE id IN (SELECT id FROM doomed)")
        db.execute("COMMIT")
        holds.append((time.perf_counter() - begin) * 1000)
        gone += found
        if os.path.getsize(path + "-wal") > WAL_LIMIT or found < size:
            checkpoints.append(timed(lambda: db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall())[0] * 1000)
        if found < size:
            break
    seconds = time.perf_counter() - start
    db.close()
    return {"seconds": seconds, "rows": gone, "hold p50": statistics.median(holds),
            "hold p99": sorted(holds)[int(len(holds) * 0.99)], "hold max": max(holds),
            "checkpoints": len(checkpoints), "checkpoint max": max(checkpoints)}
