"""Bans as the register shows them, and as an application meets them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, Text, and_, bindparam, exists, or_, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.access import READ_ALL
from services.registry.bans.models import Ban, BanLifting
from services.registry.bans.rules import Break, barred_periods
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
    """The barred periods, past and present, against the operator or the centre. Under the operator's lock."""
    against: ColumnElement[bool] = Ban.operator_code == operator_code
    if centre_id is not None:
        against = or_(against, Ban.centre_id == centre_id)
    bans = (await session.execute(_PERIODS.where(against))).all()
    breaks = await _breaks(session, [row.id for row in bans])
    return [
        period
        for row in bans
        for period in barred_periods(
            BanPeriod(row.published_on, row.last_barred_day, row.first_open_day), breaks[row.id]
        )
    ]


_IS_BREAK: Final = (BanLifting.status == "confirmed", BanLifting.kind != "stay_ended")
_PERIODS: Final = select(Ban.id, Ban.published_on, Ban.last_barred_day, Ban.first_open_day)


async def _breaks(session: AsyncSession, ban_ids: list[UUID]) -> defaultdict[UUID, list[Break]]:
    found: defaultdict[UUID, list[Break]] = defaultdict(list)
    if ban_ids:
        columns = select(BanLifting.ban_id, BanLifting.effective_on, BanLifting.until_on)
        for row in await session.execute(columns.where(BanLifting.ban_id.in_(ban_ids), *_IS_BREAK)):
            found[row.ban_id].append(Break(row.effective_on, row.until_on))
    return found


def register(principal: Principal) -> Select[Ban, str, str, bool]:
    """Bans with the centre's number and name, and whether they bar today: current ones for everybody, all of them for
    the bureaus."""
    current = runs_on(principal.today)
    query = select(Ban, Centre.no, Centre.name, current.label("current")).join(Centre, Centre.id == Ban.centre_id)
    return query if principal.has(*READ_ALL) else query.where(current)


def runs_on(day: date) -> ColumnElement[bool]:
    """Whether the ban bars on the day; both its first and its last day are barred, those of a stay are not."""
    suspended = exists().where(
        BanLifting.ban_id == Ban.id,
        *_IS_BREAK,
        BanLifting.effective_on <= day,
        or_(BanLifting.until_on.is_(None), BanLifting.until_on >= day),
    )
    return and_(Ban.published_on <= day, Ban.last_barred_day >= day, ~suspended)


async def find_ban(session: AsyncSession, principal: Principal, ban_id: UUID) -> Row[Ban, str, str, bool]:
    """One ban of the register. Raises 404."""
    row = (await session.execute(register(principal).where(Ban.id == ban_id))).one_or_none()
    if row is None:
        raise not_found("ban")
    return row
