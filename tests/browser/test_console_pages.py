"""The console as people have it before them: each page by each role, wide and narrow, light and dark, by keyboard.

Pictures go to build/screenshots; those of the README are `tour-*.png`, copied from there to docs/images.
"""

import asyncio
import hashlib
import re
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from app.access.principal import Role
from playwright.async_api import Browser, expect
from tests.browser.conftest import CLINIC, NARROW, WIDE, Visit, visiting
from tests.builders import HOSPITAL, PHARMACY, add_person, payment_json
from tests.clearing_days import today, yesterday
from tests.harness import House, owned

pytestmark = pytest.mark.browser

OPERATIONS = Path(__file__).parents[2] / "docs" / "operations.md"

EVERY_PAGE = [
    "overview", "search", "persons", "dead-letters", "days", "files", "acknowledgments", "reconciliations", "holds",
    "processes", "audit",
]  # fmt: skip

#: Pages of the menu, by role.
MENUS = {
    Role.OPERATOR: EVERY_PAGE,
    Role.AUDITOR: EVERY_PAGE,
    Role.AGENCY: ["persons", "days"],
    Role.INSTITUTION: ["search", "files", "reconciliations"],
    Role.BANK: ["files", "acknowledgments"],
}


@pytest.mark.parametrize("role", list(Role))
async def test_each_role_walks_the_pages_of_its_menu(busy: House, browser: Browser, role: Role) -> None:
    async with visiting(busy, browser) as visit:
        await visit.sign_in(role, "BANK01" if role is Role.BANK else None)
        links = await visit.page.locator(".menu a").all()
        addresses = [await link.get_attribute("href") or "" for link in links]
        assert [address.removeprefix("/console/") for address in addresses] == MENUS[role]
        await visit.look(f"{role}-first")
        for address in addresses:
            await visit.page.click(f'.menu a[href="{address}"]')
            await visit.page.wait_for_url(f"**{address}")
            await expect(visit.page.locator("main h1")).to_be_visible()
            await expect(visit.page.locator('.menu a[aria-current="page"]')).to_have_attribute("href", address)


async def test_live_figures_move_while_messages_are_settled(busy: House, browser: Browser) -> None:
    async with visiting(busy, browser) as visit:
        await visit.sign_in(Role.OPERATOR)
        await expect(visit.page.locator("#live")).to_have_attribute("data-state", "on")
        await add_person(busy.pool, "BUSY-000000003", balance=100_000)
        traffic = asyncio.create_task(settle_on(busy))
        await expect(visit.page.locator("#codes")).to_contain_text("person_unknown")
        await expect(visit.page.locator('[data-figure="record"]')).not_to_have_text("–")
        await expect(visit.page.locator('[data-figure="till"]')).not_to_have_text("–")
        await expect(visit.page.locator('[data-figure="settled"]')).not_to_have_text("0")
        await expect(visit.page.locator('[data-figure="imbalance"]')).to_have_text("0.00")
        await expect(visit.page.locator('[data-figure="processes"]')).to_have_text("1 API · 1 worker · 1 scheduler")
        await visit.page.wait_for_timeout(14_000)  # for the charts to have something to show
        await visit.look("tour-overview", full_page=False)
        traffic.cancel()
        with suppress(asyncio.CancelledError):
            await traffic


async def settle_on(house: House) -> None:
    """Over HTTP and Kafka, some of nobody and some of somebody who has nothing, until it is cancelled."""
    paid: dict[str, Any] = {"institution": CLINIC, "person_no": "BUSY-000000003", "amount": 1}
    unknown = {**paid, "person_no": "NOBODY"}
    short = {**paid, "person_no": "POOR-000000002", "amount": 1_000, "short_balance": "decline"}
    async with house.client() as client:
        for number in count():
            body = short if number % 5 == 0 else unknown if number % 8 == 0 else paid
            await client.post("/v1/transactions", content=payment_json(**body, message_id=f"LIVE-{number}"))
            await house.send(payment_json(**paid, message_id=f"STREAM-{number}"))


