-- The whole model (docs/architecture.md, "The store"). Times are whole Unix milliseconds, UTC. Rows record facts with
-- times; states are derived when read, so no job has to flip anything for a dead token to be dead.

CREATE TABLE store (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    store_id TEXT NOT NULL,                 -- random, part of every sealed key's context and of the audit chain
    epoch INTEGER NOT NULL,                 -- a restore begins a new one
    created_at INTEGER NOT NULL,
    last_write_at INTEGER NOT NULL,         -- store time: strictly increasing
    floor_at INTEGER NOT NULL DEFAULT 0,    -- everyone: sessions valid from then or before are logged out
    rules_lifted_at INTEGER NOT NULL DEFAULT 0, -- the last time rules were lifted: what holds them in memory reads all again
    rules_changed_at INTEGER NOT NULL DEFAULT 0, -- a rule was added, widened or lifted, or a floor set
    sweep_due INTEGER NOT NULL DEFAULT 0,   -- 1: entries of sessions that are gone may still lie in session_by_…, below
    key_sets_until INTEGER NOT NULL DEFAULT 0, -- verifiers may cache a key set by an earlier, longer jwks.max_age till then
    id_key BLOB NOT NULL,                   -- keys the permutation of public ids
    replay_key BLOB NOT NULL,               -- parent of every family's replay key
    master_key_id TEXT NOT NULL,
    identity_jwk TEXT NOT NULL,             -- Ed25519, signs exports and checkpoints
    identity_sealed TEXT NOT NULL
) STRICT;

