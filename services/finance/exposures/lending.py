"""What was lent with public backing: loans, guarantees, interest subsidies, and the caps on them. Live rows alone."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.ceilings.models import GUARANTEE_BORROWER, LOAN_GUARANTEED, LOAN_SMALL_MICRO, ceiling
from services.finance.exposures.lines import GUARANTEE, LOAN, SUBSIDY, Cap, Line
from services.finance.exposures.members import Member
from services.finance.guarantees import states as guarantee_states
from services.finance.guarantees.models import Guarantee
from services.finance.loans import states as loan_states
from services.finance.loans.models import Loan
from services.finance.subsidies import states as subsidy_states
from services.finance.subsidies.models import SubsidyLine
from shared.money import ZERO
from shared.policy.edition import Edition

_NO_LOAN: Final = (loan_states.DRAFT, loan_states.REFUSED, loan_states.WITHDRAWN)
_NO_GUARANTEE: Final = (guarantee_states.DRAFTED, guarantee_states.CANCELLED)
_LIVE: Final = "all"
_FIRM_CAPS: Final = (
    (loan_states.GUARANTEED, "loans.guaranteed_cap", LOAN_GUARANTEED),
    (loan_states.SMALL_MICRO, "loans.small_micro_cap", LOAN_SMALL_MICRO),
)
"""Caps by the enterprise's code; those of graduates are persons'."""


async def loans_of(session: AsyncSession, member: Member) -> list[Line]:
    """Loans of the enterprise, graduates' for it included; drafts and what came to nothing are none (3.2)."""
    query = select(Loan).where(_borrowed(member), Loan.status.not_in(_NO_LOAN), Loan.livemode)
    return [
        Line(
            programme=LOAN,
            kind=loan.product,
            case_id=loan.id,
            case_no=loan.no,
            status=loan.status,
            holder=loan.enterprise_code or member.code,
            link=f"/v1/loans/{loan.id}",
            requested=loan.requested,
            granted=loan.contracted if loan.contracted is not None else loan.approved or ZERO,
            paid=loan.disbursed,
            returned=loan.disbursed - loan.outstanding,
            outstanding=loan.outstanding,
            entries_of=loan.id,
        )
        for loan in await session.scalars(query.order_by(Loan.id))
    ]


async def loan_caps(session: AsyncSession, edition: Edition, member: Member) -> list[Cap]:
    """The enterprise's caps with what all its codes hold of them (3.2-3, 3.2-4)."""
    caps = []
    for product, rule, kind in _FIRM_CAPS:
        cap = edition.loans.products[product].cap
        held = await _held(session, kind, member)
        caps.append(
            Cap(
                rule=rule,
                clause=cap.clause,
                programme=LOAN,
                subject=member.code,
                period=None,
                limit=cap.value,
                counted=held,
            )
        )
    return caps


async def guarantees_of(session: AsyncSession, member: Member) -> list[Line]:
    """What the guarantor stands for, and what it paid and has not got back (3.2-3)."""
    query = (
        select(Guarantee)
        .join(Loan, Loan.id == Guarantee.loan_id)
        .where(_borrowed(member), Guarantee.status.not_in(_NO_GUARANTEE), Guarantee.livemode)
    )
    return [
        Line(
            programme=GUARANTEE,
            kind=found.product,
            case_id=found.id,
            case_no=found.no,
            status=found.status,
            holder=member.code,
            link=f"/v1/loans/guarantees/{found.id}",
            requested=found.guaranteed,
            granted=found.guaranteed,
            paid=found.paid,
            returned=found.recovered,
            outstanding=found.liability + found.receivable,
            entries_of=found.id,
        )
        for found in await session.scalars(query.order_by(Guarantee.id))
    ]


async def guarantee_caps(session: AsyncSession, edition: Edition, member: Member) -> list[Cap]:
    """The guarantor's limit for one borrower, as far as anything was ever guaranteed for it (3.2-3)."""
    query = select(func.max(ceiling.c.limit_amount), func.sum(ceiling.c.committed)).where(
        ceiling.c.kind == GUARANTEE_BORROWER, ceiling.c.period == _LIVE, ceiling.c.subject.in_(member.codes)
    )
    limit, counted = (await session.execute(query)).one()
    if limit is None:
        return []
    rule = edition.rule("guarantees.borrower_limit")
    return [
        Cap(
            rule="guarantees.borrower_limit",
            clause=rule.clause,
            programme=GUARANTEE,
            subject=member.code,
            period=None,
            limit=limit,
            counted=counted,
        )
    ]


async def subsidies_of(session: AsyncSession, member: Member) -> list[Line]:
    """Interest subsidies by loan and quarter, corrections as lines of their own (3.2-4, 3.2-5)."""
    line = SubsidyLine
    query = (
        select(line)
        .join(Loan, Loan.id == line.loan_id)
        .where(_borrowed(member), Loan.livemode, line.status != subsidy_states.REFUSED)
    )
    return [
        Line(
            programme=SUBSIDY,
            kind=found.kind,
            case_id=found.id,
            case_no=f"{found.loan_no}/{found.year}Q{found.quarter}",
            status=found.status,
            holder=member.code,
            link=f"/v1/loans/{found.loan_id}",
            period=f"{found.year}Q{found.quarter}",
            requested=found.entitled,
            granted=max(found.amount, ZERO) if found.status != subsidy_states.PREPARED else ZERO,
            paid=found.amount if found.status == subsidy_states.PAID else ZERO,
            returned=-found.amount if found.status == subsidy_states.RECOVERED else ZERO,
            entry_id=found.journal_entry_id,
        )
        for found in await session.scalars(query.order_by(line.id))
    ]


def _borrowed(member: Member) -> ColumnElement[bool]:
    return or_(Loan.enterprise_id.in_(member.ids), Loan.enterprise_code.in_(member.codes))


async def _held(session: AsyncSession, kind: str, member: Member) -> Decimal:
    query = select(func.coalesce(func.sum(ceiling.c.committed), ZERO)).where(
        ceiling.c.kind == kind, ceiling.c.period == _LIVE, ceiling.c.subject.in_(member.codes)
    )
    return await session.scalar(query) or ZERO
