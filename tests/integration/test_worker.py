"""A real worker process between the topics: what goes in, what comes out, and how it stops."""

import asyncio
import secrets
import signal
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import orjson
import psutil
import pytest
from app.codes import Code
from app.ledger.buckets import bucket_of
from app.watchdog import EXIT_STUCK
from tests.builders import HOSPITAL, add_card, add_institution, add_person, payment_json
from tests.harness import PARTITIONS, House, Record, copy_of, eventually, house_in


def new_id() -> str:
    return f"K{secrets.token_hex(8)}"


def headers_of(record: Record) -> dict[str, bytes]:
    return dict(record.headers)


async def dead_letter(house: House, place: str) -> Record:
    """The dead letter of the record that stood at a place."""
    partition, offset = place.encode().split(b"/")

    def stood_there(record: Record) -> bool:
        headers = headers_of(record)
        return (headers["medsettle_partition"], headers["medsettle_offset"]) == (partition, offset)

    letter, *again = await house.dead_letters.having(stood_there)
    # Written once more where its worker lost the partition before it could commit.
    assert all((each.value, each.headers) == (letter.value, letter.headers) for each in again)
    return letter


# Outcomes


async def test_an_outcome_is_a_cloud_event_keyed_by_the_person(standing: House, person: str) -> None:
    message_id = new_id()
    place = await standing.send(payment_json(message_id=message_id, person_no=person), key=person.encode())
    [told] = await standing.told(message_id)
    assert told.record.key == person.encode()
    assert told.record.partition == bucket_of(person) % PARTITIONS
    assert headers_of(told.record) == {
        "ce_id": told.outcome["settlement_id"].encode(),
        "ce_specversion": b"1.0",
        "ce_type": b"cn.medsettle.settlement.outcome.v1",
        "ce_source": b"/medsettle",
        "content-type": b"application/json",
        "medsettle_source": place.encode(),
    }


async def test_metadata_comes_back_as_it_went_in(standing: House, person: str) -> None:
    message_id = new_id()
    metadata = {"药": ["阿司匹林", 1.5, None, True, {"深": {}}], "b": '\x00"\\|~', "a": 2**63}
    await standing.send(payment_json(message_id=message_id, person_no=person, metadata=metadata))
    [told] = await standing.told(message_id)
    assert told.outcome["metadata"] == metadata
    assert list(told.outcome["metadata"]) == ["药", "b", "a"]


async def test_the_headers_of_a_cloud_event_are_accepted(standing: House, person: str) -> None:
    message_id = new_id()
    await standing.send(
        payment_json(message_id=message_id, person_no=person),
        headers=[("ce_id", b"1"), ("ce_specversion", b"1.0"), ("traceparent", b"00-1-2-01"), ("ce_id", b"\xff")],
    )
    [told] = await standing.told(message_id)
    assert told.outcome["status"] == "settled"


async def test_a_repeat_is_told_again_and_alike(standing: House, person: str) -> None:
    message_id = new_id()
    value = payment_json(message_id=message_id, person_no=person)
    places = [await standing.send(value, key=person.encode()) for _ in range(3)]
    told = await standing.told(message_id, 3)
    assert [each.outcome["replayed"] for each in told] == [False, True, True]
    assert [headers_of(each.record)["medsettle_source"].decode() for each in told] == places
    assert len({orjson.dumps({**each.outcome, "replayed": False}) for each in told}) == 1


async def test_a_conflict_is_told_with_the_fields_that_differ(standing: House, person: str) -> None:
    message_id = new_id()
    for amount in (1, 2):
        await standing.send(payment_json(message_id=message_id, person_no=person, amount=amount), key=person.encode())
    first, second = await standing.told(message_id, 2)
    assert (first.outcome["status"], second.outcome["status"]) == ("settled", "conflict")
    assert second.outcome["differing_fields"] == ["amount"]


