import hashlib
import sys
from base64 import b64encode

import pytest
from app.errors import UsageError
from app.signing import Algorithm, PublicKey, SigningKey, new_entry, read_keys, read_public_keys
from pydantic import SecretStr

#: Test 3 of RFC 8032, section 7.1.
SEED = bytes.fromhex("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7")
PUBLIC = bytes.fromhex("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025")
SIGNATURE = bytes.fromhex(
    "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
    "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
)
#: Appendix A of GM/T 0003.5, the curve recommended there: private key, public key, and a signature of `message digest`.
SM2_SECRET = "3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8"
SM2_PUBLIC = (
    "09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
    "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"
)
SM2_SIGNATURE = (
    "f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3"
    "b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa"
)


def key(entry: str) -> SigningKey:
    current = read_keys(SecretStr(entry), "").current
    assert current is not None
    return current


def body(public: PublicKey) -> str:
    return "".join(public.pem.splitlines()[1:-1])


@pytest.fixture(params=["Ed25519", "SM2"])
def made(request: pytest.FixtureRequest) -> SigningKey:
    algorithm: Algorithm = request.param
    if algorithm == "SM2":
        pytest.importorskip("gmssl_pyx")
    return key(new_entry(algorithm))


def test_ed25519_is_that_of_the_rfc() -> None:
    known = key(f"ed25519:{b64encode(SEED).decode()}")
    assert known.public == PublicKey("Ed25519", PUBLIC)
    assert known.public.key_id == hashlib.sha256(PUBLIC).hexdigest()[:16]
    assert known.sign(bytes.fromhex("af82")) == SIGNATURE


def test_sm2_is_that_of_the_standard() -> None:
    """Its own example, and so user id 1234567812345678 and SM3."""
    pytest.importorskip("gmssl_pyx")
    entry = f"sm2:{b64encode(bytes.fromhex(SM2_SECRET + SM2_PUBLIC)).decode()}"
    public = PublicKey("SM2", bytes.fromhex(SM2_PUBLIC))
    assert key(entry).public == public
    assert public.verifies(bytes.fromhex(SM2_SIGNATURE), b"message digest")
    assert not public.verifies(bytes.fromhex(SM2_SIGNATURE), b"message digesT")


def test_what_was_signed_verifies_and_nothing_else(made: SigningKey) -> None:
    signature = made.sign(b"text")
    assert len(signature) == 64
    assert made.public.verifies(signature, b"text")
    assert not made.public.verifies(signature, b"texT")
    assert not key(new_entry(made.public.algorithm)).public.verifies(signature, b"text")
    assert not made.public.verifies(signature[:-1], b"text")
    for place in range(0, 64, 7):
        changed = bytearray(signature)
        changed[place] ^= 1
        assert not made.public.verifies(bytes(changed), b"text")
    for nothing in (bytes(64), b"\xff" * 64):
        assert not made.public.verifies(nothing, b"text")


def test_a_public_key_goes_through_pem(made: SigningKey) -> None:
    other = key(new_entry("Ed25519")).public
    assert read_public_keys(f"first\n{made.public.pem}\nsecond\n{other.pem}") == [made.public, other]


def test_retired_keys_stay_published_behind_the_one_that_signs(made: SigningKey) -> None:
    entry, retired = new_entry("Ed25519"), f"{body(made.public)},{body(key(new_entry('Ed25519')).public)}"
    keys = read_keys(SecretStr(entry), retired)
    assert keys.current is not None
    assert keys.published[:2] == (keys.current.public, made.public)
    assert len(keys.published) == 3
    assert read_keys(SecretStr(entry), f"{body(keys.current.public)},{retired}") == keys
    assert read_keys(SecretStr(""), retired).published == keys.published[1:]


def test_without_a_key_none_signs() -> None:
    assert read_keys(SecretStr(""), "") == (None, ())


@pytest.mark.parametrize(
    "entry",
    [
        "c2VjcmV0", "ed25519:", "ed25519:c2VjcmV0", "ed25519:c2Vjc!V0", "rsa:c2VjcmV0", "sm2:c2VjcmV0",
        "ed25519:" + "A" * 88,
    ],
)  # fmt: skip
def test_a_bad_key_is_refused_and_not_quoted(entry: str) -> None:
    with pytest.raises(UsageError, match="MEDSETTLE_SIGNING_KEY") as refused:
        read_keys(SecretStr(entry), "")
    assert "c2Vjc" not in str(refused.value)


@pytest.mark.parametrize("secret", [SM2_SECRET[:-1] + "9", "00" * 32, "ff" * 32])
def test_an_sm2_key_of_two_halves_that_do_not_fit_is_refused(secret: str) -> None:
    pytest.importorskip("gmssl_pyx")
    with pytest.raises(UsageError, match="MEDSETTLE_SIGNING_KEY"):
        key(f"sm2:{b64encode(bytes.fromhex(secret + SM2_PUBLIC)).decode()}")


@pytest.mark.parametrize("entry", ["", "x", "AAAA", "MCowBQYDK2VwAyEA", ","])
def test_a_bad_retired_key_is_refused_by_its_place(entry: str) -> None:
    good = body(key(new_entry("Ed25519")).public)
    with pytest.raises(UsageError, match="entry 2"):
        read_keys(SecretStr(""), f"{good},{entry}")


@pytest.mark.parametrize(
    "text",
    [
        "", "MCowBQYDK2VwAyEA", "-----BEGIN PRIVATE KEY-----\nMC4=\n-----END PRIVATE KEY-----",
        "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2Vw\n-----END PUBLIC KEY-----",
    ],
)  # fmt: skip
def test_what_is_no_public_key_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="public key"):
        read_public_keys(text)


def test_sm2_without_its_extra_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gmssl_pyx", None)
    for work in (lambda: new_entry("SM2"), lambda: PublicKey("SM2", bytes(64)).verifies(bytes(64), b"")):
        with pytest.raises(UsageError, match=r"medsettle\[sm\]"):
            work()


def test_no_private_key_shows_in_a_word_about_it() -> None:
    entry = new_entry("Ed25519")
    known = key(entry)
    assert not any(secret in f"{known!r} {read_keys(SecretStr(entry), '')!r}" for secret in (entry[8:], repr(SEED)))
    assert "_secret" not in repr(known)
