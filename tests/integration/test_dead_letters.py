"""Dead letters from the poisoned message to its settlement: registered, looked at, sent again, discarded."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from subprocess import CompletedProcess
from typing import Any

import httpx
import orjson
import pytest
from aiokafka import ConsumerRecord
from app.access.principal import Role
from app.codes import Code
from app.installation import environment
from app.parties.vault import Vault, new_entry
from app.settlement.dead_letter_desk import Resender, discard, replay, show
from app.settlement.dead_letter_register import Filter, letters_by_key, register, reseal
from app.settlement.dead_letters import DeadLetter
from pydantic import SecretStr
from tests.builders import HOSPITAL, payment_json
from tests.commands import medsettle
from tests.harness import House, eventually, owned

PERSONAL = "110101199003077758"


def new_id() -> str:
    return f"D{secrets.token_hex(8)}"


@asynccontextmanager
async def poisoned(house: House, message_id: str) -> AsyncIterator[None]:
    """Inside the block the database refuses the message, which no check of ours does."""
    name = f"planted_{message_id.lower()}"
    async with owned(house) as owner:
        await owner.execute(
            f"ALTER TABLE settlement.settlements ADD CONSTRAINT {name} CHECK (message_id <> '{message_id}') NOT VALID"
        )
        try:
            yield
        finally:
            await owner.execute(f"ALTER TABLE settlement.settlements DROP CONSTRAINT {name}")


async def letter_at(client: httpx.AsyncClient, place: str, **also: Any) -> dict[str, Any]:
    """The letter of the record that stands at a place, once it is there."""
    partition, offset = map(int, place.split("/"))
    found: list[dict[str, Any]] = []

    async def there() -> bool:
        listed = await client.get("/v1/dead-letters", params={"partition": partition, "limit": 1000, **also})
        found[:] = [each for each in listed.json()["letters"] if each["offset"] == offset]
        return bool(found)

    await eventually(there)
    [letter] = found
    return letter


async def dead_letter(house: House, client: httpx.AsyncClient, person: str) -> tuple[str, dict[str, Any]]:
    """A message that the database refused, and does not refuse any more; its id and its letter."""
    message_id = new_id()
    async with poisoned(house, message_id):
        place = await house.send(
            payment_json(message_id=message_id, person_no=person), key=person.encode(), headers=[("mine", b"\xff")]
        )
        return message_id, await letter_at(client, place)


async def balance(house: House, person: str) -> int:
    found: int = await house.pool.fetchval("SELECT balance FROM ledger.accounts WHERE owner = $1", person)
    return found


def vault_of(house: House) -> Vault:
    return Vault.of(house.settings.data_keys)


def command(house: House, *words: str) -> CompletedProcess[str]:
    return medsettle("dlq", *words, on=environment(house.settings))


# Kept and looked at


async def test_a_dead_letter_says_where_it_stood_and_why(
    standing: House, client: httpx.AsyncClient, person: str
) -> None:
    message_id, letter = await dead_letter(standing, client, person)
    assert (letter["state"], letter["code"], letter["topic"]) == (
        "open", Code.REFUSED_BY_DATABASE, standing.settings.topic_transactions,
    )  # fmt: skip
    assert (letter["institution"], letter["message_id"], letter["is_kept"]) == (HOSPITAL, message_id, True)
    shown = (await client.get(f"/v1/dead-letters/{letter['letter_no']}")).json()
    assert shown["reads_as"] == "ok"
    assert shown["settlement_id"] is None
    assert shown["headers"] == [{"name": "mine", "value": "*** (1 bytes)"}]
    value = orjson.loads(shown["value"])
    assert (value["message_id"], value["person_no"], shown["key"]) == (message_id, "***", "***")


async def test_what_cannot_be_read_is_kept_masked_and_sealed(standing: House, client: httpx.AsyncClient) -> None:
    value = f'{{"institution": "{HOSPITAL}", "person_no": "{PERSONAL}", "amount": }}'.encode()
    letter = await letter_at(client, await standing.send(value, key=PERSONAL.encode()))
    shown = await client.get(f"/v1/dead-letters/{letter['letter_no']}")
    assert shown.json()["reads_as"] == Code.INVALID_JSON
    assert shown.json()["value"] == '{"institution": "***", "person_no": "***", "amount": }'
    assert PERSONAL not in shown.text
    row = await standing.pool.fetchrow(
        "SELECT * FROM settlement.dead_letters WHERE letter_no = $1", letter["letter_no"]
    )
    assert row is not None
    assert PERSONAL not in str(dict(row))
    assert PERSONAL.encode() not in bytes(row["content"])


async def test_a_record_that_is_read_again_is_one_letter(standing: House, person: str) -> None:
    record = await _record(standing, payment_json(person_no=person))
    letters = [DeadLetter(record, Code.REFUSED_BY_DATABASE, "A test.")]
    before = await standing.pool.fetchval("SELECT count(*) FROM settlement.dead_letters")
    for _ in range(3):
        await register(standing.pool, vault_of(standing), letters)
    assert await standing.pool.fetchval("SELECT count(*) FROM settlement.dead_letters") == before + 1


async def test_the_same_place_of_a_topic_that_was_made_anew_is_another_letter(standing: House, person: str) -> None:
    record = await _record(standing, payment_json(person_no=person))
    other = type(record)(**{**vars(record), "value": payment_json(person_no=person)})
    before = await standing.pool.fetchval("SELECT count(*) FROM settlement.dead_letters")
    for each in (record, other):
        await register(standing.pool, vault_of(standing), [DeadLetter(each, Code.REFUSED_BY_DATABASE, "A test.")])
    assert await standing.pool.fetchval("SELECT count(*) FROM settlement.dead_letters") == before + 2


async def test_text_that_postgres_does_not_take_holds_nothing_up(standing: House, person: str) -> None:
    record = await _record(standing, payment_json(person_no=person))
    detail = f"nul \0 and half a pair \ud800 of {person}"
    await register(standing.pool, vault_of(standing), [DeadLetter(record, Code.INVALID_JSON, detail)])
    found = await standing.pool.fetchval(
        "SELECT detail FROM settlement.dead_letters WHERE detail LIKE '%' || $1", person
    )
    assert found == f"nul  and half a pair ? of {person}"


async def test_without_a_key_a_letter_is_told_and_not_kept(
    standing: House, client: httpx.AsyncClient, person: str
) -> None:
    record = await _record(standing, payment_json(message_id=new_id(), person_no=person))
    await register(standing.pool, Vault({}), [DeadLetter(record, Code.REFUSED_BY_DATABASE, "A test.")])
    letter = await letter_at(client, f"{record.partition}/{record.offset}")
    assert letter["is_kept"] is False
    refused = await client.post(f"/v1/dead-letters/{letter['letter_no']}/replay", json={})
    assert (refused.status_code, refused.json()["code"]) == (409, Code.DEAD_LETTER_INCOMPLETE)


async def test_letters_come_under_a_new_key(standing: House, person: str) -> None:
    old, new = new_entry(7), new_entry(8)
    before, after = Vault.of(SecretStr(old)), Vault.of(SecretStr(f"{new},{old}"))
    value = payment_json(message_id=new_id(), person_no=person)
    letters = [DeadLetter(await _record(standing, value), Code.REFUSED_BY_DATABASE, "A test.") for _ in range(3)]
    await register(standing.pool, before, letters)
    async with standing.pool.acquire() as connection:
        number = await connection.fetchval("SELECT max(letter_no) FROM settlement.dead_letters WHERE key_id = 7")
        kept = (await letters_by_key(connection))[7]
        await reseal(connection, after)
        counts = await letters_by_key(connection)
    assert (kept, counts[8], 7 in counts) == (3, 3, False)
    shown = await show(standing.pool, Vault.of(SecretStr(new)), number)
    assert shown.reads_as == Code.OK


# Sent again


async def test_a_letter_is_settled_once_after_what_refused_it_is_mended(
    standing: House, client: httpx.AsyncClient, person: str
) -> None:
    message_id, letter = await dead_letter(standing, client, person)
    done = await client.post(f"/v1/dead-letters/{letter['letter_no']}/replay", json={"reason": "mended"})
    assert (done.status_code, done.json()["done"]) == (200, 1)
    [told] = await standing.told(message_id)
    assert (told.outcome["status"], told.outcome["replayed"]) == ("settled", False)
    assert await balance(standing, person) == 9_000
    shown = (await client.get(f"/v1/dead-letters/{letter['letter_no']}")).json()
    [act] = shown["acts"]
    assert (shown["letter"]["state"], act["act"], act["reason"]) == ("replayed", "replayed", "mended")
    assert shown["settlement_id"] == told.outcome["settlement_id"]
    again = await client.post(f"/v1/dead-letters/{letter['letter_no']}/replay", json={})
    assert (again.status_code, again.json()["code"]) == (409, Code.DEAD_LETTER_CLOSED)


async def test_the_replay_has_the_bytes_the_key_and_the_headers_that_came(
    standing: House, client: httpx.AsyncClient
) -> None:
    value = secrets.token_bytes(100)
    place = await standing.send(
        value, key=b"\x00key", headers=[("a", b"\xff"), ("a", b""), ("medsettle_replay_of", b"x")]
    )
    letter = await letter_at(client, place)
    await client.post(f"/v1/dead-letters/{letter['letter_no']}/replay", json={})
    first, second = await standing.dead_letters.having(lambda record: record.value == value, 2)
    ours = ("medsettle_replay_of", str(letter["letter_no"]).encode())
    assert (second.key, second.partition) == (first.key, first.partition)
    assert list(second.headers[:3]) == [("a", b"\xff"), ("a", b""), ours]


async def test_what_fails_again_is_a_new_letter_that_names_the_old_one(
    standing: House, client: httpx.AsyncClient
) -> None:
    letter = await letter_at(client, await standing.send(secrets.token_bytes(50)))
    number = letter["letter_no"]
    await client.post(f"/v1/dead-letters/{number}/replay", json={})

    async def came_back() -> bool:
        return bool((await client.get(f"/v1/dead-letters/{number}")).json()["came_back_as"])

    await eventually(came_back)
    [new] = (await client.get(f"/v1/dead-letters/{number}")).json()["came_back_as"]
    again = (await client.get(f"/v1/dead-letters/{new}")).json()["letter"]
    assert (again["replay_of"], again["state"], again["code"]) == (number, "open", Code.INVALID_JSON)


@pytest.mark.parametrize("said", [b"999999999999", b"x" * 40, b"-1", b"9" * 30, b""])
async def test_a_sender_may_write_our_header_and_changes_nothing_by_it(
    standing: House, client: httpx.AsyncClient, said: bytes
) -> None:
    place = await standing.send(secrets.token_bytes(50), headers=[("medsettle_replay_of", said)])
    assert (await letter_at(client, place))["replay_of"] is None


async def test_what_was_settled_meanwhile_is_answered_as_a_repeat(
    standing: House, client: httpx.AsyncClient, person: str
) -> None:
    message_id, letter = await dead_letter(standing, client, person)
    body = orjson.loads(payment_json(message_id=message_id, person_no=person))
    assert (await client.post("/v1/transactions", json=body)).status_code == 201
    await client.post(f"/v1/dead-letters/{letter['letter_no']}/replay", json={})
    told = await standing.told(message_id, 2)
    assert [each.outcome["replayed"] for each in told] == [False, True]
    assert await balance(standing, person) == 9_000


async def test_a_letter_replayed_twice_at_once_is_sent_once(
    standing: House, client: httpx.AsyncClient, person: str
) -> None:
    message_id, letter = await dead_letter(standing, client, person)
    wanted = Filter(letters=(letter["letter_no"],))
    resender = Resender(standing.producer, standing.settings.topic_transactions)
    both = await asyncio.gather(
        *[replay(standing.pool, vault_of(standing), resender, wanted, operator=f"op{n}") for n in range(2)]
    )
    assert sorted(each.done for each in both) == [0, 1]
    assert [left.code for each in both for left in each.left] == [Code.DEAD_LETTER_CLOSED]
    await standing.told(message_id)
    assert await balance(standing, person) == 9_000
    acts = await standing.pool.fetchval(
        "SELECT count(*) FROM settlement.dead_letter_acts WHERE letter_no = $1", letter["letter_no"]
    )
    assert acts == 1


async def test_a_dry_run_says_what_would_come_of_it_and_does_nothing(
    standing: House, client: httpx.AsyncClient, person: str
) -> None:
    message_id, letter = await dead_letter(standing, client, person)
    garbage = await letter_at(client, await standing.send(secrets.token_bytes(50)))
    numbers = [letter["letter_no"], garbage["letter_no"], 2**60]
    would = (await client.post("/v1/dead-letters/replay", json={"letters": numbers, "dry_run": True})).json()
    assert (would["done"], would["reads_as"]) == (2, {"ok": 1, "invalid_json": 1})
    assert would["left"] == [{"letter_no": 2**60, "code": "dead_letter_unknown"}]
    states = [(await client.get(f"/v1/dead-letters/{number}")).json()["letter"]["state"] for number in numbers[:2]]
    assert states == ["open", "open"]
    assert message_id not in standing.told_so_far()


async def test_a_bulk_replay_does_not_chase_what_comes_back(standing: House, client: httpx.AsyncClient) -> None:
    places = [await standing.send(secrets.token_bytes(50), partition=2) for _ in range(3)]
    letters = [await letter_at(client, place) for place in places]
    chosen = {"code": "invalid_json", "partition": 2, "since": letters[0]["failed_at"]}
    done = (await client.post("/v1/dead-letters/replay", json=chosen)).json()
    assert (done["done"], done["more"]) == (3, False)


async def test_a_bulk_goes_as_far_as_it_is_told(standing: House, client: httpx.AsyncClient) -> None:
    letters = [await letter_at(client, await standing.send(secrets.token_bytes(50))) for _ in range(3)]
    numbers = [each["letter_no"] for each in letters]
    done = (await client.post("/v1/dead-letters/discard", json={"letters": numbers, "reason": "x", "limit": 2})).json()
    assert (done["done"], done["more"], done["left"]) == (2, True, [])
    rest = (await client.post("/v1/dead-letters/discard", json={"letters": numbers, "reason": "x"})).json()
    assert (rest["done"], rest["left_count"]) == (1, 2)


async def test_many_are_not_touched_by_an_empty_choice(client: httpx.AsyncClient) -> None:
    refused = await client.post("/v1/dead-letters/replay", json={})
    assert (refused.status_code, refused.json()["code"]) == (422, Code.INVALID_FIELD)


async def test_a_letter_that_was_cut_is_not_sent_again(standing: House, client: httpx.AsyncClient) -> None:
    letter = await letter_at(client, await standing.send(b"x" * 1_000_000))
    assert letter["is_kept"] is False
    refused = await client.post(f"/v1/dead-letters/{letter['letter_no']}/replay", json={})
    assert (refused.status_code, refused.json()["code"]) == (409, Code.DEAD_LETTER_INCOMPLETE)
    gone = await client.post(f"/v1/dead-letters/{letter['letter_no']}/discard", json={"reason": "sent anew"})
    assert gone.json()["done"] == 1


# Discarded


async def test_a_letter_is_discarded_for_a_reason_and_stays(standing: House, client: httpx.AsyncClient) -> None:
    letter = await letter_at(client, await standing.send(secrets.token_bytes(50)))
    number = letter["letter_no"]
    without = await client.post(f"/v1/dead-letters/{number}/discard", json={"reason": " "})
    assert without.status_code == 422
    assert (await client.post(f"/v1/dead-letters/{number}/discard", json={"reason": "a test"})).status_code == 200
    shown = (await client.get(f"/v1/dead-letters/{number}")).json()
    assert (shown["letter"]["state"], shown["acts"][0]["reason"]) == ("discarded", "a test")
    listed = (await client.get("/v1/dead-letters", params={"state": "discarded", "limit": 1000})).json()["letters"]
    assert number in [each["letter_no"] for each in listed]
    assert number not in [
        each["letter_no"]
        for each in (await client.get("/v1/dead-letters", params={"state": "open", "limit": 1000})).json()["letters"]
    ]


async def test_of_replay_and_discard_at_once_one_wins(standing: House, client: httpx.AsyncClient, person: str) -> None:
    _, letter = await dead_letter(standing, client, person)
    wanted = Filter(letters=(letter["letter_no"],))
    resender = Resender(standing.producer, standing.settings.topic_transactions)
    sent, dropped = await asyncio.gather(
        replay(standing.pool, vault_of(standing), resender, wanted, operator="a"),
        discard(standing.pool, wanted, operator="b", reason="x"),
    )
    assert sent.done + dropped.done == 1


# Listed, recorded, and by command


async def test_pages_of_the_list_follow_each_other(standing: House, client: httpx.AsyncClient) -> None:
    letters = [await letter_at(client, await standing.send(secrets.token_bytes(50), partition=3)) for _ in range(5)]
    since = letters[0]["failed_at"]
    asked = {"partition": 3, "since": since, "limit": 2, "code": "invalid_json"}
    seen: list[int] = []
    before: dict[str, int] = {}
    while True:
        page = (await client.get("/v1/dead-letters", params={**asked, **before})).json()
        seen += [each["letter_no"] for each in page["letters"]]
        if page["next_before"] is None:
            break
        before = {"before": page["next_before"]}
    assert seen == [each["letter_no"] for each in reversed(letters)]
    assert page["open_by_code"] == {"invalid_json": 5}


async def test_who_looked_and_who_replayed_is_in_the_audit_log(
    standing: House, client: httpx.AsyncClient, person: str
) -> None:
    _, letter = await dead_letter(standing, client, person)
    number = letter["letter_no"]
    operator = await standing.keys.key(Role.OPERATOR, name="night-shift")
    async with standing.client(operator) as named:
        await named.get(f"/v1/dead-letters/{number}")
        await named.post(f"/v1/dead-letters/{number}/replay", json={})
    rows = await standing.pool.fetch(
        "SELECT e.route, e.target, e.name, n.status FROM access.audit_entries AS e JOIN access.audit_ends AS n"
        " USING (entry_id) WHERE e.name = 'night-shift' ORDER BY entry_id"
    )
    assert [tuple(row) for row in rows] == [
        ("GET /v1/dead-letters/{letter_no}", f"letter_no={number}", "night-shift", 200),
        ("POST /v1/dead-letters/{letter_no}/replay", f"letter_no={number}", "night-shift", 200),
    ]
    acts = await standing.pool.fetch("SELECT operator FROM settlement.dead_letter_acts WHERE letter_no = $1", number)
    assert [row["operator"] for row in acts] == ["night-shift"]


async def test_the_command_lists_shows_replays_and_discards(
    standing: House, client: httpx.AsyncClient, person: str
) -> None:
    message_id, letter = await dead_letter(standing, client, person)
    number = str(letter["letter_no"])
    listed = command(standing, "list", "--institution", HOSPITAL)
    assert f"{number} " in listed.stdout
    assert f"{HOSPITAL}/{message_id}" in listed.stdout
    shown = command(standing, "show", number)
    assert "this release reads it as a message" in shown.stdout
    assert person not in shown.stdout
    would = command(standing, "replay", number, "--dry-run", "--operator", "c1")
    assert would.stdout == "1 letters would be replayed\n  1 read as a message\n"
    assert command(standing, "replay", number, "--operator", "c1").stdout == "1 letters replayed\n"
    assert (await standing.told(message_id))[0].outcome["status"] == "settled"
    again = command(standing, "discard", number, "--reason", "late", "--operator", "c1")
    assert (again.returncode, again.stdout) == (1, f"0 letters discarded\n1 left:\n  {number}: dead_letter_closed\n")
    assert "replayed to" in command(standing, "show", number).stdout
    kept = await standing.pool.fetchval(
        "SELECT target FROM access.audit_entries WHERE route = 'medsettle dlq replay' ORDER BY entry_id DESC LIMIT 1"
    )
    assert kept == f"state=open letters={number}"


def test_the_command_takes_all_only_when_it_is_told_so(standing: House) -> None:
    for words in (["replay"], ["replay", "1", "--all"], ["discard", "--reason", "x"]):
        refused = command(standing, *words, "--operator", "c1")
        assert refused.returncode == 2, refused.stdout
        assert "--all" in refused.stderr


async def _record(house: House, value: bytes) -> Any:
    """A record as a worker reads it, which no worker did."""
    return ConsumerRecord(
        topic="elsewhere", partition=1, offset=secrets.randbits(40), timestamp=1_700_000_000_000, timestamp_type=0,
        key=b"k", value=value, checksum=None, serialized_key_size=1, serialized_value_size=len(value), headers=(),
    )  # fmt: skip
