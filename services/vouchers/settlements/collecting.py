"""Collecting what is owed: redemptions captured by the end of a month that no batch has settled (4.3-4).

Locks: redemptions by id, then the batch; so a reversal, which comes by the redemption, waits or is waited for.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Row, Uuid, any_, false, func, literal, literal_column, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from services.vouchers.access import own_division
from services.vouchers.base import table_of
from services.vouchers.journal.models import PROVIDER_PAYABLE, JournalEntry, Posting
from services.vouchers.redemptions.models import Redemption
from services.vouchers.redemptions.rules import REDEEMED
from services.vouchers.settlements import lines, states
from services.vouchers.settlements.cases import Step, open_case
from services.vouchers.settlements.models import Settlement, SettlementLine
from services.vouchers.settlements.standing import not_settled
from shared.auth.principal import Principal
from shared.bulk import insert_rows
from shared.clock import effective_date
from shared.db import constraint_of
from shared.errors import DomainError
from shared.events.contracts import vouchers as vc
from shared.events.outbox import EventContext
from shared.ids import next_case_no, uuid7
from shared.money import ZERO
from shared.policy.edition import Editions, PolicyNotInForce

COLLECTED = ("vouchers.settlement",)
RUNNING = "uq_settlement_running"

Owed = Row[UUID, UUID, UUID, UUID, bool, Decimal]


def month_of(period: str) -> tuple[date, date]:
    """First and last day of `2019-05`."""
    year, month = int(period[:4]), int(period[5:])
    return date(year, month, 1), date(year, month, monthrange(year, month)[1])


async def draft(
    session: AsyncSession, *, editions: Editions, principal: Principal, period: str, drafted_on: date | None
) -> Settlement:
    """Begin a batch of the caller's division for a month and collect into it.

    Raises 422 `settlement-period-not-begun`, 409 `settlement-empty`, `settlement-running` where one of the same month
    is not closed.
    """
    first, last = month_of(period)
    day = effective_date(principal, drafted_on)
    if first > day:
        raise DomainError("settlement-period-not-begun", 422, params={"period": period, "first_day": first})
    edition = editions.closest_to(last)
    if edition is None:
        raise PolicyNotInForce(last, None)
    division = own_division(principal)
    await _require_none_running(session, division, period)
    owed = await _owed(session, division, min(last, day))
    if not owed:
        raise DomainError("settlement-empty", 409, params={"period": period, "collects_to": last}, clauses=["4.3-4"])
    settlement = Settlement(
        id=uuid7(),
        version=0,
        no=await next_case_no(session, "ST", first.year),
        issuer_division=division,
        period=period,
        collects_to=last,
        edition=edition.id,
        status=states.DRAFT,
        line_count=0,
        total=ZERO,
        paid_total=ZERO,
        hands=[principal.account_id],
        drafted_by=principal.account_id,
        drafted_on=day,
    )
    session.add(settlement)
    try:
        await session.flush()
    except IntegrityError as error:
        if constraint_of(error) != RUNNING:
            raise
        raise DomainError("settlement-running", 409, params={"period": period}, clauses=["4.3-4"]) from error
    await _add(session, settlement, owed)
    await lines.tell(session, vc.SettlementDrafted, settlement, EventContext.of(principal, day), COLLECTED)
    return settlement


async def collect(session: AsyncSession, *, step: Step) -> Settlement:
    """Collect again into a draft: what was captured or came back since."""
    division = own_division(step.principal)
    known = select(Settlement.collects_to).where(
        Settlement.id == step.settlement_id, Settlement.issuer_division == division, Settlement.status == states.DRAFT
    )
    last = await session.scalar(known)
    today = step.principal.today
    owed = [] if last is None else await _owed(session, division, min(last, today))
    case = await open_case(session, step, states.DRAFT)
    case.note_hand()
    await _add(session, case.settlement, owed)
    await lines.tell(session, vc.SettlementCollected, case.settlement, case.context(today), COLLECTED)
    return case.settlement


async def _require_none_running(session: AsyncSession, division: str, period: str) -> None:
    running = select(Settlement.no).where(
        Settlement.issuer_division == division,
        Settlement.period == period,
        Settlement.status.not_in(states.ENDED),
    )
    no = await session.scalar(running)
    if no is not None:
        raise DomainError("settlement-running", 409, params={"period": period, "no": no}, clauses=["4.3-4"])


async def _owed(session: AsyncSession, division: str, last: date) -> Sequence[Owed]:
    """Captured redemptions of the issuer for which something is owed and that no batch has, locked by id. The amount is
    the journal's. What was inspected without success, or left its batch before it was inspected as it had to be, is
    flagged: nobody escapes an inspection by another draw."""
    ids = await _to_collect(session, division, last)
    if not ids:
        return []
    locking = select(Redemption.id).where(_among(Redemption.id, ids)).order_by(Redemption.id)
    await session.execute(locking.with_for_update())
    # A statement of its own: it sees what those committed whom the locks waited for.
    payable = (
        select(-func.sum(Posting.amount))
        .join(JournalEntry, JournalEntry.id == Posting.entry_id)
        .where(JournalEntry.redemption_id == Redemption.id, Posting.account == PROVIDER_PAYABLE)
        .scalar_subquery()
    )
    query = select(
        Redemption.id,
        Redemption.provider_id,
        Redemption.programme_id,
        Redemption.enterprise_id,
        or_(func.cardinality(Redemption.sampling_flags) > 0, func.coalesce(_inspection_due(), false())),
        payable,
    ).where(
        _among(Redemption.id, ids),
        Redemption.status == REDEEMED,
        not_settled(Redemption.id),
    )
    return [row for row in await session.execute(query.order_by(Redemption.id)) if (row[5] or ZERO) > 0]


async def _to_collect(session: AsyncSession, division: str, last: date) -> list[UUID]:
    """Redemptions that no batch has had, and those that wait after they left one; both by an index of what is open
    alone, however many were settled before."""
    use, line = Redemption, SettlementLine
    redeemed = use.status == literal_column(f"'{REDEEMED}'")  # in the index's own words
    new = select(use.id).where(use.issuer_division == division, use.redeemed_on <= last, redeemed, ~use.collected)
    back = (
        select(use.id)
        .join(line, line.redemption_id == use.id)
        .join(Settlement, Settlement.id == line.settlement_id)
        .where(line.waiting, Settlement.issuer_division == division, use.redeemed_on <= last)
    )
    return [*await session.scalars(new), *await session.scalars(back)]


def _inspection_due() -> ColumnElement[bool]:
    """Whether the last batch that had the redemption should have inspected it and did not, or found a fault."""
    line = SettlementLine
    unseen = or_(line.sampled, line.flagged) & line.inspection.is_(None)
    due = select(or_(unseen, func.coalesce(line.inspection == "failed", false())))
    newest = due.where(line.redemption_id == Redemption.id).order_by(line.id.desc()).limit(1)
    return newest.correlate(Redemption).scalar_subquery()


def _among(column: InstrumentedAttribute[UUID], ids: Sequence[UUID]) -> ColumnElement[bool]:
    return column == any_(literal(list(ids), ARRAY(Uuid)))


async def _add(session: AsyncSession, settlement: Settlement, owed: Sequence[Owed]) -> None:
    rows = [
        {
            "id": uuid7(),
            "settlement_id": settlement.id,
            "redemption_id": redemption_id,
            "provider_id": provider_id,
            "programme_id": programme_id,
            "enterprise_id": enterprise_id,
            "amount": amount,
            "status": states.INCLUDED,
            "waiting": False,
            "check_status": states.UNCHECKED,
            "flagged": flagged,
            "sampled": False,
        }
        for redemption_id, provider_id, programme_id, enterprise_id, flagged, amount in owed
    ]
    await insert_rows(session, table_of(SettlementLine), rows)
    ids, line = [row[0] for row in owed], SettlementLine
    for mark in (
        update(Redemption).where(_among(Redemption.id, ids), ~Redemption.collected).values(collected=True),
        update(line).where(_among(line.redemption_id, ids), line.waiting).values(waiting=False),
    ):
        await session.execute(mark, execution_options={"synchronize_session": False})
    await lines.refresh(session, settlement)
