-- What bounds how much one person may have recorded and sent.

-- Events that a person can cause as often as they like: within some minutes the
-- first few leave an entry each in the audit trail, the others are counted here
-- and leave one together.
CREATE TABLE audit_folds (
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    event TEXT NOT NULL,
    began_at BIGINT NOT NULL,
    -- Recorded one by one since then.
    entries BIGINT NOT NULL,
    -- Counted since then; the first and the last of them, and what the last was.
    folded BIGINT NOT NULL,
    first_at BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    outcome TEXT NOT NULL,
    address TEXT,
    user_agent TEXT,
    detail TEXT,
    PRIMARY KEY (user_id, event)
);
CREATE INDEX audit_folds_by_age ON audit_folds (began_at);

-- Mail that was written to a person within an hour (hours since 1970), by what it is about.
CREATE TABLE letter_counts (
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    hour BIGINT NOT NULL,
    letters BIGINT NOT NULL,
    PRIMARY KEY (user_id, kind)
);

-- Whoever has never chosen a password can't sign in yet, and is listed and counted apart.
DROP INDEX users_without;
DROP INDEX users_without_by_name;
DROP INDEX users_without_by_created;
DROP INDEX users_without_by_last_sign_in;
CREATE INDEX users_without ON users (exposed_since)
WHERE active AND NOT has_second_factor AND password_hash IS NOT NULL;
CREATE INDEX users_without_by_name ON users (name_key, id)
WHERE active AND NOT has_second_factor AND password_hash IS NOT NULL;
CREATE INDEX users_without_by_created ON users (created_at, id)
WHERE active AND NOT has_second_factor AND password_hash IS NOT NULL;
CREATE INDEX users_without_by_last_sign_in ON users (last_sign_in_at, id)
WHERE active AND NOT has_second_factor AND password_hash IS NOT NULL;
CREATE INDEX users_not_activated_by_name ON users (name_key, id) WHERE active AND password_hash IS NULL;
CREATE INDEX users_not_activated_by_created ON users (created_at, id) WHERE active AND password_hash IS NULL;
CREATE INDEX users_not_activated_by_last_sign_in ON users (last_sign_in_at, id) WHERE active AND password_hash IS NULL;
