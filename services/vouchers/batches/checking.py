"""Checking a file: every row by the rules of a single issue, and together with the rows before it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.batches.columns import Read, Row, row_problem
from services.vouchers.batches.facts import FileFacts
from services.vouchers.programmes.models import Programme
from services.vouchers.projections import known_enterprise
from services.vouchers.vouchers.eligibility import Case, decide_case
from shared.errors import DomainError
from shared.files.problems import Problem
from shared.money import ZERO
from shared.policy.edition import Edition
from shared.refusals import require_passed

_BREATH: Final = 50
"""Rows between two turns of others: other requests, and the heartbeat by which this process leads."""


@dataclass(frozen=True, slots=True)
class Good:
    """A row that may be issued."""

    row: Row
    programme: Programme
    enterprise_id: UUID


@dataclass(frozen=True, slots=True)
class Known:
    """An enterprise by its code: the record that goes on, and the name on record."""

    id: UUID
    name: str


@dataclass(slots=True)
class Checked:
    """What came of the check."""

    good: list[Good] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    refused: int = 0

    @property
    def amount(self) -> Decimal:
        """Yuan of the good rows."""
        return sum((good.row.sent.face_value for good in self.good), ZERO)


async def check(session: AsyncSession, edition: Edition, division: str, rows: Sequence[Read], day: date) -> Checked:
    """Each row as a single issue of today would be judged, read without locks. Nothing is kept."""
    checked = Checked()
    understood = [read for read in rows if isinstance(read, Row)]
    programmes = await _programmes(session, division, understood)
    enterprises = await _enterprises(session, understood)
    ids = [known.id for known in enterprises.values()]
    facts = await FileFacts.read(session, list(programmes.values()), ids, day)
    for number, read in enumerate(rows, start=1):
        if number % _BREATH == 0:
            await asyncio.sleep(0)
        if not isinstance(read, Row):
            checked.problems += read
            checked.refused += 1
            continue
        try:
            good = _matched(read, programmes, enterprises)
            case = Case(good.programme, good.enterprise_id, read.sent.category, read.sent.face_value)
            require_passed(decide_case(edition, case, facts.of(case), day))
        except DomainError as refused:
            checked.problems.append(row_problem(read, refused))
            checked.refused += 1
        else:
            checked.good.append(good)
            facts.issued(case)
    return checked


def _matched(row: Row, programmes: dict[str, Programme], enterprises: dict[str, Known]) -> Good:
    sent = row.sent
    programme = programmes.get(sent.programme_no)
    if programme is None:
        raise DomainError("batch-row-other-division", 404, params={"no": sent.programme_no})
    known = enterprises.get(sent.enterprise_code)
    if known is None:
        raise DomainError("batch-enterprise-unknown", 404, params={"code": sent.enterprise_code})
    if sent.enterprise_name is not None and sent.enterprise_name != known.name:
        raise DomainError("batch-enterprise-name-differs", 409, params={"code": sent.enterprise_code})
    return Good(row, programme, known.id)


async def _programmes(session: AsyncSession, division: str, rows: Sequence[Row]) -> dict[str, Programme]:
    numbers = {row.sent.programme_no for row in rows}
    query = select(Programme).where(Programme.issuer_division == division, Programme.no.in_(numbers))
    return {programme.no: programme for programme in await session.scalars(query)}


async def _enterprises(session: AsyncSession, rows: Sequence[Row]) -> dict[str, Known]:
    """By code: the record that goes on, and the name on record."""
    known = known_enterprise.c
    goes_on = func.coalesce(known.merged_into_id, known.id).label("id")
    codes = {row.sent.enterprise_code for row in rows}
    found = await session.execute(select(known.code, goes_on, known.name).where(known.code.in_(codes)))
    return {row.code: Known(row.id, row.name) for row in found}
