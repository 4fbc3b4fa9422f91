-- One row per believable login, the same every time: what every schema variant is loaded from.
--
--   sqlite3 facts.db -cmd '.parameter init' -cmd '.parameter set :rows 1000000' \
--       -cmd '.parameter set :expired 0.9' -cmd '.parameter set :now 1795219200000' < facts.sql
--
-- Needs the sqlite3 shell (for sha3), nothing else. Times are whole Unix milliseconds. :now has to be a midnight (UTC).
--
-- Rows come in order of creation over the 90 days before :now, busier by day than by night. The chance to be alive falls
-- with age, so what a cleanup removes is dense among the old rows and scattered among the new ones. A few people and one
-- or two clients own much of everything. Addresses are from ranges that belong to nobody: 100.64/10, 10/8, 2001:db8::/32.

PRAGMA page_size = 8192;
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA cache_size = -262144;
BEGIN;

CREATE TABLE agent (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;
WITH
    platform(p, head, tail) AS (VALUES
        (0, 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/', '.0.0.0 Safari/537.36'),
        (1, 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.', ' Safari/605.1.15'),
        (2, 'Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/', '.0'),
        (3, 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.', ' Mobile/15E148 Safari/604.1'),
        (4, 'Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/', '.0.0.0 Mobile Safari/537.36'),
        (5, 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/', '.0.0.0 Safari/537.36 Edg/131.0.2903.51'),
        (6, 'acme-mobile/', ' CFNetwork/1568 Darwin/24.0.0'),
        (7, 'acme-cli/2.', ' (linux; amd64)')),
    version(v) AS (SELECT 60 UNION ALL SELECT v + 1 FROM version WHERE v < 139)
INSERT INTO agent SELECT p * 80 + v - 59, head || v || tail FROM platform, version;

CREATE TABLE client (id INTEGER PRIMARY KEY, client_id TEXT NOT NULL, share INTEGER NOT NULL) STRICT;
INSERT INTO client VALUES                      -- share: logins among ten thousand, running total
    (1, 'web', 4600), (2, 'ios', 6500), (3, 'android', 8300), (4, 'partner-portal', 9000), (5, 'desktop', 9400),
    (6, 'back-office', 9600), (7, 'cli', 9750), (8, 'reporting', 9850), (9, 'warehouse-scanner', 9920),
    (10, 'support-desk', 9960), (11, 'kiosk', 9990), (12, 'legacy-import', 10000);

-- A client's place among ten thousand, so that choosing one is a look-up by key.
CREATE TEMP TABLE choice (place INTEGER PRIMARY KEY, client INTEGER NOT NULL);
WITH RECURSIVE place(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM place WHERE n < 9999)
INSERT INTO choice SELECT n, (SELECT min(id) FROM client WHERE share > n) FROM place;

-- One person for eight logins. Subjects are what identity providers hand out: addresses, UUIDs, numbered accounts.
CREATE TABLE user (id INTEGER PRIMARY KEY, subject TEXT NOT NULL, created_at INTEGER NOT NULL) STRICT;
WITH RECURSIVE
    given(g, name) AS (VALUES (0, 'alice'), (1, 'bruno'), (2, 'chiara'), (3, 'deniz'), (4, 'elif'), (5, 'farid'),
        (6, 'greta'), (7, 'hanna'), (8, 'ines'), (9, 'jonas'), (10, 'kofi'), (11, 'lena'), (12, 'mateo'), (13, 'noor'),
        (14, 'oskar'), (15, 'priya')),
    family(f, name) AS (VALUES (0, 'meyer'), (1, 'rossi'), (2, 'nowak'), (3, 'silva'), (4, 'okafor'), (5, 'larsen'),
        (6, 'dubois'), (7, 'tanaka'), (8, 'haddad'), (9, 'kowalski'), (10, 'moreau'), (11, 'berg'), (12, 'costa')),
    person(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM person WHERE n < max(1, :rows / 8))
INSERT INTO user
SELECT n,
    CASE n % 10
        WHEN 0 THEN 'acct-' || printf('%08d', n)
        WHEN 1 THEN (SELECT substr(h, 1, 8) || '-' || substr(h, 9, 4) || '-4' || substr(h, 13, 3) || '-a'
                        || substr(h, 16, 3) || '-' || substr(h, 19, 12)
                     FROM (SELECT lower(hex(sha3('subject ' || n, 256))) AS h))
        ELSE (SELECT name FROM given WHERE g = n % 16) || '.' || (SELECT name FROM family WHERE f = n % 13) || n
            || '@example.org'
    END,
    :now - 86400000 * 800 + n * (86400000 * 700 / max(1, :rows / 8))
FROM person;

-- Every column of draws is a Lehmer generator of its own (modulus 2^31 - 1), so nothing here depends on chance.
CREATE TABLE fact (
    id INTEGER PRIMARY KEY, user INTEGER NOT NULL, client INTEGER NOT NULL, agent INTEGER NOT NULL,
    created_at INTEGER NOT NULL, last_seen_at INTEGER NOT NULL, idle_timeout INTEGER NOT NULL,
    expires_at INTEGER NOT NULL, absolute_expires_at INTEGER NOT NULL,
    ip BLOB, device TEXT, data TEXT, generation INTEGER NOT NULL, scope TEXT,
    ended_at INTEGER, end_reason TEXT, ended_by TEXT,
    session_hash BLOB NOT NULL, family_hash BLOB NOT NULL) STRICT;

WITH RECURSIVE
    draw(i, a, b, c, d, e, f) AS (
        VALUES (1, 20261121, 48611, 104729, 15485863, 32452843, 49979687)
        UNION ALL
        SELECT i + 1, a * 48271 % 2147483647, b * 69621 % 2147483647, c * 16807 % 2147483647,
            d * 39373 % 2147483647, e * 742938285 % 2147483647, f * 950706376 % 2147483647
        FROM draw WHERE i < :rows),
    -- The wave of three hours moves logins from night to day and never changes their order.
    born AS MATERIALIZED (
        SELECT i, a, b, c, d, e, f, a / 2147483647.0 AS ua, e / 2147483647.0 AS ue, f / 2147483647.0 AS uf,
            :now - 7776000000 + CAST((i - 1) * (7776000000.0 / :rows) + d % 100 * (7776000.0 / :rows)
                + 10800000 * sin(2 * pi() * (i - 1) * 90.0 / :rows) AS INTEGER) AS created_at,
            1 - :expired AS share
        FROM draw),
    aged AS MATERIALIZED (
        SELECT *, :now - created_at AS age,
            ue < share * (1 + min(4, CAST(1 / max(share, 0.001) AS INTEGER) - 1))
                * pow(CAST(i AS REAL) / :rows, min(4, CAST(1 / max(share, 0.001) AS INTEGER) - 1)) AS alive,
            1 + CAST(ua * ua * max(1, :rows / 8) AS INTEGER) * 1000003 % max(1, :rows / 8) AS person
        FROM born),
    fated AS MATERIALIZED (
        SELECT *, NOT alive AND (age < 691200000 OR c % 10 < 3) AS ended,
            created_at + CASE WHEN alive AND age > 2505600000 THEN 31536000000 ELSE 2592000000 END AS absolute_at
        FROM aged),
    lived AS MATERIALIZED (
        SELECT *, CASE
                WHEN alive THEN :now - 1 - CAST(uf * uf * min(age - 1, 600000000) AS INTEGER)
                WHEN ended THEN created_at + CAST(uf * min(age, 2592000000) AS INTEGER)
                ELSE created_at + CAST(uf * uf * (min(age, 2592000000) - 604800000) AS INTEGER)
            END AS seen_at
        FROM fated)
INSERT INTO fact
SELECT i, person, (SELECT client FROM choice WHERE place = b % 10000), 1 + (b / 10000) % 8 * 80 + 79 - CAST(79 * uf * uf AS INTEGER),
    created_at, seen_at, 604800000, min(seen_at + 604800000, absolute_at), absolute_at,
    CASE WHEN d % 50 = 0 THEN NULL
        WHEN d % 4 = 0 THEN CAST(x'20010db8' || substr(sha3('net6 ' || (person % 3000), 224), 1, 2) || x'0000'
            || substr(sha3('host6 ' || person || ' ' || (c % 3), 224), 1, 8) AS BLOB)
        WHEN d % 4 = 1 THEN CAST(x'00000000000000000000ffff0a' || substr(sha3('site ' || (person % 400), 224), 1, 2)
            || substr(sha3('desk ' || person, 224), 1, 1) AS BLOB)
        ELSE CAST(x'00000000000000000000ffff64'
            || substr(x'404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f', 1 + (person + c % 2) % 32, 1)
            || substr(sha3('home ' || person || ' ' || (c % 2), 224), 1, 2) AS BLOB)
    END,
    CASE WHEN c % 5 < 3 THEN CASE b % 6 WHEN 0 THEN 'iPhone 15' WHEN 1 THEN 'Pixel 8' WHEN 2 THEN 'MacBook Pro'
        WHEN 3 THEN 'ThinkPad X1' WHEN 4 THEN 'Galaxy S24' ELSE 'iPad Air' END || ' #' || (person * 3 + c % 3) END,
    CASE WHEN b % 3 = 0 THEN '{"roles":["member"],"locale":"' || substr('endefrites', 1 + d % 5 * 2, 2) || '"}' END,
    CASE WHEN alive OR NOT ended THEN 1 + c % 300 ELSE 1 + c % 40 END,
    CASE c % 4 WHEN 0 THEN 'openid profile' WHEN 1 THEN 'openid profile email offline_access' ELSE 'openid' END,
    CASE WHEN ended THEN seen_at END,
    CASE WHEN ended THEN CASE WHEN f % 100 < 80 THEN 'logout' WHEN f % 100 < 97 THEN 'revoked' ELSE 'replay' END END,
    CASE WHEN ended THEN CASE WHEN f % 100 < 80 THEN 'user' WHEN f % 100 < 97 THEN 'ops@example.org' ELSE 'system' END END,
    sha3('session ' || i, 256), sha3('family ' || i, 256)
FROM lived;
COMMIT;
