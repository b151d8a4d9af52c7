-- The feed: what was settled for each institution, in the order in which it became visible, numbered from 1 without a
-- gap. It is projected from committed batches, behind the postings (docs/adr/0016), and holds places, not contents.

-- How far each lane of the journal is projected. Heights rise by one with each committed batch of a lane, so nothing
-- that commits late can lie below.
CREATE TABLE settlement.feed_lanes (
    lane   smallint PRIMARY KEY,
    height bigint   NOT NULL
) WITH (fillfactor = 50);
INSERT INTO settlement.feed_lanes (lane, height) SELECT lane, 0 FROM ledger.lanes;
GRANT SELECT, UPDATE (height) ON settlement.feed_lanes TO medsettle_app;

-- The last number of each institution; from here its next one follows, whatever days were archived.
CREATE TABLE settlement.feed_heads (
    institution text   COLLATE "C" PRIMARY KEY,
    last_no     bigint NOT NULL
) WITH (fillfactor = 70);
GRANT SELECT, INSERT, UPDATE (last_no) ON settlement.feed_heads TO medsettle_app;

-- Which numbers of an institution lie in a business day: all of them between first_no and last_no, where those of the
-- day before may stand too, if they committed after midnight.
CREATE TABLE settlement.feed_days (
    institution  text    COLLATE "C" NOT NULL,
    business_day date    NOT NULL,
    first_no     bigint  NOT NULL,
    last_no      bigint  NOT NULL,
    settlements  integer NOT NULL,
    PRIMARY KEY (institution, business_day),
    CONSTRAINT feed_day_has_its_numbers CHECK (settlements BETWEEN 1 AND last_no - first_no + 1)
) WITH (fillfactor = 70);
GRANT SELECT, INSERT, UPDATE (last_no, settlements) ON settlement.feed_days TO medsettle_app;

-- One row holds what one round found for an institution, at most 1,000: the numbers up to last_no, as many as places.
-- A place is batch_id * 32768 + position.
CREATE TABLE settlement.feed (
    last_no          bigint      NOT NULL,
    first_settled_at timestamptz NOT NULL,
    last_settled_at  timestamptz NOT NULL,
    business_day     date        NOT NULL,
    institution      text        COLLATE "C" NOT NULL,
    places           bigint[]    NOT NULL,
    PRIMARY KEY (institution, last_no, business_day),
    CONSTRAINT feed_row_has_places CHECK (cardinality(places) BETWEEN 1 AND 1000)
) PARTITION BY RANGE (business_day);
GRANT SELECT, INSERT ON settlement.feed TO medsettle_app;

CREATE OR REPLACE FUNCTION settlement.prepare_day(day date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    suffix text := to_char(day, 'YYYYMMDD');
    parent text;
    child  text;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('medsettle.prepare_day'));
    FOREACH parent IN ARRAY ARRAY['settlement.settlements', 'ledger.transfers', 'settlement.feed'] LOOP
        child := parent || '_' || suffix;
        IF to_regclass(child) IS NULL THEN
            EXECUTE format('CREATE TABLE %s (LIKE %s INCLUDING ALL)', child, parent);
            EXECUTE format('ALTER TABLE %s ATTACH PARTITION %s FOR VALUES FROM (%L) TO (%L)',
                           parent, child, day, day + 1);
        END IF;
    END LOOP;
END
$$;

-- The days that are there already.
SELECT settlement.prepare_day(to_date(right(day.relid::text, 8), 'YYYYMMDD'))
FROM pg_partition_tree('settlement.settlements') AS day
WHERE day.isleaf;
