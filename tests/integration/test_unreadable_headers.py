"""Records whose header names are not UTF-8: brokers take them, and they hold up nothing that stands around them."""

import struct
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.consumer import fetcher
from aiokafka.record.default_records import DefaultRecordBase, _DefaultRecordBatchBuilderPy
from aiokafka.record.util import calc_crc32c
from app.settlement.header_names import UnreadableRecord, take_any_header_name
from tests.builders import HOSPITAL, add_institution, add_person, payment_json
from tests.harness import LONG_SESSION_MS, PARTITIONS, House, copy_of, eventually, house_in

Headers: TypeAlias = Sequence[tuple[str, bytes | None]]

NONE, GZIP, SNAPPY, LZ4, ZSTD = range(5)


class Name(str):
    """A header name as a sender writes it that knows of no encoding: `\\udcff` stands for the byte ff."""

    def encode(self, encoding: str = "utf-8", errors: str = "strict") -> bytes:
        return super().encode(encoding, "surrogateescape")


GOOD: Headers = [("ce_id", b"1"), ("药", b"2")]
BAD: Headers = [("ce_id", b"1"), (Name("trace\udcff药"), b"\xff"), ("none", None), (Name("\udcc3("), b"")]
#: BAD in a dead letter.
TOLD = [("ce_id", b"1"), ("trace\\xff药", b"\xff"), ("none", None), ("\\xc3(", b"")]


def builder(codec: int, **options: Any) -> Any:
    values = {"is_transactional": 0, "producer_id": -1, "producer_epoch": -1, "base_sequence": 0, **options}
    return _DefaultRecordBatchBuilderPy(magic=2, compression_type=codec, batch_size=2**22, **values)


async def send(
    house: House, partition: int, key: bytes, records: Sequence[tuple[bytes, Headers]], codec: int = NONE
) -> int:
    """Send so many records in one batch, with headers that aiokafka would not write; the place of the first one."""
    # An idempotent producer, as the house has one, takes batches of its own builder alone.
    async with AIOKafkaProducer(bootstrap_servers=house.settings.kafka_bootstrap_servers) as producer:
        batch = producer.create_batch()
        batch._builder = builder(codec)
        for number, (value, headers) in enumerate(records):
            assert batch.append(key=key, value=value, timestamp=1_700_000_000_000 + number, headers=headers)
        sent = await (await producer.send_batch(batch, house.settings.topic_transactions, partition=partition))
    offset: int = sent.offset
    return offset


