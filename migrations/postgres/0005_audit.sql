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
    hash BYTEA NOT NULL
);
INSERT INTO audit_anchor VALUES (1, 0, decode(repeat('00', 32), 'hex'));

-- It moves forward only, to an entry that is there, and never to the newest.
CREATE FUNCTION audit_anchor_moves_on() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.id = 1 AND NEW.sequence > OLD.sequence
        AND NEW.sequence < COALESCE((SELECT sequence FROM audit_head WHERE id = 1), 0)
        AND EXISTS (SELECT 1 FROM audit_entries e WHERE e.sequence = NEW.sequence AND e.hash = NEW.hash)
    THEN RETURN NEW; END IF;
    RAISE EXCEPTION 'the anchor of the append-only audit trail moves only to a later entry';
END $$;
CREATE TRIGGER audit_anchor_moves_on BEFORE UPDATE ON audit_anchor
FOR EACH ROW EXECUTE FUNCTION audit_anchor_moves_on();
CREATE FUNCTION audit_anchor_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'the anchor of the append-only audit trail can not be removed'; END $$;
CREATE TRIGGER audit_anchor_stays BEFORE DELETE OR TRUNCATE ON audit_anchor
FOR EACH STATEMENT EXECUTE FUNCTION audit_anchor_stays();

-- What the anchor has passed may go; nothing else.
DROP TRIGGER audit_entries_append_only ON audit_entries;
CREATE TRIGGER audit_entries_append_only BEFORE UPDATE OR TRUNCATE ON audit_entries
FOR EACH STATEMENT EXECUTE FUNCTION audit_entries_append_only();
CREATE FUNCTION audit_entries_outlive_the_anchor() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.sequence > COALESCE((SELECT sequence FROM audit_anchor WHERE id = 1), 0)
    THEN RAISE EXCEPTION 'audit entries are append-only'; END IF;
    RETURN OLD;
END $$;
CREATE TRIGGER audit_entries_no_delete BEFORE DELETE ON audit_entries
FOR EACH ROW EXECUTE FUNCTION audit_entries_outlive_the_anchor();

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
