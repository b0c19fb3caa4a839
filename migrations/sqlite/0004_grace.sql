-- A grace period for those who owe a second factor, and who changed the policy last.

-- Days that each person has; 0 is none.
ALTER TABLE account_policy ADD COLUMN grace_days BIGINT NOT NULL DEFAULT 0;
-- Since when everyone must have a second factor; NULL while nobody must.
ALTER TABLE account_policy ADD COLUMN required_since BIGINT;
UPDATE account_policy SET required_since = 0 WHERE require_second_factor;
ALTER TABLE account_policy ADD COLUMN changed_at BIGINT;
ALTER TABLE account_policy ADD COLUMN changed_by TEXT;

-- Since when a person is active without a second factor, if they have none:
-- added, activated again, or the second factor switched off.
ALTER TABLE users ADD COLUMN exposed_since BIGINT NOT NULL DEFAULT 0;
UPDATE users SET exposed_since = created_at;

-- The demand for a second factor was put off in this session.
ALTER TABLE sessions ADD COLUMN set_up_postponed BOOLEAN NOT NULL DEFAULT FALSE;
