-- A run without refunds is of another scope than one with them: it does not take its place, nor level what it did not
-- look at.
DROP INDEX reconciliation.run_stands;
-- Of one scope one run stands, however many finish at once; and a new one finds the one that it voids.
CREATE UNIQUE INDEX run_stands ON reconciliation.runs (
    institution, first_day, last_day, kind, settlement_office, insurance_type, clearing_type, includes_refunds
) WHERE state = 'ok';