async def walk(visit: Visit, suffix: str) -> None:
    """Every page with what it shows."""
    await visit.go("/console/sign-in")
    await visit.look(f"sign-in-{suffix}")
    await visit.sign_in(Role.OPERATOR)
    await expect(visit.page.locator("#live")).to_have_attribute("data-state", "on")
    await expect(visit.page.locator("#throughput canvas")).to_be_visible()
    await visit.look(f"overview-{suffix}")
    for path, name in (
        ("/console/home", "home"),
        ("/console/search", "search"),
        (f"/console/institutions/{HOSPITAL}", "institution"),
        (f"/console/institutions/{PHARMACY}?status=held", "institution-empty"),
        (f"/console/transactions/{HOSPITAL}/TILL-1", "transaction-settled"),
        (f"/console/transactions/{PHARMACY}/PLANTED-1", "transaction-declined"),
        (f"/console/transactions/{HOSPITAL}/NEVER-SENT", "transaction-unknown"),
        ("/console/persons", "persons"),
        (f"/console/transactions/{HOSPITAL}/HOLD-1", "transaction-held"),
        ("/console/dead-letters", "dead-letters"),
        ("/console/dead-letters?state=discarded", "dead-letters-empty"),
        ("/console/dead-letters/1", "dead-letter"),
        ("/console/days", "days"),
        (f"/console/days/{yesterday()}", "day-sealed"),
        (f"/console/days/{today()}", "day-open"),
        ("/console/files", "files"),
        (f"/console/transactions/{HOSPITAL}/BEFORE-12345", "transaction-paid"),
        ("/console/acknowledgments", "acknowledgments"),
        ("/console/reconciliations", "reconciliations"),
        ("/console/reconciliations/1", "reconciliation"),
        ("/console/reconciliations/open-breaks", "open-breaks"),
        ("/console/holds", "holds"),
        ("/console/processes", "processes"),
        ("/console/audit", "audit"),
        ("/console/nowhere", "error"),
    ):
        await visit.go(path)
        await expect(visit.page.locator("main h1")).to_be_visible()
        await visit.look(f"{name}-{suffix}")
    await visit.go("/console/persons")
    await visit.page.locator("#person_no").fill("RICH-000000001")
    await visit.page.locator("#reason").fill("Ticket 4711")
    await visit.press("Enter")
    await expect(visit.page.locator("main h1")).not_to_contain_text("RICH")
    await visit.look(f"person-{suffix}")


@pytest.mark.parametrize(
    ("width", "dark", "language"),
    [(WIDE, False, "en"), (WIDE, True, "zh-CN"), (NARROW, False, "zh-CN"), (NARROW, True, "en")],
    ids=["wide-light-en", "wide-dark-zh", "narrow-light-zh", "narrow-dark-en"],
)
async def test_every_page_stands_at_every_width_and_in_both_colours(
    busy: House, browser: Browser, width: int, dark: bool, language: str
) -> None:
    async with visiting(busy, browser, width=width, dark=dark, language=language) as visit:
        await walk(visit, f"{width}-{'dark' if dark else 'light'}-{language}")
        ground = await visit.page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (ground == "rgb(15, 21, 27)") is dark


async def test_colours_and_language_are_kept_once_they_are_chosen(busy: House, browser: Browser) -> None:
    async with visiting(busy, browser) as visit:
        await visit.go("/console/sign-in")
        await visit.page.get_by_role("button", name="中文").click()
        await expect(visit.page.locator("h1")).to_have_text("登录")
        await visit.page.get_by_role("button", name="配色：跟随系统").click()
        await visit.page.get_by_role("button", name="配色：浅色").click()
        await expect(visit.page.locator("html")).to_have_attribute("data-theme", "dark")
        await visit.sign_in(Role.AUDITOR)
        await expect(visit.page.locator("html")).to_have_attribute("lang", "zh-CN")
        await expect(visit.page.locator("html")).to_have_attribute("data-theme", "dark")


async def test_by_keyboard_alone_from_the_first_page_to_why_a_payment_was_declined(
    busy: House, browser: Browser
) -> None:
    """No mouse: the skip link comes first, focus shows, and each field and button can be reached."""
    async with visiting(busy, browser) as visit:
        await visit.sign_in(Role.OPERATOR)
        page = visit.page
        await page.keyboard.press("Tab")
        await expect(page.locator(".skip")).to_be_focused()
        assert await page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
        await page.keyboard.press("Tab")
        for _ in range(2):
            await page.keyboard.press("Tab")
        await expect(page.locator('.menu a[href="/console/search"]')).to_be_focused()
        await visit.press("Enter")
        await page.keyboard.type("PLANTED-1")
        await visit.press("Enter")
        await expect(page.locator(".verdict .why")).to_contain_text("was declined")


async def test_the_menu_of_a_small_screen_opens_by_a_key(busy: House, browser: Browser) -> None:
    async with visiting(busy, browser, width=NARROW) as visit:
        await visit.sign_in(Role.OPERATOR)
        menu = visit.page.locator(".menu")
        await expect(menu).to_be_hidden()
        await visit.page.get_by_role("button", name="Menu").focus()
        await visit.page.keyboard.press("Enter")
        await expect(menu).to_be_visible()
        await visit.look("menu-390-light-en")