async def committed_up_to(house: House, ends: dict[int, int]) -> None:
    """Wait until the workers have committed so far in each partition."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=house.settings.kafka_bootstrap_servers,
        group_id=house.settings.consumer_group,
        enable_auto_commit=False,
    )
    await consumer.start()

    async def so_far() -> bool:
        topic = house.settings.topic_transactions
        return {number: await consumer.committed(TopicPartition(topic, number)) for number in ends} == ends

    try:
        await eventually(so_far)
    finally:
        await consumer.stop()


async def dead_letters(house: House, partition: int, offsets: Sequence[int]) -> list["ConsumerRecord[bytes, bytes]"]:
    """The dead letters of records that stood there, each exactly one."""
    places = {(str(partition).encode(), str(offset).encode()) for offset in offsets}

    def place(record: "ConsumerRecord[bytes | None, bytes | None]") -> tuple[bytes, bytes]:
        headers = dict(record.headers)
        return headers["medsettle_partition"], headers["medsettle_offset"]

    found = await house.dead_letters.having(lambda record: place(record) in places, len(offsets))
    assert {place(record) for record in found} == places
    assert len(found) == len(offsets)
    return sorted(found, key=lambda record: int(place(record)[1]))


BAD_AT = {
    "first": {0},
    "middle": {3},
    "last": {7},
    "two in a row": {3, 4},
    "apart": {0, 2, 7},
    "all": set(range(8)),
}


@pytest.mark.parametrize("codec", [NONE, LZ4])
@pytest.mark.parametrize("one_batch", [True, False], ids=["one batch", "a batch each"])
@pytest.mark.parametrize("bad_at", BAD_AT.values(), ids=BAD_AT)
async def test_what_stands_around_it_is_settled_in_order(
    standing: House, person: str, bad_at: set[int], one_batch: bool, codec: int
) -> None:
    ids = [f"{person}-{number}" for number in range(8)]
    values = [payment_json(message_id=message_id, person_no=person, amount=1) for message_id in ids]
    records = [(value, BAD if number in bad_at else GOOD) for number, value in enumerate(values)]
    if one_batch:
        start = await send(standing, 2, person.encode(), records, codec)
    else:
        [start, *_] = [await send(standing, 2, person.encode(), [record], codec) for record in records]
    behind = f"{person}-behind"
    await standing.send(payment_json(message_id=behind, person_no=person, amount=1), partition=2)

    good = [message_id for number, message_id in enumerate(ids) if number not in bad_at]
    await standing.told(behind)
    told = [standing.told_so_far()[message_id] for message_id in [*good, behind]]
    assert [[each.outcome["replayed"] for each in tellings] for tellings in told] == [[False]] * len(told)
    balances = [tellings[0].outcome["balance_after"] for tellings in told]
    assert balances == list(range(9_999, 9_999 - len(told), -1))

    letters = await dead_letters(standing, 2, [start + number for number in sorted(bad_at)])
    for number, letter in zip(sorted(bad_at), letters, strict=True):
        assert (letter.value, letter.key) == (values[number], person.encode())
        assert letter.timestamp == 1_700_000_000_000 + (number if one_batch else 0)
        *kept, code, detail, topic, _, _, _, _ = letter.headers
        assert kept == TOLD
        assert code == ("medsettle_code", b"invalid_field")
        assert detail == ("medsettle_detail", b"The name of a header is not UTF-8.")
        assert topic == ("medsettle_topic", standing.settings.topic_transactions.encode())
    await committed_up_to(standing, {2: start + 9})


@pytest.mark.processes
async def test_other_partitions_of_the_same_poll_lose_nothing(house_folder: Path, tmp_path: Path) -> None:
    """All is there before the worker starts, so it comes in one fetch; the worker stops in between and goes on."""
    folder = copy_of(house_folder, tmp_path / "house")
    async with house_in(folder, kafka_session_timeout_ms=LONG_SESSION_MS) as house:
        await add_institution(house.pool, HOSPITAL)
        good: dict[str, list[str]] = {}
        for partition in range(PARTITIONS):
            person = f"P{partition}"
            await add_person(house.pool, person, balance=1_000)
            ids = [f"{person}-{number}" for number in range(300)]
            values = [payment_json(message_id=message_id, person_no=person, amount=1) for message_id in ids]
            records = [(value, GOOD if number % 7 else BAD) for number, value in enumerate(values)]
            good[person] = [message_id for number, message_id in enumerate(ids) if number % 7]
            assert await send(house, partition, person.encode(), records[:200], LZ4) == 0
            assert await send(house, partition, person.encode(), records[200:], NONE) == 200
        await house.hush()
        first = await house.start_worker()
        await house.settle_until(100)
        assert await house.stop(first) == 0
        second = await house.start_worker()
        await committed_up_to(house, dict.fromkeys(range(PARTITIONS), 300))
        assert second.exit_code is None
        assert await house.settled() == sum(map(len, good.values()))
        for ids in good.values():
            await house.told(ids[-1])
            told = [house.told_so_far()[message_id] for message_id in ids]
            assert [len(tellings) for tellings in told] == [1] * len(ids)
            balances = [tellings[0].outcome["balance_after"] for tellings in told]
            assert balances == list(range(999, 999 - len(ids), -1))
        for partition in range(PARTITIONS):
            await dead_letters(house, partition, range(0, 300, 7))


async def test_headers_and_keys_that_are_too_large_are_cut(standing: House, person: str) -> None:
    """A batch is small when compressed; a dead letter of it must still be one that the broker takes."""
    headers: Headers = [("first", b"1"), ("large", bytes(5_000_000)), ("third", b"3")]
    start = await send(standing, 1, b"\0" * 3_000_000, [(bytes(3_000_000), headers)], ZSTD)
    [letter] = await dead_letters(standing, 1, [start])
    assert (letter.key, letter.value) == (bytes(32 * 1024), bytes(900 * 1024))
    assert letter.headers[:2] == (("first", b"1"), ("medsettle_headers_left_out", b"2"))
    start = await send(standing, 1, b"P1", [(b"", [(Name("\udcff" * 1_000_000), b"")])], ZSTD)
    [letter] = await dead_letters(standing, 1, [start])
    assert letter.headers[0] == ("medsettle_headers_left_out", b"1")
    message_id = f"{person}-behind"
    await standing.send(payment_json(message_id=message_id, person_no=person), partition=1)
    assert await standing.told(message_id)


# What aiokafka hands out


@pytest.fixture
def lenient(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MemoryRecords", "PartitionRecords"):
        monkeypatch.setattr(fetcher, name, getattr(fetcher, name))
    take_any_header_name()


def batch(
    offset: int, headers: Sequence[Headers], *, codec: int = NONE, producer: int = -1, marker: bytes | None = None
) -> bytes:
    """A batch as it stands in a log. Of a transaction, where it has a producer; its end, where it has a marker."""
    made = builder(codec, is_transactional=producer >= 0, producer_id=producer)
    for number, each in enumerate(headers):
        made.append(number, 1_000 + number, marker or b"k", b"%d" % (offset + number), each)
    buffer = made.build()
    struct.pack_into(">q", buffer, 0, offset)
    if marker is not None:
        buffer[DefaultRecordBase.ATTRIBUTES_OFFSET + 1] |= DefaultRecordBase.CONTROL_MASK
    crc = calc_crc32c(bytes(buffer[DefaultRecordBase.ATTRIBUTES_OFFSET :]))
    struct.pack_into(">I", buffer, DefaultRecordBase.CRC_OFFSET, crc)
    return bytes(buffer)


ABORTED, COMMITTED = b"\0\0\0\0", b"\0\0\0\1"


def read(data: bytes, offset: int, aborted: Sequence[tuple[int, int]] = ()) -> Iterator[tuple[int, bool]]:
    """What a consumer gets that stands at the offset: offsets, and whether the record is readable."""
    place = TopicPartition("t", 0)
    records = fetcher.PartitionRecords(
        place, fetcher.MemoryRecords(data), aborted, offset, None, None, True, fetcher.READ_COMMITTED
    )
    for record in records:
        assert record.value == b"%d" % record.offset
        assert records.next_fetch_offset == record.offset + 1
        yield record.offset, not isinstance(record, UnreadableRecord)


@pytest.mark.usefixtures("lenient")
@pytest.mark.parametrize("codec", range(5))
def test_reading_goes_on_from_every_offset_of_a_batch(codec: int) -> None:
    headers = [GOOD, BAD, GOOD, GOOD, BAD, BAD]
    data = batch(0, headers, codec=codec) + batch(6, [GOOD] * 6, codec=codec) + batch(20, headers, codec=codec)
    there = [(number, number % 20 not in {1, 4, 5}) for number in [*range(12), *range(20, 26)]]
    for offset in range(26):
        assert list(read(data, offset)) == [each for each in there if each[0] >= offset]


@pytest.mark.usefixtures("lenient")
def test_what_an_aborted_transaction_wrote_stays_away() -> None:
    log = {
        2: batch(0, [BAD, GOOD], producer=7),
        4: batch(2, [BAD, GOOD]),
        5: batch(4, [[]], producer=7, marker=ABORTED),
        7: batch(5, [GOOD, BAD], producer=7),
        8: batch(7, [BAD], producer=8),
        9: batch(8, [[]], producer=7, marker=COMMITTED),
        11: batch(9, [GOOD, BAD], producer=8),
        12: batch(11, [[]], producer=8, marker=ABORTED),
        14: batch(12, [BAD, GOOD], producer=8),
    }
    there = [(2, False), (3, True), (5, True), (6, False), (12, False), (13, True)]
    for offset in range(14):
        fetched = b"".join([data for end, data in log.items() if end > offset])  # as a broker answers
        aborted = [(producer, first) for producer, first, last in ((7, 0, 4), (8, 7, 11)) if last >= offset]
        assert list(read(fetched, offset, aborted)) == [each for each in there if each[0] >= offset]


@pytest.mark.usefixtures("lenient")
def test_a_batch_that_the_broker_has_damaged_is_still_refused() -> None:
    data = bytearray(batch(0, [GOOD, BAD]) + batch(2, [GOOD]))
    data[-1] ^= 1
    reading = read(bytes(data), 0)
    assert [next(reading), next(reading)] == [(0, True), (1, False)]
    with pytest.raises(fetcher.Errors.CorruptRecordException):
        next(reading)
