-- The oldest sessions of a person are found without looking at all of them.
DROP INDEX sessions_by_user;
CREATE INDEX sessions_by_use ON sessions (user_id, assurance, last_seen_at, id);
