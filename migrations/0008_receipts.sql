-- A receipt shows hashes of what its reader may not see. The salt keeps guesses from being tried against them; it
-- stands in no document. NULL: a batch of an earlier release, whose leaves hold the transfers themselves.
ALTER TABLE ledger.batches ADD COLUMN salt bytea;
