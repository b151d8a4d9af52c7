"""Receipts of a real API process and a real ledger, verified with what the service publishes and nothing else."""

import secrets
from base64 import b64encode
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any, TypeAlias

import asyncpg
import httpx
import msgspec
import orjson
import pytest
from app.codes import Code
from app.database import Pool, transaction
from app.errors import Refused
from app.installation import SIGNING_KEY_FILE
from app.ledger import journal
from app.ledger.journal import OpenBatch
from app.ledger.posting import Transfer
from app.settlement import batch, receipt_desk
from app.settlement.messages import message_key
from app.settlement.receipt_check import verify_receipt
from app.settlement.receipt_desk import ReceiptDesk
from app.settlement.receipts import row_of
from app.settlement.records import Settlement
from app.settlement.rules import RuleBook
from app.settlement.settle import settle as settle_all
from app.signing import PublicKey, new_entry, read_keys, read_public_keys
from app.verify import verify
from pydantic import SecretStr
from tests.builders import HOSPITAL, MIDNIGHT, Database, add_institution, add_person, payment, payment_json
from tests.commands import medsettle
from tests.harness import House

Owner: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


def new_id() -> str:
    return f"N{secrets.token_hex(8)}"


async def settle(client: httpx.AsyncClient, **fields: Any) -> dict[str, Any]:
    response = await client.post("/v1/transactions", content=payment_json(**{"message_id": new_id(), **fields}))
    assert response.status_code == 201, response.text
    outcome: dict[str, Any] = response.json()
    return outcome


async def receipt_of(client: httpx.AsyncClient, message_id: str) -> bytes:
    response = await client.get(f"/v1/transactions/{HOSPITAL}/{message_id}/receipt")
    assert (response.status_code, response.headers["content-type"]) == (200, "application/json"), response.text
    return response.content


async def published(client: httpx.AsyncClient) -> list[PublicKey]:
    return [
        key
        for each in (await client.get("/v1/keys")).json()["keys"]
        for key in read_public_keys(each["public_key"])
        if (key.key_id, key.algorithm) == (each["key_id"], each["algorithm"])
    ]


def assert_problem(response: httpx.Response, status: int, code: Code) -> None:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["code"] == code


# Over HTTP


@pytest.mark.parametrize(
    "fields",
    [
        {"amount": 10_500, "metadata": {"till": "7", "note": "甲|~"}},
        {"amount": 10_001, "short_balance": "decline"},
        {"person_no": "STRANGER"},
        {"occurred_at": "2026-01-02T03:04:05.678+08:00", "med_type": "11", "use_mutual_aid": False},
    ],
    ids=["split", "declined", "unknown person", "every field"],
)
async def test_a_receipt_proves_the_outcome_with_a_published_key(
    client: httpx.AsyncClient, person: str, fields: dict[str, Any]
) -> None:
    outcome = await settle(client, **{"person_no": person, **fields})
    document = await receipt_of(client, outcome["message_id"])
    assert row_of(verify_receipt(document, await published(client))).message_id == outcome["message_id"]
    assert orjson.loads(document)["outcome"] == outcome


async def test_a_replay_changes_nothing_of_a_receipt(client: httpx.AsyncClient, person: str) -> None:
    value = payment_json(message_id=(message_id := new_id()), person_no=person)
    await client.post("/v1/transactions", content=value)
    before = await receipt_of(client, message_id)
    assert (await client.post("/v1/transactions", content=value)).json()["replayed"] is True
    assert orjson.loads(await receipt_of(client, message_id)) == orjson.loads(before)


@pytest.mark.parametrize("address", [f"{HOSPITAL}/NEVER-SENT", "x/y", "%FF/%FE", f"{HOSPITAL}/" + "9" * 5_000])
async def test_what_was_never_settled_has_no_receipt(client: httpx.AsyncClient, address: str) -> None:
    response = await client.get(f"/v1/transactions/{address}/receipt")
    assert_problem(response, 404, Code.TRANSACTION_NOT_FOUND)


