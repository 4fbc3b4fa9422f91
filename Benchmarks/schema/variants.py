"""The candidate schemas. `draft` is the baseline; every other one answers a single question about it."""

from dataclasses import dataclass, replace

USER = """CREATE TABLE user (
    id INTEGER PRIMARY KEY, subject TEXT NOT NULL UNIQUE, created_at INTEGER NOT NULL) STRICT"""
CLIENT = """CREATE TABLE client (
    id INTEGER PRIMARY KEY, client_id TEXT NOT NULL UNIQUE, created_at INTEGER NOT NULL,
    floor_at INTEGER NOT NULL DEFAULT 0) STRICT"""
ISSUED = """CREATE TABLE issued (
    key_id INTEGER NOT NULL, hour INTEGER NOT NULL, tokens INTEGER NOT NULL,
    PRIMARY KEY (key_id, hour)) STRICT, WITHOUT ROWID"""

SESSION = """CREATE TABLE session (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id INTEGER NOT NULL REFERENCES user, client_id INTEGER NOT NULL REFERENCES client,
    created_at INTEGER NOT NULL, login_at INTEGER NOT NULL, valid_from INTEGER NOT NULL,
    last_seen_at INTEGER NOT NULL, idle_timeout INTEGER, expires_at INTEGER NOT NULL,
    absolute_expires_at INTEGER NOT NULL, secret_hash BLOB NOT NULL, ip BLOB, user_agent TEXT, device TEXT, data TEXT,
    ended_at INTEGER, end_reason TEXT, ended_by TEXT) STRICT"""
FAMILY = """CREATE TABLE refresh_family (
    id INTEGER PRIMARY KEY AUTOINCREMENT, session_id INTEGER NOT NULL REFERENCES session,
    user_id INTEGER NOT NULL, client_id INTEGER NOT NULL,
    created_at INTEGER NOT NULL, valid_from INTEGER NOT NULL, expires_at INTEGER NOT NULL,
    absolute_expires_at INTEGER NOT NULL, idle_timeout INTEGER, generation INTEGER NOT NULL, secret_hash BLOB NOT NULL,
    successor BLOB, scope TEXT, spent_at INTEGER, spent_ip BLOB, replayed_at INTEGER, replayed_ip BLOB,
    replays INTEGER NOT NULL DEFAULT 0, ended_at INTEGER, end_reason TEXT, ended_by TEXT) STRICT"""

SESSION_INDEXES = {
    "session_user": "session (user_id)",
    "session_client": "session (client_id)",
    "session_expiry": "session (expires_at)",
    "session_seen": "session (last_seen_at)",
    "session_ip": "session (ip) WHERE ip IS NOT NULL",
    "session_device": "session (device) WHERE device IS NOT NULL",
}
FAMILY_INDEXES = {
    "family_session": "refresh_family (session_id)",
    "family_user": "refresh_family (user_id)",
    "family_client": "refresh_family (client_id)",
    "family_expiry": "refresh_family (expires_at)",
}

# Column → expression over `fact f`, in load order. A variant renames, drops or replaces entries.
SESSION_ROW = {
    "id": "f.id", "user_id": "f.user", "client_id": "f.client", "created_at": "f.created_at",
    "login_at": "f.created_at", "valid_from": "f.created_at", "last_seen_at": "f.last_seen_at",
    "idle_timeout": "f.idle_timeout", "expires_at": "f.expires_at", "absolute_expires_at": "f.absolute_expires_at",
    "secret_hash": "f.session_hash", "ip": "f.ip", "user_agent": "(SELECT text FROM facts.agent WHERE id = f.agent)",
    "device": "f.device", "data": "f.data", "ended_at": "f.ended_at", "end_reason": "f.end_reason",
    "ended_by": "f.ended_by",
}
FAMILY_ROW = {
    "id": "f.id", "session_id": "f.id", "user_id": "f.user", "client_id": "f.client", "created_at": "f.created_at",
    "valid_from": "f.created_at", "expires_at": "f.expires_at", "absolute_expires_at": "f.absolute_expires_at",
    "idle_timeout": "f.idle_timeout", "generation": "f.generation", "secret_hash": "f.family_hash",
    # Wiped when used or when its ten seconds are over: one in sixty is still there between two cleanups.
    "successor": "CASE WHEN f.generation % 60 = 2 THEN CAST(f.session_hash || f.family_hash || x'00112233' AS BLOB) END",
    "scope": "f.scope", "spent_at": "CASE WHEN f.generation > 1 THEN f.last_seen_at END",
    "spent_ip": "CASE WHEN f.generation > 1 THEN f.ip END",
    "replays": "CASE f.end_reason WHEN 'replay' THEN 1 ELSE 0 END", "ended_at": "f.ended_at",
    "end_reason": "f.end_reason", "ended_by": "f.ended_by",
}


