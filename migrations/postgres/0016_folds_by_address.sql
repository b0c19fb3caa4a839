-- Refused sign-ins are somebody else's: they are counted by the address that they come from.
ALTER TABLE audit_folds RENAME TO audit_folds_before;
DROP INDEX audit_folds_by_age;
CREATE TABLE audit_folds (
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    event TEXT NOT NULL,
    -- The address where it counts by address; otherwise empty, and for those that are too many.
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
    PRIMARY KEY (user_id, event, place)
);
INSERT INTO audit_folds (user_id, event, place, began_at, entries, folded, first_at, last_at, outcome, address,
    user_agent, detail)
SELECT user_id, event, '', began_at, entries, folded, first_at, last_at, outcome, address, user_agent, detail
FROM audit_folds_before;
DROP TABLE audit_folds_before;
CREATE INDEX audit_folds_by_age ON audit_folds (began_at);
