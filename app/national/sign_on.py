"""9001 and 9002: an operator signs in, once a business day, and out. The number proves nothing: who calls is proved by
the key of the request."""

import secrets

from app.codes import Code
from app.database import Pool, transaction
from app.national import tables
from app.national.envelope import Request
from app.national.failure import Failed
from app.national.fields import read, write
from app.national.platform import Call, Reply, require_active

_SIGN_IN = """
INSERT INTO national.sign_ons (institution, operator, business_day, sign_no) VALUES ($1, $2, $3, $4)
ON CONFLICT (institution, operator, business_day) DO UPDATE SET signed_out_at = NULL
RETURNING sign_no, signed_in_at
"""
_SIGN_OUT = """
UPDATE national.sign_ons SET signed_out_at = coalesce(signed_out_at, clock_timestamp())
WHERE institution = $1 AND operator = $2 AND sign_no = $3
RETURNING signed_out_at
"""
_IS_SIGNED_IN = """
SELECT EXISTS (
    SELECT FROM national.sign_ons
    WHERE institution = $1 AND operator = $2 AND business_day = $3 AND sign_no = $4 AND signed_out_at IS NULL
)
"""


async def sign_in(call: Call) -> Reply:
    """The same operator has the same number all day."""
    data = read(tables.SIGN_IN, call.node("signIn", "data"), "signIn")
    day = await call.platform.today()
    number = f"{day:%Y%m%d}{secrets.randbelow(10**12):012d}"
    async with transaction(call.platform.pool) as connection:
        await require_active(connection, call.request.institution)
        row = await connection.fetchrow(_SIGN_IN, call.request.institution, data["opter_no"], day, number)
    assert row is not None
    told = {"sign_time": row["signed_in_at"], "sign_no": row["sign_no"]}
    return Reply({"signinoutb": write(tables.SIGNED_IN, told)})


async def sign_out(call: Call) -> Reply:
    data = read(tables.SIGN_OUT, call.node("signOut", "data"), "signOut")
    async with transaction(call.platform.pool) as connection:
        at = await connection.fetchval(_SIGN_OUT, call.request.institution, data["opter_no"], data["sign_no"])
    if at is None:
        raise Failed(Code.SIGN_ON_UNKNOWN)
    return Reply({"signoutoutb": write(tables.SIGNED_OUT, {"sign_time": at})})


async def require_sign_on(pool: Pool, request: Request, day: object) -> None:
    """Raises Failed (sign_on_unknown)."""
    async with transaction(pool) as connection:
        is_signed_in = await connection.fetchval(
            _IS_SIGNED_IN, request.institution, request.operator, day, request.sign_no or ""
        )
    if not is_signed_in:
        raise Failed(Code.SIGN_ON_UNKNOWN)
