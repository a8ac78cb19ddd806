"""What was lent with public backing: loans, guarantees, interest subsidies, and the caps on them. Live rows alone."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.ceilings.models import (
    GUARANTEE_BORROWER,
    LOAN_GRADUATE,
    LOAN_GUARANTEED,
    LOAN_JOINT,
    LOAN_SMALL_MICRO,
    ceiling,
)
from services.finance.exposures.lines import GUARANTEE, LOAN, SUBSIDY, Cap, Line
from services.finance.exposures.members import Circle, Member
from services.finance.guarantees import states as guarantee_states
from services.finance.guarantees.models import Guarantee
from services.finance.loans import states as loan_states
from services.finance.loans.models import JointMember, Loan, LoanPartner
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
"""Caps by the enterprise's code."""


async def loans_of(session: AsyncSession, circle: Circle) -> list[Line]:
    """Loans of the enterprise, graduates' for it included; drafts and what came to nothing are none (3.2)."""
    query = select(Loan).where(_borrowed(circle), Loan.status.not_in(_NO_LOAN), Loan.livemode)
    return [
        Line(
            whose=(whose := circle.whose(loan.enterprise_id, loan.enterprise_code).code),
            programme=LOAN,
            kind=loan.product,
            case_id=loan.id,
            case_no=loan.no,
            status=loan.status,
            holder=loan.enterprise_code or whose,
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


async def graduates_caps(session: AsyncSession, edition: Edition, member: Member) -> list[Cap]:
    """The caps of the graduates who borrow for the enterprise, each under an opaque reference, and of the groups in
    which they do; what they owe elsewhere counts (3.2-5)."""
    mine = select(Loan.id).where(_borrowed(member), Loan.livemode, Loan.status.not_in(_NO_LOAN))
    graduates = select(Loan.borrower).where(Loan.id.in_(mine), Loan.product == loan_states.GRADUATE)
    partners = select(LoanPartner.person_ref).join(Loan, Loan.id == LoanPartner.loan_id)
    joint = partners.where(Loan.id.in_(mine), Loan.product == loan_states.GRADUATE_JOINT)
    refs = sorted(set(await session.scalars(graduates.union(joint))))
    members = select(JointMember.group_id).where(JointMember.livemode, JointMember.person_ref.in_(refs))
    groups = sorted(str(group) for group in set(await session.scalars(members)))
    kinds = (
        (loan_states.GRADUATE, "loans.graduate_cap", LOAN_GRADUATE, refs),
        (loan_states.GRADUATE_JOINT, "loans.joint_cap", LOAN_JOINT, groups),
    )
    caps = []
    for product, rule, kind, subjects in kinds:
        query = select(ceiling.c.subject, ceiling.c.committed).where(
            ceiling.c.kind == kind, ceiling.c.period == _LIVE, ceiling.c.subject.in_(subjects)
        )
        held = {row.subject: row.committed for row in await session.execute(query)}
        cap = edition.loans.products[product].cap
        caps += [
            Cap(
                rule=rule,
                clause=cap.clause,
                programme=LOAN,
                subject=subject,
                period=None,
                limit=cap.value,
                counted=held.get(subject, ZERO),
            )
            for subject in subjects
        ]
    return caps


async def guarantees_of(session: AsyncSession, circle: Circle) -> list[Line]:
    """What the guarantor stands for, and what it paid and has not got back (3.2-3)."""
    query = (
        select(Guarantee, Loan.enterprise_id, Loan.enterprise_code)
        .join(Loan, Loan.id == Guarantee.loan_id)
        .where(_borrowed(circle), Guarantee.status.not_in(_NO_GUARANTEE), Guarantee.livemode)
    )
    return [
        Line(
            whose=(whose := circle.whose(firm_id, code).code),
            programme=GUARANTEE,
            kind=found.product,
            case_id=found.id,
            case_no=found.no,
            status=found.status,
            holder=whose,
            link=f"/v1/loans/guarantees/{found.id}",
            requested=found.guaranteed,
            granted=found.guaranteed,
            paid=found.paid,
            returned=found.recovered,
            outstanding=found.liability + found.receivable,
            entries_of=found.id,
        )
        for found, firm_id, code in await session.execute(query.order_by(Guarantee.id))
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


async def subsidies_of(session: AsyncSession, circle: Circle) -> list[Line]:
    """Interest subsidies by loan and quarter, corrections as lines of their own (3.2-4, 3.2-5)."""
    line = SubsidyLine
    query = (
        select(line, Loan.enterprise_id, Loan.enterprise_code)
        .join(Loan, Loan.id == line.loan_id)
        .where(_borrowed(circle), Loan.livemode, line.status != subsidy_states.REFUSED)
    )
    return [
        Line(
            whose=(whose := circle.whose(firm_id, code).code),
            programme=SUBSIDY,
            kind=found.kind,
            case_id=found.id,
            case_no=f"{found.loan_no}/{found.year}Q{found.quarter}",
            status=found.status,
            holder=whose,
            link=f"/v1/loans/{found.loan_id}",
            period=f"{found.year}Q{found.quarter}",
            requested=found.entitled,
            granted=max(found.amount, ZERO) if found.status != subsidy_states.PREPARED else ZERO,
            paid=found.amount if found.status == subsidy_states.PAID else ZERO,
            returned=-found.amount if found.status == subsidy_states.RECOVERED else ZERO,
            entry_id=found.journal_entry_id,
        )
        for found, firm_id, code in await session.execute(query.order_by(line.id))
    ]


def _borrowed(whose: Member | Circle) -> ColumnElement[bool]:
    return or_(Loan.enterprise_id.in_(whose.ids), Loan.enterprise_code.in_(whose.codes))


async def _held(session: AsyncSession, kind: str, member: Member) -> Decimal:
    query = select(func.coalesce(func.sum(ceiling.c.committed), ZERO)).where(
        ceiling.c.kind == kind, ceiling.c.period == _LIVE, ceiling.c.subject.in_(member.codes)
    )
    return await session.scalar(query) or ZERO
