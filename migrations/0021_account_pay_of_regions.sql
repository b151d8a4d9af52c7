-- Where a region tells family money beside account money, an institution's account_pay is without it. Runs that were
-- before, and those of a release before, compare with it.
ALTER TABLE reconciliation.runs ADD COLUMN account_includes_mutual_aid boolean NOT NULL DEFAULT true;
DROP INDEX reconciliation.run_stands;
-- Of one scope one run stands, however many finish at once; and a new one finds the one that it voids.
CREATE UNIQUE INDEX run_stands ON reconciliation.runs (
    institution, first_day, last_day, kind, settlement_office, insurance_type, clearing_type, includes_refunds,
    account_includes_mutual_aid
) WHERE state = 'ok';