async def test_a_look_at_a_person_is_told_with_its_reason_and_its_number_stands_in_no_address(
    busy: House, browser: Browser
) -> None:
    addresses: list[str] = []
    async with visiting(busy, browser) as visit:
        visit.page.on("request", lambda request: addresses.append(request.url))
        await visit.sign_in(Role.OPERATOR)
        await visit.go(f"/console/transactions/{HOSPITAL}/TILL-1")
        await visit.page.get_by_label("Why you look").fill("complaint 17")
        await visit.press("Enter")
        await expect(visit.page.locator("main")).to_contain_text("complaint 17")
        assert "RICH" not in await visit.page.content()
        await visit.go("/console/audit")
        row = visit.page.locator("tr", has_text="POST /console/persons").first
        await expect(row).to_contain_text("complaint 17")
    assert [address for address in addresses if "RICH" in address] == []


async def test_an_operator_who_never_saw_the_service_finds_why_a_payment_was_declined(
    busy: House, browser: Browser
) -> None:
    async with visiting(busy, browser) as visit:
        page, clicked = visit.page, await visit.hear_clicks()
        await visit.go("/console/")
        await page.keyboard.type(await busy.keys.key(Role.OPERATOR))
        await page.get_by_role("button", name="Sign in").click()
        await page.get_by_role("link", name="Search").click()
        await expect(page.get_by_label("Message id, settlement id or institution code")).to_be_focused()
        await page.keyboard.type("PLANTED-1")
        await page.get_by_role("button", name="Search").click()
        why = page.locator(".verdict")
        await expect(why).to_contain_text("This payment of 8.00 yuan was declined.")
        await expect(why).to_contain_text("does not hold the whole amount and the message asked for all or nothing")
        await expect(why).to_contain_text("could pay 5.00 yuan at that moment: 3.00 yuan were missing")
        await visit.look("tour-declined", full_page=False)
    assert clicked == ["Sign in", "Search", "Search"]
    assert len(clicked) == len(documented_clicks("Why was this payment declined?"))


async def test_an_operator_who_never_saw_the_service_sends_a_dead_letter_again(busy: House, browser: Browser) -> None:
    """The worker itself put the letter there: the database refused this one message, for a cause that is mended."""
    async with owned(busy) as owner:
        await owner.execute(
            "ALTER TABLE settlement.settlements ADD CONSTRAINT planted CHECK (message_id <> 'REFUSED-1')"
        )
        await busy.send(payment_json(message_id="REFUSED-1", person_no="RICH-000000001", amount=4_200))
        await busy.dead_letters.having(lambda record: b"REFUSED-1" in (record.value or b""))
        await owner.execute("ALTER TABLE settlement.settlements DROP CONSTRAINT planted")
    async with visiting(busy, browser) as visit:
        page, clicked = visit.page, await visit.hear_clicks()
        await visit.sign_in(Role.OPERATOR)
        await page.get_by_role("link", name="Dead letters").click()
        await page.locator("tr", has_text="REFUSED-1").get_by_role("link").click()
        await expect(page.locator(".verdict")).to_contain_text("The database refuses this one message")
        await expect(page.locator(".verdict")).to_contain_text("This release can read it")
        assert "RICH" not in await page.content()
        await visit.look("tour-dead-letter", full_page=False)
        await page.locator("#replay-reason").click()
        await page.keyboard.type("The planted constraint is gone")
        await page.get_by_role("button", name="Replay").click()
        await page.locator(".note.is-good a", has_text="REFUSED-1").click(timeout=90_000)
        await expect(page.locator(".verdict")).to_contain_text("This payment of 42.00 yuan was settled.")
        await visit.look("story-replayed")
    number = await busy.pool.fetchval("SELECT letter_no FROM settlement.dead_letters WHERE message_id = 'REFUSED-1'")
    assert clicked == ["Dead letters", str(number), "Reason", "Replay", "REFUSED-1"]
    assert len(clicked) == len(documented_clicks("Send a dead letter again"))
    assert len(await busy.told("REFUSED-1")) == 1


def documented_clicks(heading: str) -> list[str]:
    """The numbered steps that docs/operations.md has under a heading; each is one click."""
    section = OPERATIONS.read_text(encoding="utf-8").split(f"### {heading}\n")[1].split("\n#")[0]
    return re.findall(r"^\d+\. .*$", section, re.MULTILINE)


