"""Pages of an institution's feed: by a cursor that is a running number, with filters, and with bounded work a page."""

from collections.abc import AsyncIterator, Collection, Iterable, Iterator
from datetime import date, datetime
from itertools import islice
from typing import Any, Literal, NamedTuple

from app.database import Connection
from app.settlement.feed.projector import PLACES, PLACES_OF_ROW_MAX
from app.settlement.records import Recorded, Settlement

Order = Literal["oldest_first", "newest_first"]

# What one page looks at, at most, whatever its filters leave of it. Days that hold the very next number do not count:
# lanes that were far behind can number many days between each other, and a page must lead on.
_DAYS_MAX = 3
_ROWS_MAX = 2_000
_SETTLEMENTS_MAX = 2_000

NUMBER_MAX = 2**63 - 1


class Wanted(NamedTuple):
    """What to tell of the feed: settled from `since` on and before `until`, of one business day, of these words.

    None leaves a thing open.
    """

    since: datetime | None = None
    until: datetime | None = None
    business_day: date | None = None
    statuses: Collection[str] | None = None
    kinds: Collection[str] | None = None
    codes: Collection[str] | None = None


class Told(NamedTuple):
    """A settlement with its number in the feed of its institution."""

    number: int
    recorded: Recorded


class Page(NamedTuple):
    """position: the number up to which everything was looked at. is_last: nothing that is there lies behind it."""

    told: list[Told]
    position: int
    is_last: bool


EVERYTHING = Wanted()

# A moment's business day depends on the cut-off, and that may have been another one then: so the day before counts in.
_DAYS = """
SELECT business_day, first_no, last_no
FROM settlement.feed_days
WHERE institution = $1 AND CASE WHEN $3::boolean THEN first_no < $2::bigint ELSE last_no > $2 END
    AND ($4::date IS NULL OR business_day = $4)
    AND ($5::timestamptz IS NULL OR business_day >= ($5 AT TIME ZONE 'Asia/Shanghai')::date - 1)
    AND ($6::timestamptz IS NULL OR business_day <= ($6 AT TIME ZONE 'Asia/Shanghai')::date)
ORDER BY CASE WHEN $3::boolean THEN -last_no ELSE first_no END
LIMIT $7 + (
    SELECT count(*) FROM settlement.feed_days
    WHERE institution = $1 AND CASE WHEN $3 THEN $2 - 1 ELSE $2 + 1 END BETWEEN first_no AND last_no
)
"""

# Numbers between two of them, both excluded. Rows out of the asked time are passed over unread.
_ROWS = """
SELECT
    last_no, business_day, cardinality(places) AS size,
    CASE WHEN ($6::timestamptz IS NULL OR last_settled_at >= $6) AND ($7::timestamptz IS NULL OR first_settled_at < $7)
        THEN places END AS places
FROM settlement.feed
WHERE institution = $1 AND last_no > $2 AND last_no < $3 + {row_max} AND last_no - cardinality(places) + 1 < $3
    AND business_day BETWEEN $4 AND $5
ORDER BY last_no {direction}
LIMIT $8
"""
_ROWS_UP = _ROWS.format(row_max=PLACES_OF_ROW_MAX, direction="")
_ROWS_DOWN = _ROWS.format(row_max=PLACES_OF_ROW_MAX, direction="DESC")

_SETTLEMENTS = f"""
SELECT place.number, b.settled_at, {", ".join(f"s.{column}" for column in Settlement.__struct_fields__)}
FROM unnest($1::bigint[], $2::bigint[], $3::date[]) WITH ORDINALITY AS place (number, place, business_day, turn)
JOIN ledger.batches AS b ON b.batch_id = place.place / {PLACES}
JOIN settlement.settlements AS s
    ON s.batch_id = place.place / {PLACES} AND s.business_day = place.business_day
    AND s.position = place.place % {PLACES}
WHERE ($4::timestamptz IS NULL OR b.settled_at >= $4) AND ($5::timestamptz IS NULL OR b.settled_at < $5)
    AND ($6::text[] IS NULL OR s.status = ANY ($6))
    AND ($7::text[] IS NULL OR s.kind = ANY ($7))
    AND ($8::text[] IS NULL OR s.code = ANY ($8))
ORDER BY place.turn
LIMIT $9
"""  # noqa: S608


