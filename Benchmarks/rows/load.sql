-- From the facts of ../schema/facts.sql (attached as facts) into the tables of migrations/m0001_initial.sql. ../generate-rows
-- runs it within one transaction, where the two large tables have lost their indexes and triggers and get them back
-- afterwards. :now is the instant at which the facts end.

INSERT INTO user (subject, created_at)
SELECT subject, created_at FROM facts.user WHERE true ON CONFLICT DO NOTHING;
INSERT INTO client (client_id, created_at)
SELECT client_id, (SELECT min(created_at) FROM facts.user) FROM facts.client WHERE true ON CONFLICT DO NOTHING;

-- Their keys in the store, which may have had users and clients before.
CREATE TEMP TABLE person (fact INTEGER PRIMARY KEY, user INTEGER NOT NULL);
INSERT INTO person SELECT f.id, u.id FROM facts.user f JOIN main.user u ON u.subject = f.subject;
CREATE TEMP TABLE application (fact INTEGER PRIMARY KEY, client INTEGER NOT NULL);
INSERT INTO application SELECT f.id, c.id FROM facts.client f JOIN main.client c ON c.client_id = f.client_id;

-- One login in twenty was regenerated after a privilege change: the login is older than the session.
INSERT INTO session (
    user_id, client_id, created_at, login_at, valid_from, last_seen_at, idle_timeout, absolute_expires_at, alive_until,
    secret_hash, ip, user_agent, device, data, ended_at, end_reason, ended_by)
SELECT
    (SELECT user FROM person WHERE fact = f.user), (SELECT client FROM application WHERE fact = f.client),
    f.created_at, f.created_at - CASE WHEN f.id % 20 = 7 THEN 90000 ELSE 0 END, f.created_at, f.last_seen_at,
    f.idle_timeout, f.absolute_expires_at, coalesce(f.ended_at, f.expires_at), f.session_hash, f.ip,
    (SELECT text FROM facts.agent WHERE id = f.agent), f.device, f.data, f.ended_at, f.end_reason, f.ended_by
FROM facts.fact f ORDER BY f.id;

-- What the triggers would have entered one by one.
INSERT INTO session_by_user SELECT user_id, id, absolute_expires_at FROM session ORDER BY user_id, id;
INSERT INTO session_subject
SELECT s.id, substr(u.subject, 1, 8) FROM session s CROSS JOIN user u WHERE u.id = s.user_id ORDER BY s.id;
INSERT INTO session_by_ip SELECT ip, id, absolute_expires_at FROM session WHERE ip IS NOT NULL ORDER BY ip, id;
INSERT INTO session_by_device SELECT device, id, absolute_expires_at FROM session WHERE device IS NOT NULL ORDER BY device, id;
INSERT INTO session_by_last_seen
SELECT idle_timeout, last_seen_at, id, ended_at IS NOT NULL FROM session ORDER BY idle_timeout, last_seen_at, id;
INSERT INTO session_by_end
SELECT coalesce(ended_at, 0), alive_until, absolute_expires_at, id FROM session
ORDER BY coalesce(ended_at, 0), alive_until, absolute_expires_at, id;
INSERT INTO session_span
SELECT id >> 6, max(alive_until) | 0x3FFFFF FROM session WHERE ended_at IS NULL GROUP BY 1 ORDER BY 1;

-- Sessions were empty and are numbered in the order of the facts, but not from 1 where some have been removed before.
INSERT INTO refresh_family (
    session_id, created_at, scope, generation, secret_hash, spent_at, spent_ip, replayed_at, replayed_ip, replays)
SELECT
    (SELECT min(id) FROM session) + f.id - 1, f.created_at, f.scope, f.generation, f.family_hash,
    CASE WHEN f.generation > 1 THEN f.last_seen_at END, CASE WHEN f.generation > 1 THEN f.ip END,
    CASE WHEN f.end_reason = 'replay' THEN f.ended_at END, CASE WHEN f.end_reason = 'replay' THEN f.ip END,
    f.end_reason IS 'replay'
FROM facts.fact f ORDER BY f.id;

UPDATE store SET last_write_at = max(last_write_at, :now);
