-- Where people get mail, and the mail that waits to be sent.

-- Empty for those without.
ALTER TABLE users ADD COLUMN mail_address TEXT NOT NULL DEFAULT '';
-- When they were last reminded to set up a second factor; 0 when they never were.
ALTER TABLE users ADD COLUMN reminded_at BIGINT NOT NULL DEFAULT 0;

-- A row leaves when its mail was taken by the mail server.
CREATE TABLE outbox (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- Where to, at the time it was written.
    address TEXT NOT NULL,
    -- What it says, as typed data in JSON: never a secret. Words are made when it is sent.
    message TEXT NOT NULL,
    written_at BIGINT NOT NULL,
    -- Not before; while a node is sending it, when another may try.
    due_at BIGINT NOT NULL,
    tries BIGINT NOT NULL DEFAULT 0,
    -- What the last try failed for.
    problem TEXT,
    -- No longer tried by itself.
    given_up BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE INDEX outbox_by_due ON outbox (due_at, id) WHERE NOT given_up;
-- Ids are in the order of writing.
CREATE INDEX outbox_by_state ON outbox (given_up, id);
CREATE INDEX outbox_by_user ON outbox (user_id);

-- Whether the servers of this portal send mail: the command line writes what concerns people, too.
ALTER TABLE portal ADD COLUMN sends_mail BOOLEAN NOT NULL DEFAULT FALSE;

-- Browsers in which people signed in, with or without a second factor: a sign-in in another one is
-- worth a notice. Good for nothing else; `browsers` has those that proved both factors.
CREATE TABLE seen_browsers (
    -- SHA-256 of the token in its cookie.
    token_hash BYTEA NOT NULL,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    last_used_at BIGINT NOT NULL,
    PRIMARY KEY (token_hash, user_id)
);
CREATE INDEX seen_browsers_by_user ON seen_browsers (user_id);
CREATE INDEX seen_browsers_by_use ON seen_browsers (last_used_at);
