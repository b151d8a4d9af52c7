"""The national interface over HTTP, beside the recorded stories: hostile input, repeats, races, signatures, regions."""

import asyncio
import json
import secrets
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from app.installation import environment
from app.national.signers import set_signer, signed_text
from app.national.visits import treatment_id_of
from app.parties import mutual_aid
from app.signing import SigningKey, new_entry, read_keys
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pydantic import SecretStr
from tests.builders import HOSPITAL, PHARMACY, add_card, add_institution, add_person
from tests.commands import medsettle
from tests.harness import House, eventually, owned
from tests.national_calls import (
    ADDRESS,
    admission,
    cancellation,
    done,
    envelope,
    failed,
    new_msgid,
    purchase,
    registration,
    reply,
    send,
    settlement,
    totals,
)

pytestmark = pytest.mark.xdist_group("national")  # one house for all of them


@pytest.fixture
async def person(interface: House) -> str:
    """A person of this test alone, with 100.00."""
    person_no = f"P{secrets.token_hex(6)}"
    await add_person(interface.pool, person_no, balance=10_000)
    return person_no


async def visit(caller: httpx.AsyncClient, person_no: str, **overrides: Any) -> str:
    """The mdtrt_id of a new visit at HOSPITAL."""
    data = registration(psn_no=person_no, ipt_otp_no=secrets.token_hex(8))
    mdtrt_id: str = (await done(caller, envelope("2201", {"data": data}, **overrides)))["data"]["mdtrt_id"]
    return mdtrt_id


async def paid(caller: httpx.AsyncClient, person_no: str, fee: str = "10.00", **overrides: Any) -> dict[str, Any]:
    """The setlinfo of a payment in a new visit."""
    data = settlement(psn_no=person_no, mdtrt_id=await visit(caller, person_no), medfee_sumamt=fee)
    setlinfo: dict[str, Any] = (await done(caller, envelope("2207", {"data": data}, **overrides)))["setlinfo"]
    return setlinfo


async def balance(house: House, person_no: str) -> int:
    found: int = await house.pool.fetchval("SELECT balance FROM ledger.accounts WHERE owner = $1", person_no)
    return found


# Whatever is sent: an envelope that says what is wrong, and nothing done


GOOD = orjson.dumps(envelope("2207", {"data": settlement(mdtrt_id="1" * 28)}))


@pytest.mark.parametrize(
    "raw",
    [
        b"", b"{", b"null", b"[]", b"1", b'"x"', b"\xff\xfe", b"{}", GOOD[:-1], GOOD[:200], b'{"input":{}}',
        b'{"infno":"2207"}', b"[" * 5_000, b'{"a":' * 3_000, GOOD.replace(b'"2207"', b"null"),
        GOOD.replace(b'"2207"', b"[1]"), GOOD.replace(b'"2207"', b'"\\ud800"'), GOOD.replace(b'"105.00"', b"1e400"),
        GOOD.replace(b'"105.00"', b"9" * 5_000), GOOD.replace(b'"105.00"', b"NaN"),
        GOOD.replace(b'"P1"', b'"\\u0000"'), GOOD.replace(b'"P1"', b'{"a":' * 400 + b"1" + b"}" * 400),
        GOOD.replace(b'"310"', b'"310","x":' + b"[" * 900 + b"]" * 900),
        GOOD.replace(b'"acct_used_flag"', b'"medfee_sumamt":"1.00","acct_used_flag"'),
    ],
)  # fmt: skip
async def test_bad_bytes_are_answered_by_an_envelope(caller: httpx.AsyncClient, raw: bytes) -> None:
    found = await reply(caller, raw)
    assert found["infcode"] == -1
    assert found["err_msg"].startswith("[")


@hypothesis_settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(["1101", "2101", "2102A", "2201", "2207", "2208", "2401", "2601", "3201", "3202", "5203", "9001",
                     "9101", "9102"]),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=40),
        lambda inner: st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["data", "psn_no", "setl_id", "mdtrt_cert_type", "mdtrt_cert_no", "druginfo", "signIn",
                             "medfee_sumamt", "fsUploadIn", "in", "file_qury_no", "omsgid", "oinfno"]),
            inner, max_size=6,
        ),
        max_leaves=12,
    ),
)  # fmt: skip
async def test_any_input_is_answered_by_an_envelope(caller: httpx.AsyncClient, infno: str, node: Any) -> None:
    response = await caller.post(ADDRESS, content=json.dumps(envelope(infno, node)))
    assert response.status_code == 200
    assert response.json()["infcode"] in (0, -1)


