"""Bans as the register shows them, and as an application meets them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, Text, and_, bindparam, or_, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.access import READ_ALL
from services.registry.bans.models import Ban
from services.registry.centres.models import Centre
from shared.auth.principal import Principal
from shared.errors import not_found
from shared.policy.rules import BanPeriod

IN_FORCE: Final = "in_force"

# One number space for all advisory locks of the database: the seed keeps operators apart from other uses.
_HOLD = text("SELECT pg_advisory_xact_lock_shared(hashtextextended(:code, 4754))")
_BAR = text(
    "SELECT pg_advisory_xact_lock(hashtextextended(code, 4754)) FROM unnest(:codes) AS code ORDER BY code"
).bindparams(bindparam("codes", type_=ARRAY(Text)))


async def hold_operator(session: AsyncSession, operator_code: str) -> None:
    """Keep a delisting from banning this operator until the transaction ends, as FOR SHARE does for a row.

    An application concerns one centre, the ban on its operator another one: without this lock it could read "no ban"
    and commit after the sweep. Always taken before the row of a centre, so that nobody waits in a circle.
    """
    await session.execute(_HOLD, {"code": operator_code})


async def bar_operators(session: AsyncSession, operator_codes: Iterable[str]) -> None:
    """The other side of `hold_operator`: wait for applications under way, and keep out those that come."""
    codes = sorted(set(operator_codes))
    if codes:
        await session.execute(_BAR, {"codes": codes})


async def bans_against(session: AsyncSession, operator_code: str, centre_id: UUID | None = None) -> list[BanPeriod]:
    """The bans in force, past and present, against the operator or the centre. Under the operator's lock."""
    against: ColumnElement[bool] = Ban.operator_code == operator_code
    if centre_id is not None:
        against = or_(against, Ban.centre_id == centre_id)
    columns = select(Ban.published_on, Ban.last_barred_day, Ban.first_open_day)
    rows = await session.execute(columns.where(against, Ban.status == IN_FORCE))
    return [BanPeriod(row.published_on, row.last_barred_day, row.first_open_day) for row in rows]


def register(principal: Principal) -> Select[Ban, str, str]:
    """Bans with the centre's number and name: current ones for everybody, all of them for the bureaus."""
    query = select(Ban, Centre.no, Centre.name).join(Centre, Centre.id == Ban.centre_id)
    return query if principal.has(*READ_ALL) else query.where(runs_on(principal.today))


def runs_on(day: date) -> ColumnElement[bool]:
    """Whether the ban bars on the day; both its first and its last day are barred."""
    return and_(Ban.status == IN_FORCE, Ban.published_on <= day, Ban.last_barred_day >= day)


async def find_ban(session: AsyncSession, principal: Principal, ban_id: UUID) -> Row[Ban, str, str]:
    """One ban of the register. Raises 404."""
    row = (await session.execute(register(principal).where(Ban.id == ban_id))).one_or_none()
    if row is None:
        raise not_found("ban")
    return row
