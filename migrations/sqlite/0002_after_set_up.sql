-- What comes after set-up: trusted browsers, former passwords, a phone that takes a set-up over.

ALTER TABLE account_policy ADD COLUMN allow_trusted_browsers BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE account_policy ADD COLUMN trusted_browser_days BIGINT NOT NULL DEFAULT 30;

-- Why a code is awaited: an AskedBecause as JSON.
ALTER TABLE sessions ADD COLUMN asked_because TEXT;
-- Something is to be said about recovery codes: one was used, or few are left.
ALTER TABLE sessions ADD COLUMN recovery_notice TEXT CHECK (recovery_notice IN ('used', 'few'));

-- Browsers that signed in with both factors. Other people's guessing does not
-- lock them out, and some are trusted: their person is not asked for a code.
CREATE TABLE browsers (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- SHA-256 of the token in the cookie; renewed at each sign-in with both factors.
    token_hash BLOB NOT NULL,
    last_used_at BIGINT NOT NULL,
    address TEXT NOT NULL,
    user_agent TEXT NOT NULL,
    -- Trusted from when until when; NULL when it never was.
    trusted_at BIGINT,
    trusted_until BIGINT,
    -- Why trust ended before that: an AskedBecause as JSON.
    trust_ended TEXT,
    UNIQUE (token_hash, user_id)
);
CREATE INDEX browsers_by_user ON browsers (user_id);
CREATE INDEX browsers_by_last_used ON browsers (last_used_at);
CREATE INDEX browsers_by_trust ON browsers (trusted_until) WHERE trust_ended IS NULL;
INSERT INTO browsers (id, user_id, token_hash, last_used_at, address, user_agent)
SELECT lower(hex(randomblob(16))), user_id, token_hash, last_used_at, '', '' FROM known_browsers;
DROP TABLE known_browsers;

-- Passwords that the present one replaced, as Argon2id in PHC form.
CREATE TABLE former_passwords (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    password_hash TEXT NOT NULL
);
CREATE INDEX former_passwords_by_user ON former_passwords (user_id, id);

-- The method that a set-up takes the place of.
ALTER TABLE enrolments ADD COLUMN replaces TEXT;

-- A link with which a phone takes a pending set-up over.
CREATE TABLE phone_links (
    enrolment_id TEXT PRIMARY KEY REFERENCES enrolments (id) ON DELETE CASCADE,
    -- SHA-256 of the token in the link.
    token_hash BLOB NOT NULL UNIQUE,
    -- SHA-256 of what the phone got for it; NULL until the link is used.
    grant_hash BLOB UNIQUE
);
