-- When a counter was charged before its last charge: what stands when that one is taken back is as old as it was.
ALTER TABLE attempt_counters ADD COLUMN failed_before_at BIGINT;