async def test_the_embedded_stack_keeps_its_signing_key(standing: House, client: httpx.AsyncClient) -> None:
    file = standing.installation.data_dir / SIGNING_KEY_FILE
    assert file.stat().st_mode & 0o777 == 0o600
    current = read_keys(SecretStr(file.read_text().strip()), "").current
    assert current is not None
    assert await published(client) == [current.public]
    assert (await client.get("/v1/keys")).json()["keys"] == [
        {
            "key_id": current.public.key_id,
            "algorithm": "Ed25519",
            "signs": True,
            "public_key": current.public.pem,
        }
    ]


async def test_without_a_signing_key_the_service_says_so_and_settles_on(
    standing: House, person: str, tmp_path: Path
) -> None:
    async with standing.other(tmp_path, signing_key=SecretStr("")) as house, house.client() as client:
        await house.start_api()
        outcome = await settle(client, person_no=person)
        response = await client.get(f"/v1/transactions/{HOSPITAL}/{outcome['message_id']}/receipt")
        assert_problem(response, 503, Code.SIGNING_KEY_MISSING)
        assert (await client.get("/v1/keys")).json() == {"keys": []}


async def test_receipts_of_a_retired_key_still_verify(
    standing: House, client: httpx.AsyncClient, person: str, tmp_path: Path
) -> None:
    outcome = await settle(client, person_no=person)
    before = await receipt_of(client, outcome["message_id"])
    [old] = await published(client)
    settings = {
        "signing_key": SecretStr(new_entry("Ed25519")),
        "retired_signing_keys": "".join(old.pem.splitlines()[1:-1]),
    }
    async with standing.other(tmp_path, **settings) as house, house.client() as renewed:
        await house.start_api()
        keys = await published(renewed)
        after = await receipt_of(renewed, outcome["message_id"])
    assert keys[1:] == [old]
    verify_receipt(before, keys)
    assert verify_receipt(after, keys[:1]).signature.key_id == keys[0].key_id
    assert orjson.loads(after)["outcome"] == outcome


async def test_receipts_may_be_signed_by_sm2(standing: House, client: httpx.AsyncClient, person: str, tmp_path: Path) -> None:  # fmt: skip  # noqa: E501
    pytest.importorskip("gmssl_pyx")
    outcome = await settle(client, person_no=person)
    async with standing.other(tmp_path, signing_key=SecretStr(new_entry("SM2"))) as house, house.client() as other:
        await house.start_api()
        document = await receipt_of(other, outcome["message_id"])
        assert verify_receipt(document, await published(other)).signature.algorithm == "SM2"


async def test_the_document_shows_what_a_receipt_holds(client: httpx.AsyncClient, person: str) -> None:
    openapi = (await client.get("/openapi.json")).json()
    answers = openapi["paths"]["/v1/transactions/{institution}/{message_id}/receipt"]["get"]["responses"]

    def properties(schema: dict[str, Any]) -> dict[str, Any]:
        named: dict[str, Any] = openapi["components"]["schemas"][schema["$ref"].removeprefix("#/components/schemas/")][
            "properties"
        ]
        return named

    told = properties(answers["200"]["content"]["application/json"]["schema"])
    outcome = await settle(client, person_no=person)
    document = orjson.loads(await receipt_of(client, outcome["message_id"]))
    assert document.keys() == told.keys()
    for part in ("evidence", "batch", "signature"):
        assert document[part].keys() == properties(told[part]).keys()
    assert {"404", "409", "500", "503"} <= answers.keys()


# On the ledger


@pytest.fixture
def desk() -> ReceiptDesk:
    return ReceiptDesk(read_keys(SecretStr(f"ed25519:{b64encode(bytes(32)).decode()}"), ""))


async def given_by(desk: ReceiptDesk, pool: Pool, institution: str, message_id: str) -> bytes | None:
    async with transaction(pool) as connection:
        found = await desk.receipt_of(connection, message_key(institution, message_id))
    return None if found is None else found[0]


async def first_of(pool: Pool, batch_id: int, position: int = 0) -> tuple[str, str]:
    row = await pool.fetchrow(
        "SELECT institution, message_id FROM settlement.settlements WHERE batch_id = $1 AND position = $2",
        batch_id, position,
    )  # fmt: skip
    assert row is not None
    return row["institution"], row["message_id"]