async def test_a_registration_by_kafka_activates_the_card_for_the_payment_behind_it(
    standing: House, person: str
) -> None:
    card_no, first, second = f"C{person}", new_id(), new_id()
    await add_card(standing.pool, card_no, person, state="issued")
    card = {"cert_type": "03", "card_no": card_no, "card_sn": "SN1"}
    registration = payment_json(
        message_id=first, person_no=person, kind="registration", amount=None, visit="outpatient", card=card
    )
    await standing.send(registration, key=person.encode())
    await standing.send(payment_json(message_id=second, person_no=person, card=card), key=person.encode())
    [registered], [paid] = await standing.told(first), await standing.told(second)
    assert (registered.outcome["status"], registered.outcome["card_activated"]) == ("settled", True)
    assert (paid.outcome["status"], paid.outcome["account_paid"]) == ("settled", 1_000)


async def test_the_outcomes_of_a_person_stand_in_the_order_of_the_messages(standing: House, person: str) -> None:
    ids = [new_id() for _ in range(200)]
    for message_id in ids:
        await standing.producer.send(
            standing.settings.topic_transactions,
            value=payment_json(message_id=message_id, person_no=person, amount=1),
            key=person.encode(),
        )
    await standing.told(ids[-1])
    told = [standing.told_so_far()[message_id][0] for message_id in ids]
    assert [each.outcome["balance_after"] for each in told] == list(range(9_999, 9_799, -1))
    assert [each.record.offset for each in told] == sorted(each.record.offset for each in told)


async def test_a_message_in_a_strange_partition_is_settled_like_any_other(standing: House, person: str) -> None:
    for partition in range(PARTITIONS):
        message_id = new_id()
        value = payment_json(message_id=message_id, person_no=person, amount=1)
        assert (await standing.send(value, key=b"other", partition=partition)).startswith(f"{partition}/")
        [told] = await standing.told(message_id)
        assert told.outcome["status"] == "settled"
        assert told.record.partition == bucket_of(person) % PARTITIONS


# Bad input


async def test_good_and_bad_messages_of_one_batch_each_get_what_is_theirs(standing: House, person: str) -> None:
    good, unknown, invalid, poison, last = (new_id(), new_id(), new_id(), f"POISON{new_id()}", new_id())
    values = [
        payment_json(message_id=good, person_no=person, amount=4_000),
        b"\xff\x00 no message",
        payment_json(message_id=unknown, person_no=person, institution="X00000000009"),
        payment_json(message_id=invalid, person_no=person, amount="4000"),
        payment_json(message_id=poison, person_no=person),
        payment_json(message_id=good, person_no=person, amount=4_000),
        b'{"institution":"H00000000001"}',
        payment_json(message_id=last, person_no=person, amount=7_000),
    ]
    batch = standing.producer.create_batch()
    for value in values:
        assert batch.append(key=person.encode(), value=value, timestamp=None)
    sent = await (await standing.producer.send_batch(batch, standing.settings.topic_transactions, partition=1))
    places = [f"1/{sent.offset + number}" for number in range(len(values))]

    first, repeat = await standing.told(good, 2)
    assert (first.outcome["balance_after"], repeat.outcome["replayed"]) == (6_000, True)
    assert (await standing.told(unknown))[0].outcome["status"] == "rejected"
    [rejected] = await standing.told(invalid)
    assert (rejected.outcome["status"], rejected.outcome["code"]) == ("rejected", "invalid_amount")
    assert rejected.outcome["settlement_id"] is None
    assert headers_of(rejected.record)["medsettle_source"] == places[3].encode()
    [split] = await standing.told(last)
    assert (split.outcome["account_paid"], split.outcome["cash_due"]) == (6_000, 1_000)
    for number, code in ((1, Code.INVALID_JSON), (4, Code.REFUSED_BY_DATABASE), (6, Code.MESSAGE_KEY_MISSING)):
        letter = await dead_letter(standing, places[number])
        assert letter.value == values[number]
        assert headers_of(letter)["medsettle_code"].decode() == code
    assert poison not in standing.told_so_far()
    balance = await standing.pool.fetchval("SELECT balance FROM ledger.accounts WHERE owner = $1", person)
    assert balance == 0


