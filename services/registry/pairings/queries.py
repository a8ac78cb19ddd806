"""Which pairs somebody sees and moves, and the three counters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.access import READ_ALL, division_of, enterprise_code_of
from services.registry.alliances.queries import LEAD_OFFICERS
from services.registry.enterprises.models import Enterprise
from services.registry.enterprises.queries import family, known_by
from services.registry.pairings import rules
from services.registry.pairings.models import Pairing, PairingEntry
from services.registry.pairings.schemas import LogEntryOut, PairCountFilter, PairCountOut, PairFilter
from shared.auth.principal import Principal
from shared.errors import not_found
from shared.http.paging import SortKey
from shared.policy.edition import Edition

ORDERS: Final[Mapping[str, Sequence[SortKey]]] = {"proposed": (Pairing.id,), "-proposed": (Pairing.id.desc(),)}


def own_scope(principal: Principal) -> ColumnElement[bool]:
    """The pairs of the enterprise that the caller speaks for, those under records merged into it included."""
    code = enterprise_code_of(principal)
    if code is None:
        return false()
    own = select(Enterprise.id).where(known_by(code))
    merged = select(Enterprise.id).where(Enterprise.merged_into_id.in_(own))
    return or_(Pairing.enterprise_id.in_(own), Pairing.enterprise_id.in_(merged))


def read_scope(principal: Principal) -> ColumnElement[bool]:
    """Its own for an enterprise, those of its firms for a division, all for the bureaus."""
    if principal.has(*READ_ALL):
        return true()
    scopes = [own_scope(principal)]
    if (division := division_of(principal)) is not None:
        scopes.append(Pairing.enterprise_id.in_(select(Enterprise.id).where(Enterprise.division == division)))
    return or_(*scopes)


def file_scope(principal: Principal) -> ColumnElement[bool]:
    """The pairs whose papers the caller adds to."""
    return true() if principal.has(*LEAD_OFFICERS) else own_scope(principal)


def active_on(day: date) -> ColumnElement[bool]:
    """Whether a pair was active on the day; its last day counts."""
    return and_(Pairing.since <= day, or_(Pairing.ended_on.is_(None), Pairing.ended_on >= day))


def matching(wanted: PairFilter) -> ColumnElement[bool]:
    """The list's filters."""
    exact = ("no", "province_side", "industry", "status", "partner_id")
    values = {getattr(Pairing, field): getattr(wanted, field) for field in exact}
    conditions: list[ColumnElement[bool]] = [column == value for column, value in values.items() if value is not None]
    if wanted.enterprise_id is not None:
        conditions.append(Pairing.enterprise_id.in_(family(wanted.enterprise_id)))
    if wanted.on is not None:
        conditions.append(active_on(wanted.on))
    return and_(true(), *conditions)


async def find(session: AsyncSession, principal: Principal, pairing_id: UUID) -> Pairing:
    """One pair as the caller sees it. Raises 404."""
    return await _one(session, read_scope(principal), pairing_id, lock=False)


async def lock_for(session: AsyncSession, scope: ColumnElement[bool], pairing_id: UUID) -> Pairing:
    """One pair of the scope, locked. Raises 404."""
    return await _one(session, scope, pairing_id, lock=True)


async def entries_of(session: AsyncSession, pairing_id: UUID) -> list[LogEntryOut]:
    """The log, oldest first."""
    query = select(PairingEntry).where(PairingEntry.pairing_id == pairing_id)
    rows = await session.scalars(query.order_by(PairingEntry.held_on, PairingEntry.id))
    return [LogEntryOut.model_validate(row) for row in rows]


async def counters(session: AsyncSession, edition: Edition, wanted: PairCountFilter, day: date) -> list[PairCountOut]:
    """4.7-2: firms of each side and of the city against 50 + 50 and 100, as of a day."""
    sides = [*edition.alliances.sides, rules.LHASA]
    active = await _firms(session, wanted, active_on(day))
    done = and_(Pairing.status == rules.COMPLETED, Pairing.ended_on <= day)
    paired = await _firms(session, wanted, or_(active_on(day), done))
    return [
        PairCountOut(
            province_side=side,
            on=day,
            active=active.get(side, 0),
            paired=paired.get(side, 0),
            target=edition.alliances.paired(side),
            missing=max(0, edition.alliances.paired(side) - paired.get(side, 0)),
        )
        for side in sides
    ]


async def _firms(session: AsyncSession, wanted: PairCountFilter, which: ColumnElement[bool]) -> dict[str, int]:
    of_industry = Pairing.industry == wanted.industry if wanted.industry else true()
    inland = select(Pairing.province_side, func.count(Pairing.partner_id.distinct())).where(which, of_industry)
    found = dict((await session.execute(inland.group_by(Pairing.province_side))).all())
    going_on = func.coalesce(Enterprise.merged_into_id, Enterprise.id)
    local = select(func.count(going_on.distinct())).select_from(Pairing)
    joined = local.join(Enterprise, Enterprise.id == Pairing.enterprise_id).where(which, of_industry)
    return {**found, rules.LHASA: await session.scalar(joined) or 0}


async def _one(session: AsyncSession, scope: ColumnElement[bool], pairing_id: UUID, *, lock: bool) -> Pairing:
    query = select(Pairing).where(Pairing.id == pairing_id, scope)
    pairing = await session.scalar(query.with_for_update() if lock else query)
    if pairing is None:
        raise not_found("pairing")
    return pairing
