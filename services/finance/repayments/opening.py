"""Repayments that a reversal opens, and another delisting ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Row, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.grants.models import Grant
from services.finance.journal.entries import Movement
from services.finance.journal.models import JournalEntry, Posting
from services.finance.projections import known_centre
from services.finance.repayments import states
from services.finance.repayments.models import Repayment
from shared.events import outbox
from shared.events.contracts.finance import RepaymentCancelled, RepaymentOpened, RepaymentState
from shared.events.outbox import EventContext
from shared.events.types import EventType
from shared.ids import next_case_no, uuid7

RULES = ("grants.delisted_recovery",)


@dataclass(frozen=True, slots=True)
class Cause:
    """The case that a delisting or its reversal belongs to, with its day and the event that brought it."""

    case_id: UUID
    day: date
    context: EventContext


async def owed(session: AsyncSession, case_id: UUID) -> Sequence[UUID]:
    """Grants of which money is held that this case took, or whose repayment this case had ended."""
    ended = select(Repayment.grant_id).where(Repayment.cancelled_by_case_id == case_id)
    query = select(Grant.id).where(
        (Grant.delisting_case_id == case_id) | Grant.id.in_(ended), Grant.recovered > Grant.repaid
    )
    return (await session.scalars(query.order_by(Grant.no).with_for_update())).all()


async def open_repayments(
    session: AsyncSession, grants: Sequence[UUID], cause: Cause, *, order_id: UUID, document_no: str
) -> None:
    """One for each recovery of these grants that has none. The payee is the operator that paid, as far as the
    recovery's entry tells; else the centre's of today, else the one that the grant was made to."""
    for row in await _recoveries(session, grants):
        repayment = Repayment(
            id=uuid7(),
            version=0,
            no=await next_case_no(session, "RP", cause.day.year),
            grant_id=row.grant_id,
            centre_id=row.centre_id,
            fiscal_year=row.fiscal_year,
            edition=row.edition,
            delisting_case_id=cause.case_id,
            remedy_id=order_id,
            basis_document_no=document_no,
            recovery_entry_id=row.entry_id,
            recovered=row.amount,
            recovered_on=row.effective_on,
            amount=row.amount,
            payee_code=row.payee_code,
            decisions=[],
            status=states.DUE,
            opened_on=cause.day,
        )
        session.add(repayment)
        await session.flush()
        await tell(session, RepaymentOpened, repayment, cause.context, RULES)


async def cancel_open(session: AsyncSession, causes: Mapping[UUID, Cause]) -> None:
    """End what is not paid yet at these centres (centre → cause): nothing is paid to a delisted centre. What was
    recovered stays, and the recovery that opens now takes it into account."""
    waiting = select(Repayment).where(Repayment.centre_id.in_(causes), Repayment.status.in_(states.OPEN))
    for repayment in await session.scalars(waiting.order_by(Repayment.no).with_for_update()):
        cause = causes[repayment.centre_id]
        repayment.status, repayment.reason_code = states.CANCELLED, states.CENTRE_DELISTED
        repayment.ended_on, repayment.cancelled_by_case_id = cause.day, cause.case_id
        await tell(session, RepaymentCancelled, repayment, cause.context, RULES)


async def told(session: AsyncSession, remedy_id: UUID) -> Sequence[Row[UUID, Decimal]]:
    """What an order had opened, by grant, whatever became of it since: (grant_id, amount)."""
    query = (
        select(Repayment.grant_id, func.sum(Repayment.amount).label("amount"))
        .join(Grant, Grant.id == Repayment.grant_id)
        .where(Repayment.remedy_id == remedy_id)
        .group_by(Repayment.grant_id, Grant.no)
        .order_by(Grant.no)
    )
    return (await session.execute(query)).all()


async def tell(
    session: AsyncSession,
    event_type: EventType[RepaymentState],
    repayment: Repayment,
    context: EventContext,
    rules: Sequence[str],
) -> None:
    """Append the repayment's event with its whole state."""
    state = RepaymentState.model_validate(repayment, from_attributes=True)
    await outbox.append(session, event_type, repayment, state, context=context, rules=rules, edition=repayment.edition)


async def _recoveries(
    session: AsyncSession, grants: Sequence[UUID]
) -> Sequence[Row[UUID, date, Decimal, UUID, UUID, int, str, str]]:
    live = select(Repayment.recovery_entry_id).where(Repayment.status != states.CANCELLED)
    query = (
        select(
            JournalEntry.id.label("entry_id"),
            func.coalesce(JournalEntry.occurred_on, JournalEntry.effective_on).label("effective_on"),
            Posting.amount,
            Grant.id.label("grant_id"),
            Grant.centre_id,
            Grant.fiscal_year,
            Grant.edition,
            func.coalesce(JournalEntry.counterparty, known_centre.c.operator_code, Grant.operator_code).label(
                "payee_code"
            ),
        )
        .join(Posting, (Posting.entry_id == JournalEntry.id) & (Posting.line == 1))
        .join(Grant, Grant.id == JournalEntry.case_id)
        .outerjoin(known_centre, known_centre.c.id == Grant.centre_id)
        .where(JournalEntry.kind == Movement.RECOVERED, JournalEntry.case_id.in_(grants), JournalEntry.id.not_in(live))
        .order_by(JournalEntry.id)
    )
    return (await session.execute(query)).all()