async def test_a_dead_letter_keeps_what_came_and_says_where_and_why(standing: House) -> None:
    value = b'{"institution": "H00000000001", \xff}'
    place = await standing.send(
        value,
        key=b"\x00key",
        timestamp_ms=1_700_000_000_123,
        headers=[("ce_id", b"7"), ("mine", b"\xff"), ("none", b"")],
    )
    letter = await dead_letter(standing, place)
    assert (letter.value, letter.key, letter.timestamp) == (value, b"\x00key", 1_700_000_000_123)
    *kept, code, detail, topic, partition, offset, size, failed_at = letter.headers
    assert kept == [("ce_id", b"7"), ("mine", b"\xff"), ("none", b"")]
    assert code == ("medsettle_code", b"invalid_json")
    assert detail[0] == "medsettle_detail"
    assert detail[1]
    assert topic == ("medsettle_topic", standing.settings.topic_transactions.encode())
    assert f"{partition[1].decode()}/{offset[1].decode()}" == place
    assert size == ("medsettle_value_bytes", str(len(value)).encode())
    assert int(failed_at[1]) > 1_700_000_000_123


@pytest.mark.parametrize("key", [None, b"", b"P1"])
async def test_a_record_without_a_value_is_a_dead_letter(standing: House, key: bytes | None, person: str) -> None:
    batch = standing.producer.create_batch()
    assert batch.append(key=key, value=None, timestamp=None)
    sent = await (await standing.producer.send_batch(batch, standing.settings.topic_transactions, partition=0))
    letter = await dead_letter(standing, f"0/{sent.offset}")
    assert (letter.key, letter.value or b"") == (key, b"")
    assert headers_of(letter)["medsettle_code"] == b"invalid_json"
    message_id = new_id()
    await standing.send(payment_json(message_id=message_id, person_no=person), partition=0)
    assert await standing.told(message_id)


