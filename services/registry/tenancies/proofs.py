"""What is on record for the claim of a graduation."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Final
from uuid import UUID

from sqlalchemy import exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.enterprises.particulars.models import EnterpriseYear, TechnologyFlagRow
from services.registry.enterprises.queries import family
from services.registry.tenancies.proof_rules import Proof
from services.registry.tenancies.schemas import Claim, HighTechCertificate, TwoYearIncome

_HIGH_TECH: Final = "high_tech"
"""The edition's kind of technology flag that the criterion asks for."""


async def proof_of(session: AsyncSession, enterprise_id: UUID, claim: Claim, day: date) -> Proof:
    """The enterprise's own file, and those of the records merged into it; nothing for claims that rest on documents
    alone."""
    if isinstance(claim, HighTechCertificate):
        valid = await _certified(session, enterprise_id, claim.certificate_no, day)
        return Proof(certificate_no=claim.certificate_no, certificate_valid=valid)
    if isinstance(claim, TwoYearIncome):
        known = await _incomes(session, enterprise_id, claim.first_year)
        recorded = [known.get(claim.first_year), known.get(claim.first_year + 1)]
        return Proof(first_year=claim.first_year, incomes=claim.incomes, recorded=recorded)
    return Proof()


async def _certified(session: AsyncSession, enterprise_id: UUID, certificate_no: str, day: date) -> bool:
    flag = TechnologyFlagRow
    valid = exists().where(
        flag.enterprise_id.in_(family(enterprise_id)),
        flag.kind == _HIGH_TECH,
        flag.certificate_no == certificate_no,
        flag.issued_on <= day,
        flag.valid_through >= day,
        or_(flag.withdrawn_on.is_(None), flag.withdrawn_on > day),
    )
    return bool(await session.scalar(select(valid)))


async def _incomes(session: AsyncSession, enterprise_id: UUID, first_year: int) -> dict[int, Decimal]:
    """By year; the figures of the record itself go before those of one merged into it."""
    year = EnterpriseYear
    query = (
        select(year.year, year.revenue)
        .where(year.enterprise_id.in_(family(enterprise_id)), year.year.in_((first_year, first_year + 1)))
        .order_by(year.enterprise_id == enterprise_id, year.id)
    )
    return {row.year: row.revenue for row in await session.execute(query)}
