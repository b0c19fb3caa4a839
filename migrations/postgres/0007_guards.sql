-- What was demanded of an access code when it was issued stays demanded.
ALTER TABLE access_codes ADD COLUMN approval_demanded BOOLEAN NOT NULL DEFAULT FALSE;
CREATE INDEX access_codes_by_issuer ON access_codes (issued_by);

-- The head of the trail moves forward only.
CREATE FUNCTION audit_head_moves_on() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.id <> 1 OR NEW.sequence < OLD.sequence OR (NEW.sequence = OLD.sequence AND NEW.hash <> OLD.hash) THEN
        RAISE EXCEPTION 'the head of the append-only audit trail moves forward only';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER audit_head_moves_on BEFORE UPDATE ON audit_head
FOR EACH ROW EXECUTE FUNCTION audit_head_moves_on();
CREATE FUNCTION audit_head_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'the head of the append-only audit trail can not be removed'; END $$;
CREATE TRIGGER audit_head_stays BEFORE DELETE OR TRUNCATE ON audit_head
FOR EACH STATEMENT EXECUTE FUNCTION audit_head_stays();

-- For counting who has none, which the dashboard does.
CREATE INDEX users_without ON users (exposed_since) WHERE active AND NOT has_second_factor;