@pytest.mark.parametrize("size", [70_000, 1_000_000, 3_000_000])
async def test_a_value_that_is_too_large_is_a_dead_letter_with_all_its_bytes_that_a_broker_takes(
    standing: House, person: str, size: int
) -> None:
    value = payment_json(message_id=new_id(), person_no=person, unknown=secrets.token_hex(size // 2))
    place = await standing.send(value, key=person.encode())
    letter = await dead_letter(standing, place)
    assert letter.value == value[: 900 * 1024]
    assert headers_of(letter)["medsettle_code"] == b"message_too_large"
    assert headers_of(letter)["medsettle_value_bytes"] == str(len(value)).encode()


async def test_a_rejection_of_nobodys_message_has_no_key(standing: House) -> None:
    message_id = new_id()
    await standing.send(payment_json(message_id=message_id, person_no="no such number"))
    [told] = await standing.told(message_id)
    assert told.record.key is None
    assert (told.outcome["status"], told.outcome["person_no"]) == ("rejected", None)


async def test_a_flood_of_garbage_does_not_stop_the_good(standing: House, person: str) -> None:
    message_id = new_id()
    garbage = [standing.send(secrets.token_bytes(200), key=None) for _ in range(300)]
    places = await asyncio.gather(*garbage)
    await standing.send(payment_json(message_id=message_id, person_no=person))
    assert (await standing.told(message_id))[0].outcome["status"] == "settled"
    assert await dead_letter(standing, places[-1])


# How it stops, and comes back


@pytest.fixture
async def house(house_folder: Path, tmp_path: Path) -> AsyncIterator[House]:
    """A house of this test alone, with HOSPITAL and P1 … P8, each with 100,000 fen."""
    async with house_in(copy_of(house_folder, tmp_path / "house")) as house:
        await add_institution(house.pool, HOSPITAL)
        for number in range(1, 9):
            await add_person(house.pool, f"P{number}", balance=100_000)
        await house.hush()
        yield house


async def stream(house: House, count: int) -> list[str]:
    """So many payments of 1 fen by all persons; their message ids."""
    ids = [new_id() for _ in range(count)]
    sent = []
    for number, message_id in enumerate(ids):
        person_no = f"P{number % 8 + 1}"
        value = payment_json(message_id=message_id, person_no=person_no, amount=1)
        sent.append(await house.producer.send(house.settings.topic_transactions, value=value, key=person_no.encode()))
    await asyncio.gather(*sent)
    return ids


async def all_told(house: House, ids: list[str]) -> Counter[bool]:
    """Wait until each is told; counts of first answers and of repeats."""

    async def told() -> bool:
        return house.told_so_far().keys() >= set(ids)

    await eventually(told)
    assert await house.settled() == len(ids)
    outcomes = [told.outcome for message_id in ids for told in house.told_so_far()[message_id]]
    assert {outcome["status"] for outcome in outcomes} == {"settled"}
    return Counter(outcome["replayed"] for outcome in outcomes)


async def test_a_worker_that_is_asked_to_stop_finishes_its_batch_and_the_next_one_goes_on(house: House) -> None:
    worker = await house.start_worker()
    sending = asyncio.create_task(stream(house, 2_000))
    await house.settle_until(200)
    assert await house.stop(worker) == 0
    await house.start_worker()
    ids = await sending
    # Its last batch was committed, so nothing was read twice; the sweeper may tell twice what stood unmarked for long.
    assert (await all_told(house, ids))[True] == 0
    await house.all_published()


async def test_a_worker_without_work_stops_at_once(house: House) -> None:
    worker = await house.start_worker()
    assert await house.stop(worker) == 0
    assert "worker_stopped" in worker.log_text()


@pytest.mark.processes
async def test_a_worker_that_gets_nowhere_ends_itself_and_the_next_one_goes_on(house: House, tmp_path: Path) -> None:
    async with house.other(tmp_path / "impatient", watchdog_seconds=5) as impatient, house.locked("P1"):
        worker = await impatient.start_worker()
        ids = await stream(house, 500)
        assert await worker.ended(60)
    assert worker.exit_code == EXIT_STUCK
    assert "worker_stuck" in worker.log_text()
    await house.start_worker()
    await all_told(house, ids)


async def test_a_rebalance_in_the_middle_of_a_stream_settles_nothing_twice(house: House) -> None:
    """A rebalance inside a transaction broke exactly-once in aio-libs/aiokafka#844."""
    await house.start_worker()
    sending = asyncio.create_task(stream(house, 3_000))
    await house.settle_until(100)
    second = await house.start_worker()
    await house.settle_until(1_000)
    await house.stop(second)
    ids = await sending
    counts = await all_told(house, ids)
    assert counts[False] >= len(ids)
    balances = await house.pool.fetch("SELECT balance FROM ledger.accounts WHERE kind = 'personal'")
    assert [row["balance"] for row in balances] == [100_000 - 3_000 // 8] * 8


@pytest.mark.processes
async def test_a_consumer_that_was_put_out_of_the_group_comes_back(house: House) -> None:
    """A consumer that was kicked out never rejoined in aio-libs/aiokafka#625."""
    first = await house.start_worker()
    before = await stream(house, 100)
    await all_told(house, before)
    process = psutil.Process(first.pid)
    process.send_signal(signal.SIGSTOP)
    second = await house.start_worker()  # gets the partitions once the session of the first one is over
    meanwhile = await stream(house, 100)
    await all_told(house, before + meanwhile)
    process.send_signal(signal.SIGCONT)
    second.kill()
    after = await stream(house, 100)
    await all_told(house, before + meanwhile + after)
    assert first.exit_code is None


@pytest.mark.processes
async def test_partitions_that_change_hands_while_postgres_is_away_lose_nothing(house: House) -> None:
    first = await house.start_worker()
    await house.postgres.stop()
    ids = await stream(house, 1_000)

    async def waits() -> bool:
        return "database_away_partitions_paused" in first.log_text()

    await eventually(waits)
    await asyncio.sleep(4)  # its waits become longer than a rebalance takes
    second = await house.start_worker()
    await asyncio.sleep(8)
    await house.postgres.restart()
    await all_told(house, ids)
    assert (first.exit_code, second.exit_code) == (None, None)


@pytest.mark.processes
async def test_a_worker_that_stops_hands_its_partitions_over(house: House) -> None:
    first = await house.start_worker()
    second = await house.start_worker()
    before = await stream(house, 200)
    await all_told(house, before)
    assert await house.stop(first) == 0
    after = await stream(house, 200)
    await all_told(house, before + after)
    assert second.exit_code is None
