"""A real Chromium at a real console: a house with every process, people and money that was settled."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from app.access.principal import Role
from app.settlement.rules import RuleBook
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, ConsoleMessage, Page, Request, ViewportSize, async_playwright, expect
from tests.acknowledging import PaidLine, SentFile, return_file
from tests.builders import HOSPITAL, PHARMACY, add_card, add_institution, add_person, payment, payment_json
from tests.clearing_days import LATE, post_yesterday, yesterday
from tests.filing import tell_banks
from tests.harness import DEADLINE_SECONDS, House, eventually, house_in
from tests.reconciling import UploadedRow, reconciled, scope_of

SCREENSHOTS = Path(__file__).parents[2] / "build" / "screenshots"
WIDE, NARROW = 1280, 390
CLINIC = "H00000000003"

_CHROMIUM = os.environ.get("MEDSETTLE_TEST_CHROMIUM", "/usr/bin/chromium")
_ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
# No measure of speed, as in tests/harness.py.
expect.set_options(timeout=DEADLINE_SECONDS * 1_000)

# Chromium says this of every answer that is no success, also where that is what was asked for.
_ANSWER_TOLD = "Failed to load resource: the server responded with a status of"
# A key that presses a button makes a click too, whose count is 0.
_HEAR = """
addEventListener("click", (event) => {
  const label = event.target.labels?.[0] ?? event.target;
  if (event.detail) noteClick((event.target.closest("a, button") ?? label).textContent.trim());
}, true);
"""


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=_CHROMIUM, args=_ARGUMENTS)
        yield browser
        await browser.close()


@pytest.fixture(scope="session")
async def busy(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """A house that settles, over HTTP and Kafka: RICH has 5,000 yuan and pays, POOR has 5 and is declined.

    Yesterday is sealed and filed. BANK01 has paid the hospital and could not pay the clinic; BANK02 has said nothing.
    """
    async with house_in(tmp_path_factory.mktemp("busy") / "house") as house:
        await _open(house)
        await house.start_worker()
        await house.start_api()
        await house.start_scheduler()
        await _settle(house)
        await _leave_work(house)
        yield house


async def _open(house: House) -> None:
    names = {HOSPITAL: "市第一人民医院", PHARMACY: "Corner Pharmacy", CLINIC: "Harbour Clinic"}
    await add_institution(house.pool, HOSPITAL, bank="BANK01")
    await add_institution(house.pool, PHARMACY, kind="pharmacy", bank="BANK02")
    await add_institution(house.pool, CLINIC, bank="BANK01")
    for institution, name in names.items():
        await house.pool.execute(
            "UPDATE parties.institutions SET name = $2, payee_name = $2, payee_account = '62' || institution"
            " WHERE institution = $1",
            institution, name,
        )  # fmt: skip
    await tell_banks(house.pool)
    await add_person(house.pool, "RICH-000000001", balance=500_000, rules=RuleBook(LATE))
    await add_card(house.pool, "Z10000001", "RICH-000000001")
    for institution, amount in ((HOSPITAL, 12_345), (PHARMACY, 8_020), (CLINIC, 6_600)):
        message = payment(
            person_no="RICH-000000001", institution=institution, message_id=f"BEFORE-{amount}", amount=amount
        )
        await post_yesterday(house.pool, message)
    await add_person(house.pool, "POOR-000000002", balance=500)


async def _settle(house: House) -> None:
    async with house.client() as client:
        for number in range(8):
            body = payment_json(message_id=f"TILL-{number}", person_no="RICH-000000001", amount=1_000 + number)
            assert (await client.post("/v1/transactions", content=body)).status_code == 201
        planted = payment_json(
            message_id="PLANTED-1",
            person_no="POOR-000000002",
            amount=800,
            short_balance="decline",
            institution=PHARMACY,
        )
        assert (await client.post("/v1/transactions", content=planted)).json()["status"] == "declined"
    for number in range(4):
        await house.send(payment_json(message_id=f"KAFKA-{number}", person_no="RICH-000000001", amount=2_500))
        await house.told(f"KAFKA-{number}")


async def _leave_work(house: House) -> None:
    """A hold, a dead letter, breaks, and yesterday, which the scheduler seals and files."""
    until = (datetime.now(UTC) + timedelta(minutes=30)).isoformat()
    async with house.client() as client:
        hold = payment_json(message_id="HOLD-1", kind="authorization", person_no="RICH-000000001", expires_at=until)
        assert (await client.post("/v1/transactions", content=hold)).json()["status"] == "held"
    await house.send(b"no JSON at all")
    await house.dead_letters.having(lambda record: record.value == b"no JSON at all")
    unknown = UploadedRow("9" * 28, "RICH-000000001", 1_500, 1_500)
    url = house.settings.database_url.get_secret_value()
    await reconciled(house.pool, url, [unknown], scope_of(PHARMACY, first_day=yesterday(), last_day=yesterday()))

    async def is_filed() -> bool:
        filed = "SELECT state = 'filed' FROM clearing.business_days WHERE business_day = $1"
        return bool(await house.pool.fetchval(filed, yesterday()))

    await eventually(is_filed)
    await _acknowledge(house)


_LINES = """
SELECT to_char(business_day, 'YYYYMMDD') || '-' || lpad(line_no::text, 7, '0'), amount, payee_account
FROM clearing.lines
WHERE business_day = $1 AND bank = 'BANK01'
ORDER BY institution
"""


async def _acknowledge(house: House) -> None:
    """As BANK01 does over HTTP: the first line is paid, the second could not be."""
    file_id = f"{yesterday():%Y%m%d}_BANK01_payment_v1.txt"
    paid, failed = [PaidLine(*row) for row in await house.pool.fetch(_LINES, yesterday())]
    file = SentFile(file_id, yesterday(), "BANK01", [paid, failed])
    async with house.client(await house.keys.key(Role.BANK, "BANK01")) as bank:
        for said in (return_file(file, "0", [paid]), return_file(file, "1", [failed], code="E1", reason="户名不符")):
            answer = await bank.post(f"/v1/settlement-files/{file_id}/acknowledgment", content=said)
            assert answer.status_code == 201, answer.text


class Visit:
    """One browser window, and what may not be said or asked for in it."""

    def __init__(self, house: House, page: Page) -> None:
        self.house = house
        self.page = page
        self.problems: list[str] = []
        self._host = urlsplit(house.installation.base_url).netloc
        page.on("console", self._note_message)
        page.on("pageerror", lambda error: self.problems.append(f"script: {error}"))
        page.on("request", self._note_request)

    async def go(self, path: str) -> None:
        await self.page.goto(f"{self.house.installation.base_url}{path}")

    async def sign_in(self, role: Role, of: str | None = None) -> None:
        await self.go("/console/")
        await (
            self.page.get_by_label("API key or token")
            .or_(self.page.get_by_label("API 密钥或令牌"))
            .fill(await self.house.keys.key(role, of))
        )
        await self.press("Enter")

    async def hear_clicks(self) -> list[str]:
        """What is clicked by mouse in this window from its next page on, as the browser itself hears it."""
        clicked: list[str] = []
        await self.page.expose_function("noteClick", lambda name: clicked.append(name))  # noqa: PLW0108 - a method of C takes no mark
        await self.page.add_init_script(_HEAR)
        return clicked

    async def press(self, key: str) -> None:
        """A key that leads to another page."""
        async with self.page.expect_navigation():
            await self.page.keyboard.press(key)

    async def look(self, name: str, *, full_page: bool = True) -> None:
        """Take a picture, and hold the page to what holds of every page."""
        await self.page.wait_for_timeout(100)
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        await self.page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=full_page)
        width = await self.page.evaluate("document.documentElement.scrollWidth")
        assert width <= await self.page.evaluate("window.innerWidth"), f"{name} scrolls sideways"
        found = await Axe().run(self.page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]})
        assert found.violations_count == 0, found.generate_report()

    def _note_message(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not message.text.startswith(_ANSWER_TOLD):
            self.problems.append(f"console: {message.text}")

    def _note_request(self, request: Request) -> None:
        if urlsplit(request.url).netloc != self._host:
            self.problems.append(f"asked another host: {request.url}")


@asynccontextmanager
async def visiting(
    house: House, browser: Browser, *, width: int = WIDE, dark: bool = False, language: str = "en"
) -> AsyncIterator[Visit]:
    """A window; what the pages said or asked for wrongly fails the test at its end."""
    size = ViewportSize(width=width, height=900)
    context = await browser.new_context(viewport=size, color_scheme="dark" if dark else "light", locale=language)
    visit = Visit(house, await context.new_page())
    try:
        yield visit
    finally:
        await context.close()
    assert visit.problems == []