@pytest.mark.parametrize(
    ("infno", "node", "infno_fields"),
    [
        ("2201", {"data": registration()}, registration()),
        ("2206", {"data": settlement(mdtrt_id="1" * 28)}, settlement(mdtrt_id="1" * 28)),
        ("2101", purchase(), purchase()["druginfo"]),
    ],
)
async def test_every_required_field_is_asked_for(
    caller: httpx.AsyncClient, infno: str, node: dict[str, Any], infno_fields: dict[str, Any]
) -> None:
    optional = {"card_sn", "mdtrt_cert_no", "invono", "dise_codg", "dise_name", "chrg_bchno"}
    for name in infno_fields.keys() - optional:
        [place] = [place for place, fields in node.items() if isinstance(fields, dict) and name in fields]
        spoilt = {**node, place: {**node[place], name: ""}}
        found = await reply(caller, envelope(infno, spoilt))
        assert found["err_msg"].startswith(f"[invalid_field] {name} is missing"), found


async def test_a_file_that_is_no_base64_is_refused(caller: httpx.AsyncClient) -> None:
    for text in ("文件", "a", "a_-="):
        node = {"filename": "rows.zip", "fixmedins_code": HOSPITAL, "in": text}
        assert await failed(caller, envelope("9101", {"fsUploadIn": node})) == "invalid_field"


async def test_a_large_envelope_is_for_files_alone(caller: httpx.AsyncClient, person: str) -> None:
    request = envelope("1101", {"data": {"filler": "x" * 300_000}})
    assert await failed(caller, request) == "message_too_large"


# Repeats


async def test_a_repeat_gets_the_same_bytes(caller: httpx.AsyncClient, person: str) -> None:
    mdtrt_id = await visit(caller, person)
    request = envelope("2207", {"data": settlement(psn_no=person, mdtrt_id=mdtrt_id)})
    first, again = await send(caller, request), await send(caller, request)
    assert first.content == again.content
    assert orjson.loads(first.content)["infcode"] == 0


async def test_repeats_at_once_settle_once(interface: House, caller: httpx.AsyncClient, person: str) -> None:
    mdtrt_id = await visit(caller, person)
    request = envelope("2207", {"data": settlement(psn_no=person, mdtrt_id=mdtrt_id, medfee_sumamt="30.00")})
    replies = await asyncio.gather(*[send(caller, request) for _ in range(12)])
    assert len({each.content for each in replies}) == 1
    assert await balance(interface, person) == 7_000


async def test_a_settlement_whose_reply_was_never_made_is_found_by_the_repeat(
    interface: House, caller: httpx.AsyncClient, person: str
) -> None:
    """As after a crash between the commit and the reply: what is there is the settlement, and nothing else."""
    msgid, data = new_msgid(), registration(psn_no=person, ipt_otp_no=secrets.token_hex(8))
    mdtrt_id = treatment_id_of(HOSPITAL, msgid)
    told = await done(caller, envelope("2201", {"data": data}, msgid=msgid))
    async with owned(interface) as owner:
        await owner.execute("DELETE FROM national.visits WHERE treatment_id = $1", mdtrt_id)
    request = envelope("2206", {"data": settlement(psn_no=person, mdtrt_id=mdtrt_id)})
    assert await failed(caller, request) == "visit_unknown"
    assert await done(caller, envelope("2201", {"data": data}, msgid=msgid)) == told
    assert (await done(caller, request))["setlinfo"]["mdtrt_id"] == mdtrt_id


async def test_a_message_that_came_another_way_is_the_same_message(caller: httpx.AsyncClient, person: str) -> None:
    """One key for HTTP, Kafka and this interface: other content under it is refused."""
    setlinfo = await paid(caller, person, msgid=(msgid := new_msgid()))
    body = {"institution": HOSPITAL, "message_id": msgid, "kind": "payment", "person_no": person, "amount": 1_000,
            "card": {"cert_type": "01"}}  # fmt: skip
    response = await caller.post("/v1/transactions", json=body)
    assert (response.status_code, response.json()["settlement_id"]) == (409, setlinfo["setl_id"])


