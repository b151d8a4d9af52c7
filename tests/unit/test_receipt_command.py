"""`medsettle receipt`, where there is neither a service nor a database."""

import subprocess
from pathlib import Path

import pytest
from app.signing import new_entry, read_public_keys
from tests.commands import medsettle
from tests.made_receipts import KEY, made, new_key, settlement

AWAY = {
    "MEDSETTLE_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
    "MEDSETTLE_KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
}


def receipt_command(*words: str | Path, **settings: str) -> subprocess.CompletedProcess[str]:
    return medsettle("receipt", *words, on=AWAY | settings)


@pytest.fixture
def receipt(tmp_path: Path) -> Path:
    file = tmp_path / "receipt.json"
    file.write_bytes(made(settlement(37)))
    return file


@pytest.fixture
def key(tmp_path: Path) -> Path:
    file = tmp_path / "key.pem"
    file.write_text(KEY.public.pem)
    return file


def test_a_receipt_is_verified_and_what_was_proved_is_said(receipt: Path, key: Path) -> None:
    run = receipt_command("verify", receipt, "--key", key)
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout == (
        "Genuine. H00000000001 M37: payment of 1,000 fen settled (ok) at 2026-11-24T03:04:05.678901Z, "
        "business day 2026-11-24.\n"
        "Proved: its outcome follows from its record, which stands at position 37 of the 300 in batch 5127 of the hash "
        f"chain, signed by Ed25519 key {KEY.public.key_id}.\n"
    )
    assert "P1" not in run.stdout


def test_an_altered_receipt_fails_and_the_check_is_named(receipt: Path, key: Path) -> None:
    receipt.write_bytes(receipt.read_bytes().replace(b'"cash_due":300', b'"cash_due":299', 1))
    run = receipt_command("verify", receipt, "--key", key)
    assert (run.returncode, run.stdout) == (1, "")
    assert run.stderr == "medsettle: The receipt is not genuine (outcome): it does not follow from the evidence.\n"


def test_another_key_fails_and_a_file_of_several_keys_is_searched(receipt: Path, key: Path) -> None:
    key.write_text(new_key().public.pem)
    run = receipt_command("verify", receipt, "--key", key)
    assert run.returncode == 1
    assert f"(key): it names Ed25519 key {KEY.public.key_id}" in run.stderr
    key.write_text(new_key().public.pem + KEY.public.pem)
    assert receipt_command("verify", receipt, "--key", key).returncode == 0


@pytest.mark.parametrize("content", [b"", b"\xff\x00", b"-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n"])
def test_what_is_no_key_is_refused_in_one_sentence(receipt: Path, key: Path, content: bytes) -> None:
    key.write_bytes(content)
    run = receipt_command("verify", receipt, "--key", key)
    assert run.returncode == 1
    assert run.stderr.startswith("medsettle: ")
    assert run.stderr.count("\n") == 1


def test_the_public_key_of_a_new_entry_is_printed() -> None:
    entry = receipt_command("new-key").stdout.strip()
    run = receipt_command("key", MEDSETTLE_SIGNING_KEY=entry)
    [public] = read_public_keys(run.stdout)
    assert public.algorithm == "Ed25519"
    assert entry[8:] not in run.stdout
    assert receipt_command("key", MEDSETTLE_SIGNING_KEY=entry).stdout == run.stdout


def test_without_a_signing_key_there_is_none_to_print() -> None:
    run = receipt_command("key", MEDSETTLE_SIGNING_KEY="")
    assert run.returncode == 1
    assert "Set MEDSETTLE_SIGNING_KEY" in run.stderr


def test_an_sm2_key_is_made_and_printed() -> None:
    pytest.importorskip("gmssl_pyx")
    run = receipt_command("key", MEDSETTLE_SIGNING_KEY=new_entry("SM2"))
    assert [public.algorithm for public in read_public_keys(run.stdout)] == ["SM2"]
    assert receipt_command("new-key", "--algorithm", "SM2").stdout.startswith("sm2:")