async def read_page(
    connection: Connection,
    institution: str,
    position: int | None,
    *,
    limit: int,
    wanted: Wanted = EVERYTHING,
    order: Order = "oldest_first",
) -> Page:
    """What lies behind a position, itself excluded; None is the feed's beginning in that order.

    A page may tell less than the limit, or nothing, and still not be the last one: it looked at as much as a page may.
    """
    newest_first = order == "newest_first"
    if position is None:
        position = NUMBER_MAX if newest_first else 0
    days = [
        _Day(*row)
        for row in await connection.fetch(
            _DAYS, institution, position, newest_first, wanted.business_day, wanted.since, wanted.until, _DAYS_MAX + 1
        )
    ]
    if not days:
        return Page([], position, is_last=True)
    taken = _taken(days, position - 1 if newest_first else position + 1)
    window = _window(days, taken, position, newest_first=newest_first)
    rows = await connection.fetch(
        _ROWS_DOWN if newest_first else _ROWS_UP, institution, *window, wanted.since, wanted.until, _ROWS_MAX
    )
    places = list(islice(_places(rows, window, newest_first=newest_first), _SETTLEMENTS_MAX + 1))
    told = await _read(connection, places[:_SETTLEMENTS_MAX], wanted, limit)
    if len(told) == limit:
        return Page(told, told[-1].number, is_last=False)
    if len(places) > _SETTLEMENTS_MAX:
        return Page(told, places[-2].number, is_last=False)
    if len(rows) == _ROWS_MAX:
        return Page(told, _first_no(rows[-1]) if newest_first else rows[-1]["last_no"], is_last=False)
    end = window.after + 1 if newest_first else window.before - 1
    return Page(told, end, is_last=len(days) == taken)


async def head_of(connection: Connection, institution: str) -> int:
    """The last number of an institution, 0 where nothing was ever recorded for it."""
    found: int | None = await connection.fetchval(
        "SELECT last_no FROM settlement.feed_heads WHERE institution = $1", institution
    )
    return found or 0


async def settlements_of_day(
    connection: Connection, institution: str, day: date, *, rows_per_read: int = 1_000
) -> AsyncIterator[Recorded]:
    """Everything of one institution's business day that is in the feed, in its order.

    To have all that was committed, call `projector.catch_up` before. Between reads nothing is held but the connection.
    """
    position, is_last = 0, False
    while not is_last:
        page = await read_page(connection, institution, position, limit=rows_per_read, wanted=Wanted(business_day=day))
        for told in page.told:
            yield told.recorded
        position, is_last = page.position, page.is_last


class _Day(NamedTuple):
    business_day: date
    first_no: int
    last_no: int


class _Window(NamedTuple):
    """The numbers between two, both excluded, on the days that hold them."""

    after: int
    before: int
    first_day: date
    last_day: date


class _Place(NamedTuple):
    number: int
    place: int
    business_day: date


def _taken(days: list[_Day], next_no: int) -> int:
    """How many of them a page looks at: those that hold the next number, which come first, or more."""
    return min(len(days), max(_DAYS_MAX, sum(day.first_no <= next_no <= day.last_no for day in days)))


def _window(days: list[_Day], taken: int, position: int, *, newest_first: bool) -> _Window:
    """As far as the taken days go, and no further: what is numbered meanwhile may lie on a day that was not read."""
    after, before = 0, max(day.last_no for day in days[:taken]) + 1
    if newest_first:
        before = min(before, position)
        if len(days) > taken:
            after = days[taken].last_no
    else:
        after = position
        if len(days) > taken:
            before = days[taken].first_no
    business_days = [day.business_day for day in days[:taken]]
    return _Window(after, before, min(business_days), max(business_days))


def _first_no(row: Any) -> int:
    return row["last_no"] - row["size"] + 1  # type: ignore[no-any-return]


def _places(rows: Iterable[Any], window: _Window, *, newest_first: bool) -> Iterator[_Place]:
    for row in rows:
        if row["places"] is None:
            continue
        numbered = list(enumerate(row["places"], _first_no(row)))
        for number, place in reversed(numbered) if newest_first else numbered:
            if window.after < number < window.before:
                yield _Place(number, place, row["business_day"])


async def _read(connection: Connection, places: list[_Place], wanted: Wanted, limit: int) -> list[Told]:
    """Of these the first that are wanted. Those of an archived day are gone."""
    rows = await connection.fetch(
        _SETTLEMENTS,
        [each.number for each in places],
        [each.place for each in places],
        [each.business_day for each in places],
        wanted.since,
        wanted.until,
        wanted.statuses,
        wanted.kinds,
        wanted.codes,
        limit,
    )
    return [Told(number, Recorded(Settlement(*row), settled_at)) for number, settled_at, *row in rows]
