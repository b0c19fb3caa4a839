-- How often more time was asked for while this QR code was shown.
ALTER TABLE enrolments ADD COLUMN extensions BIGINT NOT NULL DEFAULT 0;
