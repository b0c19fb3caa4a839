-- Ids are UUID v7 as text, times are Unix seconds, secrets are sealed or hashed.

CREATE TABLE portal (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    -- A known text, sealed: tells a wrong encryption key at start.
    key_check BYTEA NOT NULL,
    -- Set once; closes every first-administrator link.
    first_administrator_at BIGINT
);

CREATE TABLE account_policy (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    version BIGINT NOT NULL,
    minimum_length BIGINT NOT NULL,
    require_number BOOLEAN NOT NULL,
    require_special BOOLEAN NOT NULL,
    require_capital BOOLEAN NOT NULL,
    maximum_failures BIGINT NOT NULL,
    lock_minutes BIGINT,
    require_second_factor BOOLEAN NOT NULL,
    idle_minutes BIGINT NOT NULL,
    absolute_hours BIGINT NOT NULL
);
INSERT INTO account_policy VALUES (1, 1, 10, TRUE, TRUE, TRUE, 5, 15, FALSE, 30, 24);

CREATE TABLE users (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    -- The name after NFKC and case folding.
    name_key TEXT NOT NULL UNIQUE,
    -- Argon2id in PHC form; NULL until the person has chosen a password.
    password_hash TEXT,
    administrator BOOLEAN NOT NULL,
    active BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE sessions (
    id TEXT PRIMARY KEY,
    -- SHA-256 of the token in the cookie; renewed at each elevation.
    token_hash BYTEA NOT NULL UNIQUE,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- 'first_factor' while a code is awaited, then 'full'.
    assurance TEXT NOT NULL CHECK (assurance IN ('first_factor', 'full')),
    wrong_codes BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL,
    last_seen_at BIGINT NOT NULL,
    -- When identity was last proved, for step-up.
    authenticated_at BIGINT NOT NULL,
    address TEXT NOT NULL,
    user_agent TEXT NOT NULL
);
CREATE INDEX sessions_by_user ON sessions (user_id);
CREATE INDEX sessions_by_last_seen ON sessions (last_seen_at);

-- Browsers that signed in with both factors: other people's guessing does not lock them out.
CREATE TABLE known_browsers (
    token_hash BYTEA NOT NULL,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    last_used_at BIGINT NOT NULL,
    PRIMARY KEY (token_hash, user_id)
);

-- Failed attempts, charged before they are evaluated.
CREATE TABLE attempt_counters (
    key TEXT PRIMARY KEY,
    failures BIGINT NOT NULL,
    last_failure_at BIGINT NOT NULL
);
CREATE INDEX attempt_counters_by_age ON attempt_counters (last_failure_at);

-- Active authenticator apps.
CREATE TABLE methods (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    secret BYTEA NOT NULL,
    -- The last time step that was accepted; each counts once, for good.
    last_step BIGINT NOT NULL,
    added_at BIGINT NOT NULL,
    last_used_at BIGINT
);
CREATE INDEX methods_by_user ON methods (user_id);

-- Secrets on their way to become a method. A session has one that is current;
-- replaced ones stay until it is over, to tell their codes from wrong ones.
CREATE TABLE enrolments (
    id TEXT PRIMARY KEY,
    session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    state TEXT NOT NULL CHECK (state IN ('pending', 'confirmed', 'replaced')),
    secret BYTEA NOT NULL,
    started_at BIGINT NOT NULL,
    -- When the present state ends.
    deadline BIGINT NOT NULL,
    -- Only when confirmed: the step of the confirming code, and the sealed codes.
    step BIGINT,
    recovery_codes BYTEA,
    confirmed_at BIGINT
);
CREATE UNIQUE INDEX enrolments_current ON enrolments (session_id) WHERE state <> 'replaced';
CREATE INDEX enrolments_by_session ON enrolments (session_id);
CREATE INDEX enrolments_by_user ON enrolments (user_id);

CREATE TABLE recovery_sets (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL UNIQUE REFERENCES users (id) ON DELETE CASCADE,
    salt BYTEA NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE recovery_codes (
    set_id TEXT NOT NULL REFERENCES recovery_sets (id) ON DELETE CASCADE,
    number BIGINT NOT NULL,
    hash BYTEA NOT NULL,
    used_at BIGINT,
    used_address TEXT,
    used_user_agent TEXT,
    PRIMARY KEY (set_id, number)
);

-- One-time links.
CREATE TABLE invitations (
    token_hash BYTEA PRIMARY KEY,
    -- NULL: creates the first administrator.
    user_id TEXT REFERENCES users (id) ON DELETE CASCADE,
    expires_at BIGINT NOT NULL
);

-- Append-only and chained: each hash covers the entry and the hash before it.
CREATE TABLE audit_entries (
    sequence BIGINT PRIMARY KEY,
    at BIGINT NOT NULL,
    event TEXT NOT NULL,
    outcome TEXT NOT NULL CHECK (outcome IN ('success', 'failure')),
    actor_id TEXT,
    actor_name TEXT,
    subject_id TEXT,
    subject_name TEXT,
    address TEXT,
    user_agent TEXT,
    detail TEXT,
    hash BYTEA NOT NULL
);
CREATE INDEX audit_by_subject ON audit_entries (subject_id, sequence);
CREATE INDEX audit_by_time ON audit_entries (at);

CREATE TABLE audit_head (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    sequence BIGINT NOT NULL,
    hash BYTEA NOT NULL
);
INSERT INTO audit_head VALUES (1, 0, decode(repeat('00', 32), 'hex'));

CREATE FUNCTION audit_entries_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'audit entries are append-only'; END $$;
CREATE TRIGGER audit_entries_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entries
FOR EACH STATEMENT EXECUTE FUNCTION audit_entries_append_only();
