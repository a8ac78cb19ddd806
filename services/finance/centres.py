"""Centres as finance knows them: who may see what, and the lock that a delisting waits for.

Locks are taken in one order everywhere: the centre, then its grants, then ceilings, then counters. A request holds the
centre FOR SHARE until its commit; a delisting, a failed result and its rectification take it exclusively and then sweep
the centre's grants. So nothing that read "listed" commits after the sweep, and no two of them wait for each other.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import date
from time import monotonic
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, exists, false, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from services.finance.projections import ACCEPTED, FAIL, LISTED, known_centre, known_rectification, known_result
from shared.auth import roles as r
from shared.auth.principal import Principal
from shared.errors import not_found, reference_not_yet_known

CITY_READERS: Final = tuple(sorted((r.BUREAU_ROLES - {r.DIVISION_OFFICER, r.DIVISION_APPROVER}) | {r.AUDITOR}))
"""See every centre's money; divisions see their own centres', operators their own."""
READERS: Final = (*CITY_READERS, r.DIVISION_OFFICER, r.DIVISION_APPROVER, r.CENTRE_OPERATOR)

WAIT_SECONDS: Final = 1.0
_STEP_SECONDS: Final = 0.05


@dataclass(frozen=True, slots=True)
class Centre:
    """A centre at the moment it was read. `listed` is false from the moment finance carried its delisting out."""

    id: UUID
    listed: bool
    tier: str
    operator_code: str
    listed_on: date | None


def visible_to(principal: Principal) -> ColumnElement[bool]:
    """Which rows of `known_centre` the caller may see; nothing where no role opens them."""
    if principal.has(*CITY_READERS):
        return true()
    allowed: list[ColumnElement[bool]] = [false()]
    if principal.has(r.CENTRE_OPERATOR) and principal.org:
        allowed.append(known_centre.c.operator_code == principal.org)
    if principal.has(r.DIVISION_OFFICER, r.DIVISION_APPROVER) and principal.division:
        allowed.append(known_centre.c.owner_division == principal.division)
        allowed.append(known_centre.c.site_division == principal.division)
    return or_(*allowed)


async def await_centre(session: AsyncSession, centre_id: UUID, principal: Principal) -> None:
    """Wait until the registry's event about the centre has arrived; no lock is held meanwhile.

    Raises 409 `reference-not-yet-known` after a second, 404 for a centre that is not the caller's.
    """
    deadline = monotonic() + WAIT_SECONDS
    query = select(visible_to(principal)).where(known_centre.c.id == centre_id, known_centre.c.version > 0)
    while (visible := await session.scalar(query)) is None:
        if monotonic() >= deadline:
            raise reference_not_yet_known("centre", centre_id)
        await asyncio.sleep(_STEP_SECONDS)
    if not visible:
        raise not_found("centre")


async def read_centre(session: AsyncSession, centre_id: UUID, *, lock: bool) -> Centre:
    """The centre as it stands; with `lock`, so that it stays so until this transaction ends. Raises 404."""
    table = known_centre.c
    query = select(
        table.id, table.status, table.tier, table.operator_code, table.delisting_case_id, table.listed_on
    ).where(table.id == centre_id, table.version > 0)
    row = (await session.execute(query.with_for_update(read=True) if lock else query)).one_or_none()
    if row is None:
        raise not_found("centre")
    listed = row.status == LISTED and row.delisting_case_id is None
    return Centre(row.id, listed, row.tier, row.operator_code, row.listed_on)


def open_failure(centre_id: ColumnElement[UUID] | InstrumentedAttribute[UUID]) -> ColumnElement[bool]:
    """Whether the centre has a failed year whose rectification is not accepted (2.3-4)."""
    return exists().where(known_result.c.centre_id == centre_id, *_unrectified())


async def open_failed_year(session: AsyncSession, centre_id: UUID) -> int | None:
    """The latest such year; None if there is none."""
    query = select(func.max(known_result.c.year)).where(known_result.c.centre_id == centre_id, *_unrectified())
    year: int | None = await session.scalar(query)
    return year


def _unrectified() -> tuple[ColumnElement[bool], ...]:
    accepted = exists().where(
        known_rectification.c.centre_id == known_result.c.centre_id,
        known_rectification.c.year == known_result.c.year,
        known_rectification.c.status == ACCEPTED,
    )
    return known_result.c.grade == FAIL, ~accepted