async def test_a_change_of_what_is_asked_is_refused_under_the_same_msgid(
    caller: httpx.AsyncClient, person: str
) -> None:
    mdtrt_id = await visit(caller, person)
    data = settlement(psn_no=person, mdtrt_id=mdtrt_id)
    request = envelope("2207", {"data": data})
    await done(caller, request)
    assert await failed(caller, {**request, "input": {"data": {**data, "chrg_bchno": "B2"}}}) == "message_conflict"
    assert await failed(caller, {**request, "input": {"data": {**data, "acct_used_flag": "0"}}}) == "message_conflict"
    renewed = {**request, "input": {"data": {**data, "mdtrt_cert_no": "A-NEW-TOKEN-OF-NOBODY"}}}
    assert (await reply(caller, renewed))["infcode"] == 0


async def test_a_decline_is_recorded_and_repeated(interface: House, caller: httpx.AsyncClient, person: str) -> None:
    await interface.pool.execute("UPDATE ledger.accounts SET state = 'frozen' WHERE owner = $1", person)
    request = envelope("2102", purchase(psn_no=person), fixmedins_code=PHARMACY)
    first = await reply(caller, request)
    await interface.pool.execute("UPDATE ledger.accounts SET state = 'normal' WHERE owner = $1", person)
    assert await reply(caller, request) == first
    assert first["err_msg"].startswith("[account_frozen]")


# Money


async def test_family_money_is_told_inside_the_account_money_or_beside_it(
    interface: House, caller: httpx.AsyncClient, person: str, tmp_path: Path
) -> None:
    parent = f"P{secrets.token_hex(6)}"
    await add_person(interface.pool, parent, balance=2_000)
    async with interface.pool.acquire() as connection, connection.transaction():
        await mutual_aid.authorise(connection, person, parent, "parent", operator="tests")
    mdtrt_id = await visit(caller, person)
    data = settlement(psn_no=person, mdtrt_id=mdtrt_id, medfee_sumamt="125.00")
    inside = (await done(caller, envelope("2206", {"data": data})))["setlinfo"]
    names = ("psn_part_amt", "acct_pay", "acct_mulaid_pay", "psn_cash_pay")
    assert [inside[name] for name in names] == [125.0, 120.0, 20.0, 5.0]

    file = tmp_path / "regions.toml"
    file.write_text('[99]\nmutual_aid = "beside"\nfailure_infcode = 1\nneeds_sign_on = true\n', encoding="utf-8")
    async with interface.other(tmp_path / "beside", national_regions=str(file)) as other:
        await other.start_api()
        async with other.client() as client:
            refused = await reply(client, envelope("2206", {"data": data}))
            assert (refused["infcode"], refused["err_msg"][:17]) == (1, "[sign_on_unknown]")
            sign_in = {"opter_no": "D0001", "mac": "00", "ip": "127.0.0.1"}
            number = (await done(client, envelope("9001", {"signIn": sign_in})))["signinoutb"]["sign_no"]
            beside = (await done(client, envelope("2206", {"data": data}, sign_no=number)))["setlinfo"]
            assert [beside[name] for name in names] == [125.0, 100.0, 20.0, 5.0]

            # What the institution was told is what 3201 compares.
            institution = f"H{secrets.randbelow(10**11):011}"
            await add_institution(interface.pool, institution)
            signed_in = await done(client, envelope("9001", {"signIn": sign_in}, fixmedins_code=institution))
            own = {"sign_no": signed_in["signinoutb"]["sign_no"], "fixmedins_code": institution}
            visited = registration(psn_no=person, ipt_otp_no=secrets.token_hex(8))
            mdtrt_id = (await done(client, envelope("2201", {"data": visited}, **own)))["data"]["mdtrt_id"]
            told = (await done(client, envelope("2207", {"data": {**data, "mdtrt_id": mdtrt_id}}, **own)))["setlinfo"]
            assert told["acct_pay"] == 100.0
            for acct_pay, result in (("100.00", "0"), ("120.00", "3")):
                stated = totals(medfee_sumamt="125.00", acct_pay=acct_pay)
                compared = await done(client, envelope("3201", {"data": stated}, **own))
                assert compared["stmtinfo"]["stmt_rslt"] == result


async def test_a_partial_refund_by_another_way_leaves_the_rest_to_the_cancellation(
    caller: httpx.AsyncClient, person: str
) -> None:
    setlinfo = await paid(caller, person, "30.00")
    partial = {"institution": HOSPITAL, "message_id": new_msgid(), "kind": "refund", "person_no": person, "amount": 500,
               "original_message_id": setlinfo["medins_setl_id"]}  # fmt: skip
    assert (await caller.post("/v1/transactions", json=partial)).status_code == 201
    back = (await done(caller, envelope("2208", {"data": cancellation(setlinfo)})))["setlinfo"]
    assert (back["medfee_sumamt"], back["inscp_scp_amt"], back["balc"]) == (-25.0, -25.0, 100.0)