@dataclass(frozen=True)
class Variant:
    name: str
    question: str
    session: str = SESSION
    family: str = FAMILY
    more: tuple = ()                    # further tables
    session_row: dict = None
    family_row: dict = None
    more_load: tuple = ()               # statements run before the sessions
    indexes: dict = None
    page_size: int = 4096
    # How statements say "this user's", "this client's", "its key": bound are :user :subject :client :client_name.
    user: str = "user_id = :user"
    client: str = "client_id = :client"
    family_user: str = "user_id = :user"
    family_client: str = "client_id = :client"
    subject: str = "(SELECT subject FROM user WHERE id = s.user_id)"
    client_name: str = "(SELECT client_id FROM client WHERE id = s.client_id)"
    agent: str = "s.user_agent"
    newest: str = "s.id DESC"
    key: str = "id"                     # what sessions are known by
    expiry: str = "expires_at"
    dead: str = "(expires_at <= :now OR ended_at IS NOT NULL)"
    alive: str = "expires_at > :now AND ended_at IS NULL"
    end: str = "ended_at = :now, end_reason = 'revoked', ended_by = 'bench'"
    # Families that live and die with their session have no times of their own, and logging out need not touch them.
    family_dead: str = "(expires_at <= :now OR ended_at IS NOT NULL)"
    family_alive: str = "expires_at > :now AND ended_at IS NULL"
    family_expiry: str | None = "expires_at"
    cascade: bool = False

    def schema(self):
        yield from (USER, CLIENT, ISSUED, *self.more, self.session, self.family)
        for name, target in self.indexes.items():
            yield f"CREATE INDEX {name} ON {target}"


DRAFT = Variant("draft", "the baseline", session_row=SESSION_ROW, family_row=FAMILY_ROW,
                indexes={**SESSION_INDEXES, **FAMILY_INDEXES})


def without(names, indexes=DRAFT.indexes):
    return {name: target for name, target in indexes.items() if name not in names}


def swap(text, *pairs):
    for old, new in pairs:
        if old not in text:
            raise ValueError(f"{old!r} is not in {text[:40]!r}…")
        text = text.replace(old, new)
    return text


TEXT_OWNER = (("user_id INTEGER NOT NULL", "user_id TEXT NOT NULL"),
              ("client_id INTEGER NOT NULL", "client_id TEXT NOT NULL"))
TEXT_USER = "(SELECT subject FROM facts.user WHERE id = f.user)"
TEXT_CLIENT = "(SELECT client_id FROM facts.client WHERE id = f.client)"
RANDOM_KEY = "substr(lower(hex(f.session_hash)), 1, 26)"      # 26 characters: a UUID or 130 bits in base32

text_keys = replace(
    DRAFT, name="text-keys", question="subject and client id as text in every row",
    session=swap(SESSION, ("user_id INTEGER NOT NULL REFERENCES user", "user_id TEXT NOT NULL"),
                 ("client_id INTEGER NOT NULL REFERENCES client", "client_id TEXT NOT NULL")),
    family=swap(FAMILY, *TEXT_OWNER),
    session_row={**SESSION_ROW, "user_id": TEXT_USER, "client_id": TEXT_CLIENT},
    family_row={**FAMILY_ROW, "user_id": TEXT_USER, "client_id": TEXT_CLIENT},
    user="user_id = :subject", client="client_id = :client_name",
    family_user="user_id = :subject", family_client="client_id = :client_name",
    subject="s.user_id", client_name="s.client_id")

