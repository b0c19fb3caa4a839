-- What guessing costs, and what is refused for good.

-- Codes of the app that were charged in this session to the counters of the account: a right one takes back these,
-- and none that were charged elsewhere.
ALTER TABLE sessions ADD COLUMN code_charges BIGINT NOT NULL DEFAULT 0;

-- Time steps whose code is never accepted, because somebody was told about it: at the wrong time, or as the code of an
-- app with other settings. They leave when their time is over.
CREATE TABLE refused_steps (
    -- The set-up, and later the method, which keeps its id.
    secret_id TEXT NOT NULL,
    step BIGINT NOT NULL,
    PRIMARY KEY (secret_id, step)
);
CREATE INDEX refused_steps_by_step ON refused_steps (step);

-- The portal's part of what is stored for codes of 80 random bits, sealed; made when the first of them is.
ALTER TABLE portal ADD COLUMN code_secret BYTEA;
-- Hashed with that part, and quickly. Those before were hashed as passwords are.
ALTER TABLE recovery_sets ADD COLUMN quick BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE access_codes ADD COLUMN quick BOOLEAN NOT NULL DEFAULT FALSE;
