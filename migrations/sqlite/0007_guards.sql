-- What was demanded of an access code when it was issued stays demanded.
ALTER TABLE access_codes ADD COLUMN approval_demanded BOOLEAN NOT NULL DEFAULT FALSE;
CREATE INDEX access_codes_by_issuer ON access_codes (issued_by);

-- REPLACE removes rows without asking the triggers that keep them.
CREATE TRIGGER audit_entries_no_replace BEFORE INSERT ON audit_entries
WHEN EXISTS (SELECT 1 FROM audit_entries WHERE sequence = NEW.sequence)
BEGIN SELECT RAISE(ABORT, 'audit entries are append-only'); END;
CREATE TRIGGER audit_anchor_no_replace BEFORE INSERT ON audit_anchor
WHEN EXISTS (SELECT 1 FROM audit_anchor)
BEGIN SELECT RAISE(ABORT, 'the anchor of the append-only audit trail can not be replaced'); END;

-- The head of the trail moves forward only.
CREATE TRIGGER audit_head_no_replace BEFORE INSERT ON audit_head
WHEN EXISTS (SELECT 1 FROM audit_head)
BEGIN SELECT RAISE(ABORT, 'the head of the append-only audit trail can not be replaced'); END;
CREATE TRIGGER audit_head_moves_on BEFORE UPDATE ON audit_head
WHEN NEW.id <> 1 OR NEW.sequence < OLD.sequence OR (NEW.sequence = OLD.sequence AND NEW.hash <> OLD.hash)
BEGIN SELECT RAISE(ABORT, 'the head of the append-only audit trail moves forward only'); END;
CREATE TRIGGER audit_head_stays BEFORE DELETE ON audit_head
BEGIN SELECT RAISE(ABORT, 'the head of the append-only audit trail can not be removed'); END;

-- For counting who has none, which the dashboard does.
CREATE INDEX users_without ON users (exposed_since) WHERE active AND NOT has_second_factor;