random_key = replace(
    DRAFT, name="random-key", question="random text ids, rowid table",
    session=swap(SESSION, ("id INTEGER PRIMARY KEY AUTOINCREMENT", "id TEXT PRIMARY KEY NOT NULL")),
    family=swap(FAMILY, ("id INTEGER PRIMARY KEY AUTOINCREMENT", "id TEXT PRIMARY KEY NOT NULL"),
                ("session_id INTEGER", "session_id TEXT")),
    session_row={**SESSION_ROW, "id": RANDOM_KEY},
    family_row={**FAMILY_ROW, "id": RANDOM_KEY.replace("session_", "family_"), "session_id": RANDOM_KEY},
    indexes={**DRAFT.indexes, "session_created": "session (created_at)", "family_created": "refresh_family (created_at)"},
    newest="s.created_at DESC")

clustered = replace(
    random_key, name="random-clustered", question="random text ids, WITHOUT ROWID",
    session=swap(random_key.session, ("STRICT", "STRICT, WITHOUT ROWID")),
    family=swap(random_key.family, ("STRICT", "STRICT, WITHOUT ROWID")))

no_expiry = replace(DRAFT, name="no-expiry-index", question="cleanup walks the key; nothing by expiry",
                    indexes=without({"session_expiry", "family_expiry"}))
created = replace(DRAFT, name="created-index", question="an index on created_at instead of a search over ids",
                  indexes={**DRAFT.indexes, "session_created": "session (created_at)",
                           "family_created": "refresh_family (created_at)"})

agents = replace(
    DRAFT, name="agent-table", question="user agents in a table of their own",
    more=("CREATE TABLE agent (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE) STRICT",),
    more_load=("INSERT INTO agent SELECT id, text FROM facts.agent",),
    session=swap(SESSION, ("user_agent TEXT", "user_agent INTEGER REFERENCES agent")),
    session_row={**SESSION_ROW, "user_agent": "f.agent"},
    agent="(SELECT text FROM agent WHERE id = s.user_agent)")

live = replace(
    DRAFT, name="live-indexes", question="user and client indexed only where not ended",
    indexes={**DRAFT.indexes, "session_user": "session (user_id) WHERE ended_at IS NULL",
             "session_client": "session (client_id) WHERE ended_at IS NULL",
             "family_user": "refresh_family (user_id) WHERE ended_at IS NULL",
             "family_client": "refresh_family (client_id) WHERE ended_at IS NULL"})

owner_expiry = replace(
    DRAFT, name="owner-expiry", question="(user, expiry) and (client, expiry) instead of user and client alone",
    indexes={**DRAFT.indexes, "session_user": "session (user_id, expires_at)",
             "session_client": "session (client_id, expires_at)"})

lean_family = replace(
    DRAFT, name="lean-family", question="families find their user and client through the session",
    family=swap(FAMILY, ("    user_id INTEGER NOT NULL, client_id INTEGER NOT NULL,\n", "")),
    family_row={k: v for k, v in FAMILY_ROW.items() if k not in ("user_id", "client_id")},
    indexes=without({"family_user", "family_client"}),
    family_user="session_id IN (SELECT id FROM session WHERE user_id = :user)",
    family_client="(SELECT client_id FROM session WHERE id = session_id) = :client")

cascade = replace(DRAFT, name="cascade", question="ON DELETE CASCADE instead of deleting families first",
                  family=swap(FAMILY, ("REFERENCES session", "REFERENCES session ON DELETE CASCADE")), cascade=True)
big_pages = replace(DRAFT, name="page-8192", question="pages of 8 KiB", page_size=8192)
hash_hex = replace(
    DRAFT, name="hash-hex", question="the hash as 64 hexadecimal characters",
    session=swap(SESSION, ("secret_hash BLOB", "secret_hash TEXT")),
    family=swap(FAMILY, ("secret_hash BLOB", "secret_hash TEXT")),
    session_row={**SESSION_ROW, "secret_hash": "lower(hex(f.session_hash))"},
    family_row={**FAMILY_ROW, "secret_hash": "lower(hex(f.family_hash))"})
