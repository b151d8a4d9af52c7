-- What card transactions came to: one row a recorded message, kept by business day, and a narrow registry of
-- message keys that is kept for ever (docs/adr/0003).

CREATE SCHEMA settlement;
GRANT USAGE ON SCHEMA settlement TO medsettle_app;

-- message_key: BLAKE2b-128 of institution and message id. fingerprint: BLAKE2b-64 of the message's content, to tell a
-- repeat from a conflict once the settlement's day has been archived.
CREATE TABLE settlement.message_keys (
    batch_id     bigint   NOT NULL,
    fingerprint  bigint   NOT NULL,
    business_day date     NOT NULL,
    position     smallint NOT NULL,
    message_key  bytea    NOT NULL,
    CONSTRAINT message_taken_once PRIMARY KEY (message_key)
) PARTITION BY HASH (message_key);
DO $$
BEGIN
    FOR remainder IN 0..15 LOOP
        EXECUTE format(
            'CREATE TABLE settlement.message_keys_%s PARTITION OF settlement.message_keys '
            'FOR VALUES WITH (MODULUS 16, REMAINDER %s)', remainder, remainder);
    END LOOP;
END
$$;
GRANT SELECT, INSERT ON settlement.message_keys TO medsettle_app;

-- The settlement's public id is its place: business day, batch, position. Its time is its batch's settled_at.
-- Columns stand widest first to save padding.
CREATE TABLE settlement.settlements (
    batch_id          bigint      NOT NULL,
    amount            bigint      NOT NULL,
    account_paid      bigint      NOT NULL,
    mutual_aid_paid   bigint      NOT NULL,
    debit_paid        bigint      NOT NULL,
    cash_due          bigint      NOT NULL,
    balance_after     bigint,
    occurred_at       timestamptz,
    business_day      date        NOT NULL,
    position          smallint    NOT NULL,
    bucket            smallint    NOT NULL,
    decline_if_short  boolean     NOT NULL,
    use_mutual_aid    boolean     NOT NULL,
    use_debit         boolean     NOT NULL,
    kind              text        NOT NULL,
    status            text        NOT NULL,
    code              text        NOT NULL,
    institution       text        NOT NULL,
    message_id        text        NOT NULL,
    person_no         text        NOT NULL,
    cert_type         text,
    card_no           text,
    card_sn           text,
    med_type          text,
    metadata          text,
    -- Batch ids rise, so inserts stay at a few right edges of the tree.
    PRIMARY KEY (batch_id, business_day, position, bucket),
    CONSTRAINT settlement_parts_sum_to_amount CHECK (
        status <> 'settled' OR kind <> 'payment'
        OR account_paid + mutual_aid_paid + debit_paid + cash_due = amount
    )
) PARTITION BY RANGE (business_day);
GRANT SELECT, INSERT ON settlement.settlements TO medsettle_app;

-- Makes the partitions of one business day. Built aside and then attached: attaching does not stop live traffic,
-- while CREATE TABLE … PARTITION OF would lock the parent against it. Owned by the schema's owner because the
-- application role may not create tables.
CREATE FUNCTION settlement.prepare_day(day date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    suffix text := to_char(day, 'YYYYMMDD');
    parent text;
    child  text;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('medsettle.prepare_day'));
    FOREACH parent IN ARRAY ARRAY['settlement.settlements', 'ledger.transfers'] LOOP
        child := parent || '_' || suffix;
        IF to_regclass(child) IS NULL THEN
            EXECUTE format('CREATE TABLE %s (LIKE %s INCLUDING ALL)', child, parent);
            EXECUTE format('ALTER TABLE %s ATTACH PARTITION %s FOR VALUES FROM (%L) TO (%L)',
                           parent, child, day, day + 1);
        END IF;
    END LOOP;
END
$$;
REVOKE EXECUTE ON FUNCTION settlement.prepare_day FROM PUBLIC;
GRANT EXECUTE ON FUNCTION settlement.prepare_day TO medsettle_app;
