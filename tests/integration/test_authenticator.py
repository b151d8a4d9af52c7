"""Who a request is from, where many try false keys from the address of one who has a good one."""

import secrets
from contextlib import suppress

import asyncpg
import pytest
from app.access.authenticator import Authenticator
from app.access.principal import Role
from app.access.tokens import Tokens
from app.database import Pool
from app.errors import RateLimited, Unauthenticated
from tests.builders import Database
from tests.callers import Keys
from tests.harness import settings

ADDRESS = "198.51.100.7"


@pytest.fixture
def authenticator(pool: Pool) -> Authenticator:
    return Authenticator(pool, Tokens(settings()))


async def tried_until_refused(authenticator: Authenticator) -> None:
    with suppress(RateLimited):
        while True:
            with pytest.raises(Unauthenticated):
                await authenticator.authenticate(f"Bearer mds_{secrets.token_hex(6)}_x", ADDRESS)


async def test_who_tries_false_keys_is_no_longer_looked_up(authenticator: Authenticator, database: Database) -> None:
    good = await Keys(database.owner_url).key(Role.AUDITOR)
    await tried_until_refused(authenticator)
    with pytest.raises(RateLimited):
        await authenticator.authenticate(f"Bearer {good}", ADDRESS)
    await authenticator.authenticate(f"Bearer {good}", "198.51.100.8")


async def test_a_key_that_was_good_is_proved_again_whatever_else_comes_from_its_address(
    authenticator: Authenticator, database: Database
) -> None:
    good = f"Bearer {await Keys(database.owner_url).key(Role.AUDITOR)}"
    await authenticator.authenticate(good, ADDRESS)
    await tried_until_refused(authenticator)
    # As after some seconds in which Postgres could not be asked.
    for known in authenticator._known.values():
        known.believed_until = 0.0
    assert (await authenticator.authenticate(good, ADDRESS)).role is Role.AUDITOR


async def test_a_key_that_was_good_and_is_no_longer_is_bounded_like_any_false_one(
    authenticator: Authenticator, database: Database, owner: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    good = f"Bearer {await Keys(database.owner_url).key(Role.AUDITOR)}"
    await authenticator.authenticate(good, ADDRESS)
    await owner.execute("UPDATE access.api_keys SET revoked_at = now(), revoked_by = 'tests'")
    for known in authenticator._known.values():
        known.believed_until = 0.0
    with pytest.raises(Unauthenticated):
        await authenticator.authenticate(good, ADDRESS)
    await tried_until_refused(authenticator)
    with pytest.raises(RateLimited):
        await authenticator.authenticate(good, ADDRESS)