async def test_what_was_settled_with_a_part_of_the_funds_is_told_so(caller: httpx.AsyncClient, person: str) -> None:
    body = {"institution": HOSPITAL, "message_id": (msgid := new_msgid()), "kind": "payment", "person_no": person,
            "amount": 1_000, "total_fee": 2_500, "med_type": "11", "card": {"cert_type": "01"}}  # fmt: skip
    assert (await caller.post("/v1/transactions", json=body)).status_code == 201
    found = (await done(caller, envelope("5203", {"data": {"psn_no": person, "medins_setl_id": msgid}})))["setlinfo"]
    assert [found[name] for name in ("medfee_sumamt", "fund_pay_sumamt", "psn_part_amt")] == [25.0, 15.0, 10.0]


async def test_only_what_never_arrived_is_to_be_sent_again(
    interface: House, caller: httpx.AsyncClient, person: str
) -> None:
    async def advice(**asked: str) -> str:
        found = await reply(caller, envelope("5203", {"data": {"psn_no": person, **asked}}))
        assert found["err_msg"].startswith("[transaction_not_found]")
        assert len(found["err_msg"]) <= 200
        return str(found["err_msg"])

    setlinfo = await paid(caller, person)
    registered = registration(psn_no=person, ipt_otp_no=secrets.token_hex(8))
    await done(caller, envelope("2201", {"data": registered}, msgid=(visited := new_msgid())))
    undone = {"psn_no": person, "omsgid": (never := new_msgid()), "oinfno": "2207"}
    await done(caller, envelope("2601", {"data": undone}))
    assert "send it again under the same msgid" in await advice(medins_setl_id=new_msgid())
    for asked in (
        {"medins_setl_id": setlinfo["medins_setl_id"], "psn_no": "P1"},
        {"setl_id": setlinfo["setl_id"], "psn_no": "P1"},
        {"medins_setl_id": visited},
        {"medins_setl_id": never},
        {"setl_id": "2026112200000000000000010001"},
    ):
        said = await advice(**asked)
        assert "send it again" not in said
        assert said.endswith("Check the numbers.")


# Isolation


async def test_an_institution_finds_nothing_of_another_one(
    interface: House, caller: httpx.AsyncClient, person: str
) -> None:
    setlinfo = await paid(caller, person)
    other = {"fixmedins_code": PHARMACY}
    find = {"data": cancellation(setlinfo)}
    assert await failed(caller, envelope("5203", find, **other)) == "transaction_not_found"
    assert await failed(caller, envelope("2103", find, **other)) == "original_not_found"
    by_message = {"data": {"psn_no": person, "medins_setl_id": setlinfo["medins_setl_id"]}}
    assert await failed(caller, envelope("5203", by_message, **other)) == "transaction_not_found"
    pay = {"data": settlement(psn_no=person, mdtrt_id=setlinfo["mdtrt_id"])}
    assert await failed(caller, envelope("2207", pay, **other)) == "visit_unknown"
    end = {"data": {"psn_no": person, "mdtrt_id": setlinfo["mdtrt_id"], "ipt_otp_no": "1"}}
    assert await failed(caller, envelope("2202", end, **other)) == "visit_unknown"
    assert await balance(interface, person) == 9_000


async def test_a_wrong_cancellation_of_a_registration_ends_no_visit(caller: httpx.AsyncClient, person: str) -> None:
    mdtrt_id = await visit(caller, person)
    end = {"data": {"psn_no": person, "mdtrt_id": mdtrt_id, "ipt_otp_no": "another"}}
    assert await failed(caller, envelope("2202", end)) == "visit_unknown"
    await done(caller, envelope("2206", {"data": settlement(psn_no=person, mdtrt_id=mdtrt_id)}))


async def test_admissions_and_registrations_have_numbers_of_their_own(caller: httpx.AsyncClient, person: str) -> None:
    number = secrets.token_hex(8)
    await done(caller, envelope("2201", {"data": registration(psn_no=person, ipt_otp_no=number)}))
    await done(caller, envelope("2401", {"mdtrtinfo": admission(psn_no=person, ipt_no=number)}))