async def test_settlements_of_every_kind_and_status_prove(books: Pool, desk: ReceiptDesk) -> None:
    rows = await books.fetch("SELECT * FROM settlement.settlements ORDER BY batch_id, position")
    assert len(rows) == 12
    for row in rows:
        document = await given_by(desk, books, row["institution"], row["message_id"])
        assert document is not None
        proved = row_of(verify_receipt(document, desk.keys.published))
        assert msgspec.structs.asdict(proved) == dict(row)


async def test_settlements_of_a_large_batch_prove(pool: Pool, desk: ReceiptDesk) -> None:
    await add_institution(pool)
    await add_person(pool, balance=1_000)
    messages = [payment(amount=1) for _ in range(1_100)]
    settled = await settle_all(pool, messages, rules=RuleBook(MIDNIGHT))
    assert settled.batch_id is not None
    for position in (0, 15, 16, 255, 256, 499, 500, 999, 1_000, 1_099):
        document = await given_by(desk, pool, *await first_of(pool, settled.batch_id, position))
        assert document is not None
        receipt = verify_receipt(document, desk.keys.published)
        assert (receipt.position, receipt.batch.size) == (position, 1_100)
        assert orjson.loads(document)["outcome"]["message_id"] == messages[position].message_id


async def test_no_receipt_shows_an_account_or_a_salt(books: Pool, desk: ReceiptDesk) -> None:
    salts = [row["salt"].hex() for row in await books.fetch("SELECT salt FROM ledger.batches")]
    assert len({*salts}) == 4
    for position in range(8):
        document = await given_by(desk, books, *await first_of(books, 3072, position)) or b""
        assert not any(salt.encode() in document for salt in salts)
        assert b"account_id" not in document


TAMPERING = {
    "the row": "UPDATE settlement.settlements SET balance_after = 1 WHERE batch_id = 3072 AND position = 0",
    "a row beside it": "UPDATE settlement.settlements SET person_no = 'X' WHERE batch_id = 3072 AND position = 4",
    "a transfer": "UPDATE ledger.transfers SET credit_account = 1001 WHERE batch_id = 3072 AND position = 1",
    "a transfer taken away": "DELETE FROM ledger.transfers WHERE batch_id = 3072 AND position = 3",
    "a row taken away": "DELETE FROM settlement.settlements WHERE batch_id = 3072 AND position = 7",
    "the time": "UPDATE ledger.batches SET settled_at = settled_at + interval '1 s' WHERE batch_id = 3072",
    "the size": "UPDATE ledger.batches SET size = 7 WHERE batch_id = 3072",
    "the root": "UPDATE ledger.batches SET tree_root = sha256('') WHERE batch_id = 3072",
    "the salt": "UPDATE ledger.batches SET salt = sha256('') WHERE batch_id = 3072",
    "the chain": "UPDATE ledger.batches SET chain_hash = sha256('') WHERE batch_id = 3072",
    "the chain before": "UPDATE ledger.batches SET chain_hash = sha256('') WHERE batch_id = 2048",
    "the batch before": "DELETE FROM ledger.batches WHERE batch_id = 2048",
}


@pytest.mark.parametrize("sql", TAMPERING.values(), ids=TAMPERING.keys())
async def test_nothing_is_signed_that_the_journal_does_not_prove(
    books: Pool, owner: Owner, desk: ReceiptDesk, sql: str
) -> None:
    key = await first_of(books, 3072)
    assert (await owner.execute(sql)).endswith(" 1")
    with pytest.raises(Refused) as refused:
        await given_by(desk, books, *key)
    assert refused.value.code == Code.JOURNAL_BROKEN
    assert "PERSON" not in refused.value.detail


