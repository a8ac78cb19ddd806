"""Programmes, and how much of their budgets is issued."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Text, and_, cast, false, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from services.vouchers.access import division_of, reads_all
from services.vouchers.ceilings.models import BUDGET, ceiling
from services.vouchers.programmes.models import Programme, ProgrammeTerms
from services.vouchers.programmes.rules import DRAFT
from services.vouchers.programmes.schemas import ProgrammeFilter, ProgrammeOut
from shared.auth.principal import Principal
from shared.errors import not_found


def visible_to(principal: Principal) -> ColumnElement[bool]:
    """Drafts concern their issuer, the city's bureaus and the auditor; the rest is public."""
    if reads_all(principal):
        return true()
    division = division_of(principal)
    own = Programme.issuer_division == division if division is not None else false()
    return or_(Programme.status != DRAFT, own)


def with_issued(principal: Principal) -> Select[Programme, Decimal, ProgrammeTerms]:
    """Programmes that the caller sees, with what they have issued (NULL before the first voucher) and the terms of the
    caller's day (NULL before they are opened)."""
    rows = aliased(ProgrammeTerms)
    latest = (
        select(rows.effective_from)
        .where(rows.programme_id == Programme.id, rows.effective_from <= principal.today)
        .order_by(rows.effective_from.desc())
        .limit(1)
        .scalar_subquery()
    )
    terms = and_(ProgrammeTerms.programme_id == Programme.id, ProgrammeTerms.effective_from == latest)
    budget = and_(
        ceiling.c.kind == BUDGET,
        ceiling.c.subject == cast(Programme.id, Text),
        ceiling.c.period == cast(Programme.year, Text),
    )
    found = select(Programme, ceiling.c.committed, ProgrammeTerms)
    return found.outerjoin(ceiling, budget).outerjoin(ProgrammeTerms, terms).where(visible_to(principal))


def conditions(wanted: ProgrammeFilter) -> list[ColumnElement[bool]]:
    """The list's filters as SQL."""
    columns = {
        "no": Programme.no,
        "issuer_division": Programme.issuer_division,
        "kind": Programme.kind,
        "year": Programme.year,
        "status": Programme.status,
    }
    sent = wanted.model_dump(include=set(columns), exclude_none=True)
    return [columns[name] == value for name, value in sent.items()]


async def show(session: AsyncSession, principal: Principal, programme_id: UUID) -> tuple[ProgrammeOut, int]:
    """One programme with its version. Raises 404."""
    row = (await session.execute(with_issued(principal).where(Programme.id == programme_id))).one_or_none()
    if row is None:
        raise not_found("programme")
    programme, issued, terms = row
    return ProgrammeOut.of(programme, issued, terms), programme.version


async def lock_own(session: AsyncSession, division: str, programme_id: UUID, *, share: bool = False) -> Programme:
    """A programme of the caller's division, locked: FOR SHARE to rely on it, else FOR UPDATE. Raises 404."""
    query = select(Programme).where(Programme.id == programme_id, Programme.issuer_division == division)
    programme = (await session.scalars(query.with_for_update(read=share))).one_or_none()
    if programme is None:
        raise not_found("programme")
    return programme
