-- What whoever runs the portal must mend before this message is taken; NULL where that is not what it waits for.
ALTER TABLE outbox ADD COLUMN mend TEXT;
CREATE INDEX outbox_by_mend ON outbox (mend) WHERE mend IS NOT NULL;

-- Whether the mail server takes addresses with letters beyond ASCII before the @ (SMTPUTF8).
ALTER TABLE portal ADD COLUMN takes_utf8_mail BOOLEAN NOT NULL DEFAULT FALSE;