@pytest.mark.parametrize("what", ["the row", "a transfer taken away"])
async def test_a_batch_that_was_proved_before_does_not_cover_a_row_that_is_changed_later(
    books: Pool, owner: Owner, desk: ReceiptDesk, what: str
) -> None:
    changed, other = (await first_of(books, 3072, 0 if what == "the row" else 3)), await first_of(books, 3072, 2)
    assert await given_by(desk, books, *changed)
    await owner.execute(TAMPERING[what])
    with pytest.raises(Refused) as refused:
        await given_by(desk, books, *changed)
    assert refused.value.code == Code.JOURNAL_BROKEN
    assert await given_by(desk, books, *other)


@pytest.mark.parametrize(
    "place",
    [
        "position = 8",
        "position = -1",
        "business_day = business_day + 1",
        "position = 9, business_day = business_day + 1",
    ],
)
async def test_a_row_that_was_put_beside_its_batch_has_no_receipt(
    books: Pool, owner: Owner, desk: ReceiptDesk, place: str
) -> None:
    key, other = await first_of(books, 3072, 7), await first_of(books, 3072)
    assert await given_by(desk, books, *other)
    for table in ("settlement.settlements", "settlement.message_keys"):
        assert await owner.execute(f"UPDATE {table} SET {place} WHERE batch_id = 3072 AND position = 7") == "UPDATE 1"
    with pytest.raises(Refused) as refused:
        await given_by(desk, books, *key)
    assert refused.value.code == Code.JOURNAL_BROKEN


async def test_the_batches_last_asked_for_are_kept_and_no_more(
    books: Pool, desk: ReceiptDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receipt_desk, "_BATCHES_KEPT", 2)
    for batch_id in (1024, 2048, 1024, 3072):
        assert await given_by(desk, books, *await first_of(books, batch_id))
    assert list(desk._kept) == [1024, 3072]


def leaf_of_an_earlier_release(row: Settlement, content: str, transfers: Sequence[Transfer], _: object) -> bytes:
    """It held the transfers themselves, of payments without particulars and metadata."""
    text = (
        f"{content}|{row.status}|{row.code}|{row.account_paid}|0|0|{row.cash_due}"
        f"|{'~' if row.balance_after is None else row.balance_after}|{row.bucket}"
    )
    for t in transfers:
        text += f"|{t.leg}|{t.debit_account}|{t.credit_account}|{t.amount}|{t.debit_balance_after}|~|{t.debit_entry}|~"
    return sha256(text.encode()).digest()


async def test_what_is_older_than_receipts_verifies_and_has_none(
    books: Pool, database: Database, desk: ReceiptDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_batch = journal.open_batch

    async def without_salt(*arguments: Any) -> OpenBatch:
        return (await open_batch(*arguments))._replace(salt=None)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(batch, "leaf", leaf_of_an_earlier_release)
        patched.setattr(journal, "open_batch", without_salt)
        messages = [payment(person_no=person, amount=7) for person in ("PERSON1", "STRANGER", "PERSON1")]
        settled = await settle_all(books, messages, rules=RuleBook(MIDNIGHT))
    assert settled.batch_id == 5120
    assert (await verify(database.app_url)).ok
    with pytest.raises(Refused) as refused:
        await given_by(desk, books, *await first_of(books, 5120))
    assert refused.value.code == Code.RECEIPT_UNAVAILABLE


async def test_the_command_gives_a_receipt_and_verifies_it(books: Pool, database: Database, tmp_path: Path) -> None:
    key = f"ed25519:{b64encode(bytes(32)).decode()}"

    def receipt(*words: str | Path) -> CompletedProcess[str]:
        return medsettle("receipt", *words, on=database, MEDSETTLE_SIGNING_KEY=key)

    (tmp_path / "key.pem").write_text(receipt("key").stdout)
    (tmp_path / "receipt.json").write_text(receipt("get", *await first_of(books, 3072, 3)).stdout)
    verified = receipt("verify", tmp_path / "receipt.json", "--key", tmp_path / "key.pem")
    assert verified.returncode == 0, verified.stderr
    assert verified.stdout.startswith("Genuine. ")
    missing = receipt("get", HOSPITAL, "NEVER-SENT")
    assert (missing.returncode, missing.stdout) == (1, "")
    assert missing.stderr.startswith("medsettle: No transaction")
