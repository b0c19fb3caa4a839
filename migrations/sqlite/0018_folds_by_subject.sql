-- Events are counted by whom they concern, and each kind by the address that it comes from.
ALTER TABLE audit_folds RENAME TO audit_folds_before;
DROP INDEX audit_folds_by_age;
CREATE TABLE audit_folds (
    -- Who did it.
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    event TEXT NOT NULL,
    -- Whom it concerns; empty for nobody.
    subject_id TEXT NOT NULL,
    -- The address; empty for those from more addresses than are told apart.
    place TEXT NOT NULL,
    began_at BIGINT NOT NULL,
    entries BIGINT NOT NULL,
    folded BIGINT NOT NULL,
    first_at BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    outcome TEXT NOT NULL,
    address TEXT,
    user_agent TEXT,
    detail TEXT,
    PRIMARY KEY (user_id, event, subject_id, place)
);
-- So far they were people's own.
INSERT INTO audit_folds (user_id, event, subject_id, place, began_at, entries, folded, first_at, last_at, outcome,
    address, user_agent, detail)
SELECT user_id, event, user_id, place, began_at, entries, folded, first_at, last_at, outcome, address, user_agent, detail
FROM audit_folds_before;
DROP TABLE audit_folds_before;
CREATE INDEX audit_folds_by_age ON audit_folds (began_at);