async def test_a_bank_pulls_its_files_and_sees_what_became_of_its_word(busy: House, browser: Browser) -> None:
    async with visiting(busy, browser) as visit:
        page, name = visit.page, f"{yesterday():%Y%m%d}_BANK01_payment_v1.txt"
        await visit.sign_in(Role.BANK, "BANK01")
        await page.locator('.menu a[href="/console/files"]').click()
        await expect(page.locator("tbody")).not_to_contain_text("BANK02")
        async with page.expect_download() as pulling:
            await page.get_by_role("link", name=name, exact=True).click()
        pulled = await pulling.value
        assert pulled.suggested_filename == name
        digest = hashlib.sha256(Path(await pulled.path()).read_bytes()).digest()
        assert digest == await busy.pool.fetchval("SELECT sha256 FROM clearing.files WHERE file_id = $1", name)
        await visit.look("files-of-a-bank")
        await page.locator('.menu a[href="/console/acknowledgments"]').click()
        await expect(page.locator("tbody tr")).to_have_count(2)
        await expect(page.locator("main")).not_to_contain_text("BANK02")
        await visit.look("acknowledgments-of-a-bank")


async def test_a_payment_is_followed_up_to_what_its_bank_said(busy: House, browser: Browser) -> None:
    async with visiting(busy, browser) as visit:
        page = visit.page
        await visit.sign_in(Role.OPERATOR)
        for message_id, said in (("BEFORE-6600", "bank could not pay it"), ("BEFORE-12345", "bank has paid it")):
            await visit.go("/console/search")
            await page.keyboard.type(message_id)
            await visit.press("Enter")
            await expect(page.locator("main")).to_contain_text(said)
        await page.evaluate("scrollTo(0, document.body.scrollHeight)")
        await visit.look("tour-way", full_page=False)


async def test_many_dead_letters_are_tried_before_they_are_discarded(busy: House, browser: Browser) -> None:
    before = await busy.pool.fetchval("SELECT max(letter_no) FROM settlement.dead_letters")
    letters = [b"no JSON %d" % number for number in range(3)]
    for letter in letters:
        await busy.send(letter)
    await busy.dead_letters.having(lambda record: (record.value or b"") in letters, len(letters))
    async with visiting(busy, browser) as visit:
        page = visit.page
        await visit.sign_in(Role.OPERATOR)
        await visit.go("/console/dead-letters?state=open&code=invalid_json")
        for number in range(before + 1, before + 4):
            await page.get_by_label(f"Tick dead letter {number}").check()
        await page.get_by_role("button", name="Try: discard those ticked").click()
        await expect(page.locator(".verdict")).to_contain_text("3 would be discarded. Nothing has been done yet.")
        assert await states_of(busy, before) == ["open"] * 3
        await visit.look("dead-letters-trial")
        await page.get_by_label("Reason").fill("tests of a vendor")
        await page.get_by_role("button", name="Discard 3").click()
        await expect(page.locator(".verdict")).to_contain_text("3 were discarded.")
    assert await states_of(busy, before) == ["discarded"] * 3


async def states_of(house: House, behind: int) -> list[str]:
    rows = await house.pool.fetch(
        "SELECT state FROM settlement.dead_letters WHERE letter_no > $1 ORDER BY letter_no", behind
    )
    return [row["state"] for row in rows]


async def test_a_day_that_is_not_over_is_previewed_and_not_sealed(busy: House, browser: Browser) -> None:
    async with visiting(busy, browser) as visit:
        page = visit.page
        await visit.sign_in(Role.OPERATOR)
        await visit.go(f"/console/days/{today()}")
        await page.get_by_role("button", name="Preview").click()
        await expect(page.locator("main")).to_contain_text("What the day came to so far")
        await page.get_by_label("Reason").fill("too early")
        await page.get_by_role("button", name="Seal").click()
        await expect(page.locator(".verdict")).to_contain_text("Only a business day that is over is sealed.")


async def test_a_break_is_levelled_with_a_note(busy: House, browser: Browser) -> None:
    async with visiting(busy, browser) as visit:
        page = visit.page
        await visit.sign_in(Role.OPERATOR)
        await visit.go("/console/reconciliations/open-breaks")
        row = page.locator("tbody tr", has_text="9" * 28)
        await expect(row).to_contain_text("nothing is known under its number")
        await row.get_by_label("Note").fill("the ward has mended its file")
        await row.get_by_role("button", name="Levelled").click()
        await expect(page.locator("h1")).to_have_text("Open breaks")
        await expect(page.locator("tbody tr", has_text="9" * 28)).to_have_count(0)
        await visit.go("/console/reconciliations/1")
        await expect(page.locator("main")).to_contain_text("the ward has mended its file")


async def test_an_auditor_is_offered_nothing_that_changes_anything(busy: House, browser: Browser) -> None:
    async with visiting(busy, browser) as visit:
        await visit.sign_in(Role.AUDITOR)
        for path in ("/console/dead-letters", "/console/dead-letters/1", f"/console/days/{today()}",
                     "/console/reconciliations/1"):  # fmt: skip
            await visit.go(path)
            forms = await visit.page.locator('main form[method="post"]').evaluate_all(
                "forms => forms.filter(form => form.querySelector('button')).map(form => form.action)"
            )
            assert forms == [], path