CREATE TABLE policy (
    name TEXT PRIMARY KEY NOT NULL,
    value TEXT NOT NULL,
    changed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE user (
    id INTEGER PRIMARY KEY,
    subject TEXT NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    token_issued_at INTEGER,                -- the last access token without a session,
    tokens_until INTEGER                    -- and the latest exp of any such
) STRICT;

CREATE TABLE client (
    id INTEGER PRIMARY KEY,
    client_id TEXT NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    floor_at INTEGER NOT NULL DEFAULT 0     -- its sessions valid from then or before are logged out
) STRICT;

CREATE INDEX client_floored ON client (floor_at) WHERE floor_at > 0;

-- Ids are never used twice (AUTOINCREMENT): a public id names one login for ever.
CREATE TABLE session (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id INTEGER NOT NULL REFERENCES user,
    client_id INTEGER NOT NULL REFERENCES client,
    created_at INTEGER NOT NULL,
    login_at INTEGER NOT NULL,              -- the first of its line: regenerating keeps it
    valid_from INTEGER NOT NULL,            -- compared with floors
    last_seen_at INTEGER NOT NULL,
    idle_timeout INTEGER NOT NULL,          -- as recorded at login
    absolute_expires_at INTEGER NOT NULL,
    alive_until INTEGER NOT NULL,           -- the first of idle deadline, absolute expiry and end
    access_until INTEGER,                   -- the latest exp of the access tokens that carry its sid
    access_key INTEGER REFERENCES signing_key, -- which signed that token
    secret_hash BLOB NOT NULL,
    ip BLOB,                                -- 16 bytes, IPv4 mapped
    user_agent TEXT,
    device TEXT,
    data TEXT,                              -- attributes, a JSON object
    ended_at INTEGER CHECK (ended_at > 0),
    end_reason TEXT,
    ended_by TEXT
) STRICT;

CREATE INDEX session_by_client ON session (client_id);
-- Whom a leaked key concerns. A refresh writes here only after a rotation.
CREATE INDEX session_by_access_key ON session (access_key) WHERE access_key IS NOT NULL;
-- Those that outlived a floor: a handful, so logins and cleanup never meet it.
CREATE INDEX session_kept ON session (valid_from) WHERE valid_from > created_at;

-- How sessions are found by what scatters them: what would be indexes, as tables. An index entry goes with its row, and nine
-- rows in ten of a cleanup's batch have theirs on pages where no other row of the batch has one. So a cleanup of many rows
-- says so (store.sweep_due), leaves these entries behind, and afterwards goes through each table once, in its order
-- (docs/decisions/0010-entries-are-swept.md). Whoever reads them joins the session, which an entry left behind does not have.
-- What follows the key tells of many of the dead that they are, without a look at the row.
CREATE TABLE session_by_user (
    user_id INTEGER NOT NULL,
    session_id INTEGER NOT NULL,
    absolute_expires_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, session_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE session_by_ip (
    ip BLOB NOT NULL,
    session_id INTEGER NOT NULL,
    absolute_expires_at INTEGER NOT NULL,
    PRIMARY KEY (ip, session_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE session_by_device (
    device TEXT NOT NULL,
    session_id INTEGER NOT NULL,
    absolute_expires_at INTEGER NOT NULL,
    PRIMARY KEY (device, session_id)
) STRICT, WITHOUT ROWID;

-- A login's timeout is one of a few that the policy ever had, and decides how far back the living were seen last.
CREATE TABLE session_by_last_seen (
    idle_timeout INTEGER NOT NULL,
    last_seen_at INTEGER NOT NULL,
    session_id INTEGER NOT NULL,
    ended INTEGER NOT NULL,                 -- 1: somebody ended it
    PRIMARY KEY (idle_timeout, last_seen_at, session_id)
) STRICT, WITHOUT ROWID;

-- When each was ended, or, where none has been (0), until when it lives: ended_at = 0 AND alive_until > now are those alive.
-- The third column tells the idle from the old without a look at the row.
CREATE TABLE session_by_end (
    ended_at INTEGER NOT NULL,
    alive_until INTEGER NOT NULL,
    absolute_expires_at INTEGER NOT NULL,
    session_id INTEGER NOT NULL,
    PRIMARY KEY (ended_at, alive_until, absolute_expires_at, session_id)
) STRICT, WITHOUT ROWID;

-- Where the living lie among the dead of their age: of 64 numbers in a row, until when any session lives that nobody ended.
-- At most 70 minutes too late, so that refreshes seldom write here; where no row is, nobody lives.
CREATE TABLE session_span (
    span INTEGER PRIMARY KEY,               -- session.id / 64
    alive_until INTEGER NOT NULL
) STRICT;

-- How the names of sessions' users begin, in the order of sessions: who asks for all names with one beginning looks at no other
-- session's row (docs/decisions/0011-where-the-living-lie.md).
CREATE TABLE session_subject (
    session_id INTEGER PRIMARY KEY,
    beginning TEXT NOT NULL                 -- of user.subject, at most 8 characters
) STRICT;

CREATE TRIGGER session_made AFTER INSERT ON session BEGIN
    INSERT OR IGNORE INTO session_subject SELECT new.id, substr(subject, 1, 8) FROM user WHERE id = new.user_id;
    INSERT OR IGNORE INTO session_by_user VALUES (new.user_id, new.id, new.absolute_expires_at);
    INSERT OR IGNORE INTO session_by_ip SELECT new.ip, new.id, new.absolute_expires_at WHERE new.ip IS NOT NULL;
    INSERT OR IGNORE INTO session_by_device
        SELECT new.device, new.id, new.absolute_expires_at WHERE new.device IS NOT NULL;
    INSERT OR IGNORE INTO session_by_last_seen
        VALUES (new.idle_timeout, new.last_seen_at, new.id, new.ended_at IS NOT NULL);
    INSERT OR IGNORE INTO session_by_end
        VALUES (coalesce(new.ended_at, 0), new.alive_until, new.absolute_expires_at, new.id);
    INSERT INTO session_span SELECT new.id >> 6, new.alive_until | 0x3FFFFF
        WHERE new.ended_at IS NULL
        ON CONFLICT (span) DO UPDATE SET alive_until = excluded.alive_until WHERE excluded.alive_until > alive_until;
END;

CREATE TRIGGER session_seen AFTER UPDATE OF idle_timeout, last_seen_at ON session BEGIN
    DELETE FROM session_by_last_seen
        WHERE idle_timeout = old.idle_timeout AND last_seen_at = old.last_seen_at AND session_id = old.id;
    INSERT OR IGNORE INTO session_by_last_seen
        VALUES (new.idle_timeout, new.last_seen_at, new.id, new.ended_at IS NOT NULL);
END;

CREATE TRIGGER session_ends AFTER UPDATE OF ended_at, alive_until ON session BEGIN
    DELETE FROM session_by_end
        WHERE ended_at = coalesce(old.ended_at, 0) AND alive_until = old.alive_until
            AND absolute_expires_at = old.absolute_expires_at AND session_id = old.id;
    INSERT OR IGNORE INTO session_by_end
        VALUES (coalesce(new.ended_at, 0), new.alive_until, new.absolute_expires_at, new.id);
    INSERT INTO session_span SELECT new.id >> 6, new.alive_until | 0x3FFFFF
        WHERE new.ended_at IS NULL AND new.alive_until | 0x3FFFFF > old.alive_until | 0x3FFFFF
        ON CONFLICT (span) DO UPDATE SET alive_until = excluded.alive_until WHERE excluded.alive_until > alive_until;
END;

CREATE TRIGGER session_ended AFTER UPDATE OF ended_at ON session BEGIN
    UPDATE session_by_last_seen SET ended = new.ended_at IS NOT NULL
        WHERE idle_timeout = new.idle_timeout AND last_seen_at = new.last_seen_at AND session_id = new.id;
END;

CREATE TRIGGER session_stays BEFORE UPDATE OF id, user_id, ip, device, absolute_expires_at ON session
    WHEN new.id <> old.id OR new.user_id <> old.user_id OR new.ip IS NOT old.ip OR new.device IS NOT old.device
        OR new.absolute_expires_at <> old.absolute_expires_at
BEGIN
    SELECT RAISE(ABORT, 'a session keeps its user, address, device and absolute expiry');
END;

-- Nothing here renames a user; whoever does by hand hides nobody.
CREATE TRIGGER user_renamed AFTER UPDATE OF subject ON user BEGIN
    UPDATE session_subject SET beginning = substr(new.subject, 1, 8)
        WHERE session_id IN (SELECT session_id FROM session_by_user WHERE user_id = new.id);
END;

-- Beginnings lie as sessions do.
CREATE TRIGGER session_gone AFTER DELETE ON session BEGIN
    DELETE FROM session_subject WHERE session_id = old.id;
END;

CREATE TRIGGER session_removed AFTER DELETE ON session WHEN (SELECT sweep_due FROM store WHERE id = 1) = 0 BEGIN
    DELETE FROM session_by_user WHERE user_id = old.user_id AND session_id = old.id;
    DELETE FROM session_by_ip WHERE ip = old.ip AND session_id = old.id;
    DELETE FROM session_by_device WHERE device = old.device AND session_id = old.id;
    DELETE FROM session_by_last_seen
        WHERE idle_timeout = old.idle_timeout AND last_seen_at = old.last_seen_at AND session_id = old.id;
    DELETE FROM session_by_end
        WHERE ended_at = coalesce(old.ended_at, 0) AND alive_until = old.alive_until
            AND absolute_expires_at = old.absolute_expires_at AND session_id = old.id;
END;

-- One row a login, however often it refreshes. User, client, floors and how long it lives are its session's: a login with
-- tokens has one life (docs/decisions/0001-schema.md).
CREATE TABLE refresh_family (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    session_id INTEGER NOT NULL REFERENCES session,
    created_at INTEGER NOT NULL,
    scope TEXT,
    generation INTEGER NOT NULL,
    secret_hash BLOB NOT NULL,              -- of the current generation
    spent_at INTEGER,                       -- when the generation before was spent, and from where
    spent_ip BLOB,
    successor BLOB,                         -- current secret sealed under the spent one,
    grace_until INTEGER,                    -- for refresh.grace as it was then
    replayed_at INTEGER,
    replayed_ip BLOB,
    replays INTEGER NOT NULL DEFAULT 0,
    ended_at INTEGER,                       -- where the family ended and its session lives on
    end_reason TEXT,
    ended_by TEXT
) STRICT;

CREATE INDEX refresh_family_by_session ON refresh_family (session_id);
CREATE INDEX refresh_family_by_end ON refresh_family (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX refresh_family_by_successor ON refresh_family (grace_until) WHERE successor IS NOT NULL;
CREATE INDEX refresh_family_by_replay ON refresh_family (session_id, replayed_at) WHERE replayed_at IS NOT NULL;

-- Rows stay after removal: a kid is never used twice.
CREATE TABLE signing_key (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kid TEXT NOT NULL UNIQUE,
    alg TEXT NOT NULL,
    origin TEXT NOT NULL CHECK (origin IN ('generated', 'imported')),
    public_jwk TEXT,                        -- none for HS256
    sealed TEXT,                            -- the private half, an encrypted JWK; none once destroyed
    accept TEXT,                            -- what an imported key accepts, a JSON object
    without_kid INTEGER NOT NULL DEFAULT 0, -- answers for tokens that name no key
    created_at INTEGER NOT NULL,
    published_at INTEGER,                   -- when verifiers could first fetch it,
    known_at INTEGER,                       -- and when every cache of theirs from before has run out
    latest_exp INTEGER,                     -- of the tokens it signed, or as imported
    overwritten_at INTEGER,                 -- the private half; a copy may lie in the write-ahead log
    destroyed_at INTEGER,                   -- when no copy was left there either
    removed_at INTEGER,
    revoked_at INTEGER,
    revoke_cause TEXT
) STRICT;

CREATE UNIQUE INDEX signing_key_without_kid ON signing_key (without_kid)
    WHERE without_kid = 1 AND removed_at IS NULL AND revoked_at IS NULL;
CREATE INDEX signing_key_overwritten ON signing_key (overwritten_at)
    WHERE overwritten_at IS NOT NULL AND destroyed_at IS NULL;
CREATE INDEX signing_key_in_set ON signing_key (id) WHERE removed_at IS NULL AND revoked_at IS NULL;

-- Who signs when. The signer is the last row not voided whose time has come and whose key verifiers know.
CREATE TABLE signing_schedule (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    key_id INTEGER NOT NULL REFERENCES signing_key,
    from_at INTEGER NOT NULL,
    at_once INTEGER NOT NULL DEFAULT 0,     -- does not wait for the key to be known
    distrusts INTEGER NOT NULL DEFAULT 0,   -- no key made before this row may sign again
    created_at INTEGER NOT NULL,
    voided_at INTEGER
) STRICT;

CREATE INDEX signing_schedule_by_key ON signing_schedule (key_id);
CREATE INDEX signing_schedule_distrusting ON signing_schedule (created_at) WHERE distrusts = 1;

-- How many tokens a key signed that expire within an hour: for "at most 1,204 unexpired tokens".
CREATE TABLE issued (
    key_id INTEGER NOT NULL REFERENCES signing_key,
    hour INTEGER NOT NULL,                  -- of exp, since the Unix epoch
    tokens INTEGER NOT NULL,
    PRIMARY KEY (key_id, hour)
) STRICT, WITHOUT ROWID;

CREATE TABLE publication (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    path TEXT,                              -- none: served by an application
    mode INTEGER,                           -- of the file, permission bits
    kids TEXT NOT NULL,                     -- a JSON array
    sha256 BLOB NOT NULL
) STRICT;

-- One rule a scope and value. value: a jti, ses_…, subject, client id or kid; empty for everyone.
CREATE TABLE deny_rule (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    scope TEXT NOT NULL CHECK (scope IN ('token', 'session', 'user', 'client', 'key', 'everyone')),
    value TEXT NOT NULL,
    issued_before INTEGER,                  -- the cut-off; none: whenever issued
    matches_until INTEGER,                  -- the latest exp it can match; none: for ever
    created_at INTEGER NOT NULL,
    reason TEXT,
    actor TEXT NOT NULL,
    audit_seq INTEGER,
    changed_at INTEGER NOT NULL,            -- added or widened, in store time: what holds rules in memory reads on from there
    UNIQUE (scope, value)
) STRICT;

CREATE INDEX deny_rule_by_matches_until ON deny_rule (matches_until);
CREATE INDEX deny_rule_by_change ON deny_rule (changed_at);

CREATE TABLE audit_event (
    seq INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    uid INTEGER NOT NULL,
    verb TEXT NOT NULL,
    target TEXT,
    reason TEXT,
    counts TEXT NOT NULL,                   -- a JSON object of integers
    hash BLOB NOT NULL                      -- SHA-256 of the hash before and this event's RFC 8785 form
) STRICT;

CREATE INDEX audit_event_by_target ON audit_event (target);

-- What the events before the oldest that is left came to, signed by the store's identity: written by the cleanup that
-- removed them under retention.audit, and what the chain builds on from then on.
CREATE TABLE audit_anchor (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    seq INTEGER NOT NULL,                   -- of the last event removed
    hash BLOB NOT NULL,                     -- and its hash
    signed TEXT NOT NULL                    -- both, with store and epoch: a compact JWS
) STRICT;

-- What each cleanup did, for status and doctor; the last few only. One runs at a time: it holds the lease in its row, and
-- renews it with every batch.
CREATE TABLE cleanup_run (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    started_at INTEGER NOT NULL,
    finished_at INTEGER,                    -- none: it runs, or was cut off
    removed INTEGER NOT NULL DEFAULT 0,
    complete INTEGER NOT NULL DEFAULT 0,    -- 1: no login was left that was due
    lease_until INTEGER                     -- while it runs: after that it is taken for dead
) STRICT;

-- What other programs may read and rely on: docs/integration.md. Columns are only ever added.

CREATE VIEW store_now AS
SELECT store_id AS store, epoch,
       max(last_write_at, CAST(round((julianday('now') - 2440587.5) * 86400000.0) AS INTEGER)) AS now, id_key
FROM store WHERE id = 1;

CREATE VIEW live_session AS
SELECT s.id, u.subject AS user, c.client_id AS client, s.secret_hash, s.created_at, s.login_at, s.last_seen_at,
       s.alive_until, s.data
FROM session s JOIN user u ON u.id = s.user_id JOIN client c ON c.id = s.client_id
    -- For the sake of who asks by user; who asks by id finds one entry.
    JOIN session_by_user b ON b.user_id = u.id AND b.session_id = s.id
-- Without a say of their own these leave the choice of a way to the question: by id, by user.
WHERE +s.ended_at IS NULL AND +s.alive_until > (SELECT now FROM store_now)
  AND s.valid_from > max(c.floor_at, (SELECT floor_at FROM store WHERE id = 1));

CREATE VIEW denied AS
SELECT scope, value, issued_before / 1000 AS issued_until, (matches_until + 999) / 1000 AS matches_until, id AS rule, reason
FROM deny_rule
UNION ALL SELECT 'everyone', '', floor_at / 1000, NULL, NULL, NULL FROM store WHERE id = 1 AND floor_at > 0
UNION ALL SELECT 'client', client_id, floor_at / 1000, NULL, NULL, NULL FROM client WHERE floor_at > 0;
