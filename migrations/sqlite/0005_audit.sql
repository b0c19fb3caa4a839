-- Searching the audit trail, counting it by day, and letting old entries go.

-- Entries older than this are removed; NULL keeps them for ever.
ALTER TABLE account_policy ADD COLUMN audit_retention_days BIGINT;

CREATE INDEX audit_by_event ON audit_entries (event, sequence);
CREATE INDEX audit_by_address ON audit_entries (address, sequence);
-- Whoever did something to somebody else: most entries concern their own actor and cost nothing here.
CREATE INDEX audit_by_other_actor ON audit_entries (actor_id, sequence)
WHERE actor_id IS NOT NULL AND actor_id IS DISTINCT FROM subject_id;
-- Whoever has a name but no account: the command line.
CREATE INDEX audit_by_operator ON audit_entries (actor_name, sequence)
WHERE actor_id IS NULL AND actor_name IS NOT NULL;
CREATE INDEX audit_failures ON audit_entries (outcome, sequence) WHERE outcome = 'failure';

-- Where the trail begins: the last entry that was removed for its age. The chain goes on from its hash.
CREATE TABLE audit_anchor (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    sequence BIGINT NOT NULL,
    hash BLOB NOT NULL
);
INSERT INTO audit_anchor VALUES (1, 0, zeroblob(32));

-- It moves forward only, to an entry that is there, and never to the newest.
CREATE TRIGGER audit_anchor_moves_on BEFORE UPDATE ON audit_anchor
WHEN NOT (
    NEW.id = 1 AND NEW.sequence > OLD.sequence
    AND NEW.sequence < COALESCE((SELECT sequence FROM audit_head WHERE id = 1), 0)
    AND EXISTS (SELECT 1 FROM audit_entries e WHERE e.sequence = NEW.sequence AND e.hash = NEW.hash)
)
BEGIN SELECT RAISE(ABORT, 'the anchor of the append-only audit trail moves only to a later entry'); END;
CREATE TRIGGER audit_anchor_stays BEFORE DELETE ON audit_anchor
BEGIN SELECT RAISE(ABORT, 'the anchor of the append-only audit trail can not be removed'); END;

-- What the anchor has passed may go; nothing else.
DROP TRIGGER audit_entries_no_delete;
CREATE TRIGGER audit_entries_no_delete BEFORE DELETE ON audit_entries
WHEN OLD.sequence > COALESCE((SELECT sequence FROM audit_anchor WHERE id = 1), 0)
BEGIN SELECT RAISE(ABORT, 'audit entries are append-only'); END;

-- How often what happened on which day (days since 1970, UTC).
CREATE TABLE audit_days (
    day BIGINT NOT NULL,
    event TEXT NOT NULL,
    outcome TEXT NOT NULL,
    entries BIGINT NOT NULL,
    PRIMARY KEY (day, event, outcome)
);
-- The last entry that is counted there.
CREATE TABLE audit_counted (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    sequence BIGINT NOT NULL
);
INSERT INTO audit_counted VALUES (1, 0);

-- How many active people had a second factor, as last seen on each day.
CREATE TABLE adoption_days (
    day BIGINT PRIMARY KEY,
    people BIGINT NOT NULL,
    with_second_factor BIGINT NOT NULL
);

-- What the dashboard counts without reading the tables whole.
CREATE INDEX users_inactive ON users (id) WHERE NOT active;
CREATE INDEX recovery_codes_used ON recovery_codes (set_id, used_at) WHERE used_at IS NOT NULL;
