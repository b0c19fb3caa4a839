-- Written to find out whether anything can be.
CREATE TABLE readiness (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    checks BIGINT NOT NULL
);
INSERT INTO readiness (id, checks) VALUES (1, 0);

-- Which keys secrets are sealed with: their envelopes begin with the version and the name of the key.
CREATE INDEX methods_by_key ON methods (substr(secret, 1, 5));

-- For removing sessions that were opened too long ago.
CREATE INDEX sessions_by_created ON sessions (created_at);
