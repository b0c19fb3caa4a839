-- People as administrators see them: found by any word of their names, filtered,
-- sorted; and what helps those who lost everything.

ALTER TABLE users ADD COLUMN display_name TEXT NOT NULL DEFAULT '';
-- Unix seconds; 0 when they never did.
ALTER TABLE users ADD COLUMN last_sign_in_at BIGINT NOT NULL DEFAULT 0;
-- Whether there is a row in methods; changes with it.
ALTER TABLE users ADD COLUMN has_second_factor BOOLEAN NOT NULL DEFAULT FALSE;
UPDATE users SET
    has_second_factor = EXISTS (SELECT 1 FROM methods m WHERE m.user_id = users.id),
    last_sign_in_at = COALESCE(
        (SELECT MAX(a.at) FROM audit_entries a WHERE a.subject_id = users.id AND a.event = 'signed_in'), 0);
-- By code points, as SQLite does.
ALTER TABLE users ALTER COLUMN name_key TYPE TEXT COLLATE "C";

-- One index for each order in which each list is read page by page.
CREATE INDEX users_by_created ON users (created_at, id);
CREATE INDEX users_by_last_sign_in ON users (last_sign_in_at, id);
CREATE INDEX users_without_by_name ON users (name_key, id) WHERE active AND NOT has_second_factor;
CREATE INDEX users_without_by_created ON users (created_at, id) WHERE active AND NOT has_second_factor;
CREATE INDEX users_without_by_last_sign_in ON users (last_sign_in_at, id) WHERE active AND NOT has_second_factor;
CREATE INDEX administrators_by_name ON users (name_key, id) WHERE administrator;
CREATE INDEX administrators_by_created ON users (created_at, id) WHERE administrator;
CREATE INDEX administrators_by_last_sign_in ON users (last_sign_in_at, id) WHERE administrator;
CREATE INDEX deactivated_by_name ON users (name_key, id) WHERE NOT active;
CREATE INDEX deactivated_by_created ON users (created_at, id) WHERE NOT active;
CREATE INDEX deactivated_by_last_sign_in ON users (last_sign_in_at, id) WHERE NOT active;

-- The words of people's names, folded, for search as one types.
CREATE TABLE user_words (
    word TEXT COLLATE "C" NOT NULL,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    PRIMARY KEY (word, user_id)
);
CREATE INDEX user_words_by_user ON user_words (user_id, word);
-- Whether those of everybody who was there before are stored.
ALTER TABLE portal ADD COLUMN words_stored BOOLEAN NOT NULL DEFAULT FALSE;

-- Whose passwords a counter counts, where that is anybody's.
ALTER TABLE attempt_counters ADD COLUMN user_id TEXT REFERENCES users (id) ON DELETE CASCADE;
CREATE INDEX attempt_counters_by_user ON attempt_counters (user_id, failures, last_failure_at) WHERE user_id IS NOT NULL;
CREATE INDEX attempt_counters_by_failures ON attempt_counters (failures, last_failure_at, user_id) WHERE user_id IS NOT NULL;

CREATE INDEX invitations_by_user ON invitations (user_id);

-- A code from an administrator that stands in for the second factor, once.
CREATE TABLE access_codes (
    user_id TEXT PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    -- Another one with each code.
    id TEXT NOT NULL UNIQUE,
    salt BYTEA NOT NULL,
    hash BYTEA NOT NULL,
    issued_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    -- NULL: on the command line.
    issued_by TEXT REFERENCES users (id) ON DELETE SET NULL,
    approved_by TEXT REFERENCES users (id) ON DELETE SET NULL,
    approved_at BIGINT
);
CREATE INDEX access_codes_by_expiry ON access_codes (expires_at);
-- A second administrator must approve them.
ALTER TABLE account_policy ADD COLUMN approve_access_codes BOOLEAN NOT NULL DEFAULT FALSE;
-- Opened with such a code: good for setting up a new second factor, which takes the place of all before it.
ALTER TABLE sessions ADD COLUMN sets_up_anew BOOLEAN NOT NULL DEFAULT FALSE;