async def test_an_admission_that_was_reversed_before_its_visit_was_written_is_never_open(
    interface: House, caller: httpx.AsyncClient, person: str
) -> None:
    call = envelope("2401", {"mdtrtinfo": admission(psn_no=person)})
    mdtrt_id = (await done(caller, call))["result"]["mdtrt_id"]
    async with owned(interface) as owner:  # as if the process had died behind the settlement
        await owner.execute("DELETE FROM national.visits WHERE treatment_id = $1", mdtrt_id)
    undo = {"data": {"psn_no": person, "omsgid": call["msgid"], "oinfno": "2401"}}
    await done(caller, envelope("2601", undo))
    assert (await done(caller, call))["result"]["mdtrt_id"] == mdtrt_id
    pay = {"data": settlement(psn_no=person, mdtrt_id=mdtrt_id, med_type="21")}
    assert await failed(caller, envelope("2304", pay)) == "visit_ended"
    assert await balance(interface, person) == 10_000


@pytest.mark.parametrize(("state", "code"), [(None, "institution_unknown"), ("blocked", "institution_blocked")])
@pytest.mark.parametrize(
    ("infno", "node"),
    [
        ("1101", {"data": {"mdtrt_cert_type": "03", "mdtrt_cert_no": "N1", "card_sn": "SN1"}}),
        ("9001", {"signIn": {"opter_no": "D1", "mac": "00", "ip": "127.0.0.1"}}),
        ("2201", {"data": registration()}),
        ("2101", purchase()),
        ("2601", {"data": {"psn_no": "P1", "omsgid": "M1", "oinfno": "2207"}}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_an_institution_that_may_not_settle_is_told_nothing(
    interface: House, caller: httpx.AsyncClient, infno: str, node: dict[str, Any], state: str | None, code: str
) -> None:
    institution = f"B{secrets.token_hex(6)[:11].upper()}"
    if state is not None:
        await add_institution(interface.pool, institution, state=state)
    assert await failed(caller, envelope(infno, node, fixmedins_code=institution)) == code


async def test_what_may_have_been_done_is_answered_by_no_envelope(
    interface: House, caller: httpx.AsyncClient, person: str
) -> None:
    """A client takes HTTP 503 for an unknown outcome, and the same again brings the one that there is."""
    request = envelope("2102", purchase(psn_no=person), fixmedins_code=PHARMACY)
    async with interface.locked(person):
        response = await send(caller, request)
    assert (response.status_code, response.json()["code"]) == (503, "database_unavailable")
    assert (await done(caller, request))["setlinfo"]["acct_pay"] == 42.5
    assert await balance(interface, person) == 10_000 - 4_250


# Signatures


@pytest.fixture
def key() -> SigningKey:
    current = read_keys(SecretStr(new_entry("SM2")), "").current
    assert current is not None
    return current


def signed(request: dict[str, Any], key: SigningKey) -> dict[str, Any]:
    request = {**request, "signtype": "SM2"}
    return {**request, "cainfo": key.sign(signed_text(request).encode()).hex().upper()}


async def test_a_signature_is_asked_for_where_a_key_is_on_record(
    interface: House, caller: httpx.AsyncClient, person: str, key: SigningKey
) -> None:
    institution = f"S{secrets.token_hex(6)[:11].upper()}"
    await add_institution(interface.pool, institution)
    request = envelope("2201", {"data": registration(psn_no=person)}, fixmedins_code=institution)
    async with interface.pool.acquire() as connection:
        await set_signer(connection, institution, key.public, set_by="tests")
    good = signed(request, key)

    async def is_asked_for() -> bool:
        return await failed(caller, envelope("1101", {}, fixmedins_code=institution)) == "signature_invalid"

    await eventually(is_asked_for)
    for spoilt in (
        {**good, "opter": "D0002"},
        {**good, "cainfo": good["cainfo"].lower()},
        {**good, "cainfo": good["cainfo"][:-2] + ("00" if good["cainfo"][-2:] != "00" else "11")},
        {**good, "signtype": "RSA"},
        {**good, "cainfo": ["x"]},
    ):
        assert await failed(caller, spoilt) in ("signature_invalid", "invalid_field")
    assert (await reply(caller, good))["infcode"] == 0


async def test_a_clerk_asks_for_signatures_and_waives_them(
    interface: House, caller: httpx.AsyncClient, key: SigningKey, tmp_path: Path
) -> None:
    institution = f"S{secrets.token_hex(6)[:11].upper()}"
    await add_institution(interface.pool, institution)
    file = tmp_path / "key.pem"
    file.write_text(key.public.pem, encoding="ascii")

    def command(*words: str | Path) -> str:
        done = medsettle("national", *words, on=environment(interface.settings))
        return done.stdout + done.stderr

    asked = command("require-signature", institution, "--key", file, "--operator", "clerk-1")
    assert asked == f"requests of {institution} are signed by key {key.public.key_id}\n"
    assert await interface.pool.fetchval(
        "SELECT set_by FROM national.signers WHERE institution = $1", institution
    ) == "clerk-1"  # fmt: skip
    assert "need no signature\n" in command("waive-signature", institution)
    assert "as before" in command("waive-signature", institution)
    assert "No institution" in command("require-signature", "X00000000099", "--key", file, "--operator", "clerk-1")


def test_the_signed_text_leaves_out_the_signature_and_the_input() -> None:
    assert signed_text({"msgid": "M", "cainfo": "x", "infno": "1101", "input": {}, "sign_no": None}) == (
        "infno=1101&msgid=M&sign_no="
    )


# Privacy


_LOOKS = """
SELECT n.person_no FROM access.audit_entries AS e JOIN access.audit_ends AS n USING (entry_id)
WHERE e.route LIKE '%callService' AND e.name = $1 ORDER BY entry_id
"""


async def test_every_look_at_what_a_person_has_is_recorded_however_it_is_written(
    interface: House, caller: httpx.AsyncClient, person: str
) -> None:
    """Questions, pre-settlements and those that found nobody; what an institution settles itself is no look."""
    institution = f"L{secrets.token_hex(6)[:11].upper()}"
    await add_institution(interface.pool, institution, kind="pharmacy")
    await add_card(interface.pool, f"C{person}", person)
    asked = {"data": {"mdtrt_cert_type": "03", "mdtrt_cert_no": f"C{person}", "card_sn": "SN1"}}
    calls = [
        envelope("1101", asked, fixmedins_code=institution),
        envelope("1101", {"data": {**asked["data"], "card_sn": "SN2"}}, fixmedins_code=institution),
        {**envelope("1101", asked, fixmedins_code=institution), "infno": 1101},
        envelope("1101A", asked, fixmedins_code=institution),
        envelope("2101", purchase(psn_no=person), fixmedins_code=institution),
        envelope("2102", purchase(psn_no=person), fixmedins_code=institution),
    ]
    for call in calls:
        await send(caller, call)
    escaped = orjson.dumps(calls[0]).replace(b'"1101"', b'"\\u0031101"')
    assert (await reply(caller, escaped))["infcode"] == 0
    looks = [row["person_no"] for row in await interface.pool.fetch(_LOOKS, institution)]
    assert looks == [person, None, person, person, person, person]


async def test_nothing_that_a_person_showed_is_kept_or_said(
    interface: House, caller: httpx.AsyncClient, person: str
) -> None:
    token, number, name = f"TOKEN{secrets.token_hex(12)}", "999999195001018888", "测试某某某"
    mdtrt_id = await visit(caller, person)
    shown = {"mdtrt_cert_no": token, "certno": number, "psn_name": name}
    await done(caller, envelope("2207", {"data": settlement(psn_no=person, mdtrt_id=mdtrt_id, **shown)}))
    data = {"mdtrt_cert_type": "02", "mdtrt_cert_no": number, "psn_name": name, "certno": number}
    assert number not in (await send(caller, envelope("1101", {"data": data}))).text
    rows = str([dict(row) for row in await interface.pool.fetch(
        "SELECT * FROM settlement.settlements WHERE person_no = $1", person
    )])  # fmt: skip
    log = "".join(child.log.read_text(encoding="utf-8") for child in interface.installation.children)
    metrics = (await caller.get("/metrics")).text
    for secret in (token, number, name):
        assert secret not in rows + log + metrics


async def test_a_registration_is_answered_as_it_was_also_after_a_new_visit_of_the_same_number(
    interface: House, caller: httpx.AsyncClient, person: str
) -> None:
    first = envelope("2201", {"data": registration(psn_no=person, ipt_otp_no="OTP-AGAIN")})
    told = await send(caller, first)
    visited = told.json()["output"]["data"]["mdtrt_id"]
    cancelled = {"psn_no": person, "mdtrt_id": visited, "ipt_otp_no": "OTP-AGAIN"}
    await done(caller, envelope("2202", {"data": cancelled}))
    second = envelope("2201", {"data": registration(psn_no=person, ipt_otp_no="OTP-AGAIN")})
    assert (await done(caller, second))["data"]["mdtrt_id"] != visited
    assert (await send(caller, first)).content == told.content
    third = envelope("2201", {"data": registration(psn_no=person, ipt_otp_no="OTP-AGAIN")})
    assert await failed(caller, third) == "visit_exists"