no_auto = replace(DRAFT, name="plain-rowid", question="no AUTOINCREMENT (ids of deleted last rows come back)",
                  session=swap(SESSION, (" AUTOINCREMENT", "")), family=swap(FAMILY, (" AUTOINCREMENT", "")))
no_seen = replace(DRAFT, name="no-seen-index", question="last_seen_at not indexed", indexes=without({"session_seen"}))

# What migrations/m0001_initial.sql said before decision 10 made five indexes tables. `alive_until` is the first of idle deadline, absolute expiry and end: one
# comparison says alive, one index finds what is due. Families find user, client and floors through their session.
INITIAL_FAMILY = swap(
    FAMILY, ("    user_id INTEGER NOT NULL, client_id INTEGER NOT NULL,\n", ""), (" valid_from INTEGER NOT NULL,", ""),
    (" expires_at INTEGER", " alive_until INTEGER"))


def alive_until(row, without=()):
    """The row with its `expires_at` moved to where the session ended, if it ended first."""
    return {"alive_until" if column == "expires_at" else column:
            "coalesce(f.ended_at, f.expires_at)" if column == "expires_at" else expression
            for column, expression in row.items() if column not in without}


initial = replace(
    DRAFT, name="m0001", question="the first migration before entries were swept (decision 10)",
    session=swap(SESSION, (" expires_at INTEGER", " alive_until INTEGER"), ("secret_hash", "access_until INTEGER, secret_hash")),
    family=INITIAL_FAMILY,
    session_row=alive_until(SESSION_ROW),
    family_row=alive_until(FAMILY_ROW, without=("user_id", "client_id", "valid_from")),
    indexes={**without({"session_expiry", "family_expiry", "family_user", "family_client"}),
             "session_end": "session (alive_until)", "family_end": "refresh_family (alive_until)",
             "family_successor": "refresh_family (spent_at) WHERE successor IS NOT NULL",
             "family_replay": "refresh_family (replayed_at) WHERE replayed_at IS NOT NULL"},
    expiry="alive_until", family_expiry="alive_until", dead="alive_until <= :now", alive="alive_until > :now",
    end="alive_until = :now, ended_at = :now, end_reason = 'revoked', ended_by = 'bench'",
    family_dead="alive_until <= :now", family_alive="alive_until > :now",
    family_user=lean_family.family_user, family_client=lean_family.family_client)

# One step further: a family has no times of its own either. It is alive while it has not ended and its session lives.
follows = replace(
    initial, name="family-follows", question="families without times of their own",
    family=swap(INITIAL_FAMILY, (" alive_until INTEGER NOT NULL,\n    absolute_expires_at INTEGER NOT NULL, "
                                 "idle_timeout INTEGER,", "")),
    family_row={k: v for k, v in initial.family_row.items()
                if k not in ("alive_until", "absolute_expires_at", "idle_timeout")},
    indexes=without({"family_end"}, initial.indexes),
    family_dead="session_id IN (SELECT id FROM session WHERE alive_until <= :now)",
    family_alive="ended_at IS NULL AND (SELECT alive_until FROM session WHERE id = session_id) > :now",
    family_expiry=None)

# And what that costs where one client's families are asked for: its id in the family after all.
follows_client = replace(
    follows, name="family-client", question="families that follow, with their client's id and an index on it",
    family=swap(follows.family, ("REFERENCES session,", "REFERENCES session, client_id INTEGER NOT NULL,")),
    family_row={**follows.family_row, "client_id": "f.client"},
    indexes={**follows.indexes, "family_client": "refresh_family (client_id)"}, family_client=DRAFT.family_client)

VARIANTS = (DRAFT, initial, follows, follows_client, text_keys, random_key, clustered, no_expiry, created, agents, live,
            owner_expiry, lean_family, cascade, big_pages, hash_hex, no_auto, no_seen)
