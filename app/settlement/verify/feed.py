"""The feeds of institutions, as far as they are projected, against the settlements."""

from app.ledger.journal import LANES
from app.ledger.verify import Check
from app.settlement.feed.projector import PLACES

# A feed outlives its settlements where their day was archived.
_FEED = f"""
WITH told AS (
    SELECT
        place / {PLACES} AS batch_id, place % {PLACES} AS position, f.business_day,
        count(*) AS times, min(f.institution) AS institution
    FROM settlement.feed AS f, unnest(f.places) AS place
    GROUP BY place, f.business_day
), due AS (
    SELECT s.batch_id, s.position, s.business_day, s.institution
    FROM settlement.settlements AS s
    JOIN settlement.feed_lanes AS l ON l.lane = s.batch_id % {LANES} AND l.height >= s.batch_id / {LANES}
)
SELECT format('settlement batch %s position %s', batch_id, position) AS broken_row, detail
FROM (
    SELECT
        coalesce(d.batch_id, t.batch_id) AS batch_id,
        coalesce(d.position, t.position) AS position,
        CASE
            WHEN t.batch_id IS NULL THEN 'the feed of its institution does not tell it'
            WHEN t.times > 1 THEN format('feeds tell it %s times', t.times)
            WHEN d.batch_id IS NULL THEN CASE
                WHEN to_regclass('settlement.settlements_' || to_char(t.business_day, 'YYYYMMDD')) IS NOT NULL
                    THEN 'a feed tells it, and it is not there, or not yet projected'
                END
            WHEN t.institution <> d.institution THEN 'stands in the feed of another institution'
        END AS detail
    FROM due AS d
    FULL JOIN told AS t
        ON t.batch_id = d.batch_id AND t.position = d.position AND t.business_day = d.business_day
) AS looked_at
WHERE detail IS NOT NULL
ORDER BY batch_id, position
"""  # noqa: S608

_NUMBERS = f"""
WITH numbered AS (
    SELECT
        f.institution, f.business_day, f.last_no, f.last_no - cardinality(f.places) + 1 AS first_no,
        cardinality(f.places) AS settlements,
        lag(f.last_no, 1, 0::bigint) OVER (PARTITION BY f.institution ORDER BY f.last_no) AS last_before,
        (f.first_settled_at, f.last_settled_at) IS DISTINCT FROM (first.settled_at, last.settled_at) AS is_mistimed
    FROM settlement.feed AS f
    LEFT JOIN ledger.batches AS first ON first.batch_id = f.places[1] / {PLACES}
    LEFT JOIN ledger.batches AS last ON last.batch_id = f.places[cardinality(f.places)] / {PLACES}
), of_day AS (
    SELECT
        institution, business_day, min(first_no) AS first_no, max(last_no) AS last_no, sum(settlements) AS settlements
    FROM numbered
    GROUP BY institution, business_day
), of_institution AS (
    SELECT institution, max(last_no) AS last_no, sum(settlements) AS settlements
    FROM settlement.feed_days
    GROUP BY institution
)
SELECT broken_row, detail
FROM (
    SELECT
        1 AS turn, format('feed of %s number %s', institution, last_no) AS broken_row,
        CASE
            WHEN first_no <= last_before THEN 'its row holds numbers that are taken'
            WHEN is_mistimed THEN 'the times of its row are not those of its settlements'
        END AS detail
    FROM numbered
    UNION ALL
    SELECT
        2, format('feed of %s on %s', coalesce(d.institution, r.institution), coalesce(d.business_day, r.business_day)),
        CASE
            WHEN r.institution IS NULL
                AND to_regclass('settlement.settlements_' || to_char(d.business_day, 'YYYYMMDD')) IS NULL THEN NULL
            WHEN (d.first_no, d.last_no, d.settlements) IS DISTINCT FROM (r.first_no, r.last_no, r.settlements)
                THEN format('its day counts %s settlements up to number %s, its rows %s up to %s',
                            coalesce(d.settlements, 0), d.last_no, coalesce(r.settlements, 0), r.last_no)
        END
    FROM settlement.feed_days AS d
    FULL JOIN of_day AS r ON r.institution = d.institution AND r.business_day = d.business_day
    UNION ALL
    SELECT
        3, format('feed of %s', coalesce(h.institution, d.institution)),
        CASE WHEN (h.last_no, h.last_no) IS DISTINCT FROM (d.last_no, d.settlements)
            THEN format('its last number is %s, its days hold %s settlements up to number %s',
                        h.last_no, coalesce(d.settlements, 0), d.last_no)
        END
    FROM settlement.feed_heads AS h
    FULL JOIN of_institution AS d ON d.institution = h.institution
    UNION ALL
    SELECT
        4, format('feed of lane %s', coalesce(l.lane, f.lane)),
        CASE WHEN f.lane IS NULL OR l.lane IS NULL OR f.height NOT BETWEEN 0 AND l.height
            THEN format('is projected up to height %s of %s', f.height, l.height)
        END
    FROM ledger.lanes AS l
    FULL JOIN settlement.feed_lanes AS f ON f.lane = l.lane
) AS looked_at
WHERE detail IS NOT NULL
ORDER BY turn, broken_row
"""  # noqa: S608

CHECKS = (
    Check("feed", "feeds tell each settlement once", "settlement.feed", _FEED),
    Check("feed numbers", "feeds are numbered without a gap", "settlement.feed", _NUMBERS),
)
