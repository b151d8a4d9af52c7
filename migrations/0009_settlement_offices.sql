-- The office that settles with an institution (setl_optins of the national interface), '' where there is but one.
ALTER TABLE parties.institutions
    ADD COLUMN settlement_office text NOT NULL DEFAULT '',
    ADD CONSTRAINT institution_settlement_office_short CHECK (length(settlement_office) <= 6);
GRANT UPDATE (settlement_office) ON parties.institutions TO medsettle_app;
