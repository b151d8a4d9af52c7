"""Kafka records that must be signed by the institution they name, over the real broker."""

import secrets
from base64 import b64encode
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from app.access.producer_keys import register_producer_key, revoke_producer_key
from app.codes import Code
from app.errors import UsageError
from app.settlement.producer_check import HEADER
from app.signing import PublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.builders import HOSPITAL, PHARMACY, add_institution, add_person, payment_json
from tests.harness import LONG_SESSION_MS, House, copy_of, eventually, house_in, owned


class Signer:
    def __init__(self) -> None:
        self._private = Ed25519PrivateKey.generate()
        self.public = PublicKey("Ed25519", self._private.public_key().public_bytes_raw())

    def header(self, value: bytes) -> tuple[str, bytes]:
        signature = b64encode(self._private.sign(value)).decode()
        return HEADER, f"{self.public.key_id}:{signature}".encode()


@pytest.fixture(scope="module")
async def house(house_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """A house whose worker asks for signatures."""
    folder = copy_of(house_folder, tmp_path_factory.mktemp("signed") / "house")
    async with house_in(folder, kafka_producer_check="signed", kafka_session_timeout_ms=LONG_SESSION_MS) as house:
        await add_institution(house.pool, HOSPITAL)
        await add_institution(house.pool, PHARMACY, kind="pharmacy")
        await add_person(house.pool, "P1", balance=1_000_000)
        await house.start_worker()
        yield house


@pytest.fixture
async def signer(house: House) -> Signer:
    """A key of HOSPITAL."""
    signer = Signer()
    async with owned(house) as owner:
        await register_producer_key(owner, HOSPITAL, signer.public, by="tests")
    return signer


def payment(institution: str = HOSPITAL) -> tuple[str, bytes]:
    message_id = f"K{secrets.token_hex(8)}"
    return message_id, payment_json(message_id=message_id, institution=institution, amount=1)


async def detail_of(house: House, value: bytes) -> str:
    """Why the record with this value became a dead letter."""
    [letter] = await house.dead_letters.having(lambda record: record.value == value)
    headers: dict[str, bytes] = dict(letter.headers)
    assert headers["medsettle_code"] == Code.PRODUCER_UNPROVEN.encode()
    return headers["medsettle_detail"].decode()


async def test_a_signed_record_settles(house: House, signer: Signer) -> None:
    message_id, value = payment()
    await house.send(value, headers=[("ce_id", b"1"), signer.header(value)])
    [told] = await house.told(message_id)
    assert told.outcome["status"] == "settled"


async def test_a_signed_record_that_is_malformed_is_answered(house: House, signer: Signer) -> None:
    message_id = f"K{secrets.token_hex(8)}"
    value = payment_json(message_id=message_id, amount=0)
    await house.send(value, headers=[signer.header(value)])
    [told] = await house.told(message_id)
    assert (told.outcome["status"], told.outcome["code"]) == ("rejected", Code.INVALID_AMOUNT)


async def test_what_is_not_proved_is_a_dead_letter_and_holds_up_nobody(house: House, signer: Signer) -> None:
    _, other = payment()
    (_, unsigned), (_, changed), (_, stranger), (_, foreign), (_, garbled) = (
        payment(), payment(), payment(), payment(PHARMACY), payment(),
    )  # fmt: skip
    malformed_foreign = payment_json(message_id=f"K{secrets.token_hex(8)}", institution=PHARMACY, amount=0)
    await house.send(unsigned)
    await house.send(changed, headers=[signer.header(other)])
    await house.send(stranger, headers=[Signer().header(stranger)])
    await house.send(foreign, headers=[signer.header(foreign)])
    await house.send(malformed_foreign, headers=[signer.header(malformed_foreign)])
    await house.send(garbled, headers=[(HEADER, b"\xff:\x00")])
    message_id, good = payment()
    await house.send(good, headers=[signer.header(good)])
    assert (await house.told(message_id))[0].outcome["status"] == "settled"
    refused = (unsigned, changed, stranger, foreign, malformed_foreign, garbled)
    assert [await detail_of(house, value) for value in refused] == [
        "The record has no signature of a known form.",
        "The signature is not of these bytes.",
        "No good key of an institution has this id.",
        "The key is another institution's.",
        "The key is another institution's.",
        "The record has no signature of a known form.",
    ]


async def test_a_revoked_key_is_soon_refused(house: House, signer: Signer) -> None:
    message_id, value = payment()
    await house.send(value, headers=[signer.header(value)])
    await house.told(message_id)
    async with owned(house) as owner:
        assert await revoke_producer_key(owner, signer.public.key_id, by="tests")

    before = len(house.dead_letters.records)

    async def is_refused() -> bool:
        _, later = payment()
        await house.send(later, headers=[signer.header(later)])
        letters = [dict(record.headers) for record in house.dead_letters.records[before:]]
        return any(letter["medsettle_detail"].startswith(b"No good key") for letter in letters)

    await eventually(is_refused)


async def test_one_key_is_one_institutions(house: House, signer: Signer) -> None:
    async with owned(house) as owner:
        with pytest.raises(UsageError, match="registered already"):
            await register_producer_key(owner, PHARMACY, signer.public, by="tests")
