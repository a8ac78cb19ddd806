"""A delisting in finance (2.3-5): nothing unpaid is paid any more, and what was paid and not spent is recovered.

Set-based, for any number of cases at once, and idempotent: a case that was carried out is confirmed again unchanged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Final, TypeAlias
from uuid import UUID

from sqlalchemy import Date, Row, Text, Update, Uuid, Values, column, func, null, select, update, values
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.angel_funds.delisting import Stop, stop_funds
from services.finance.angel_funds.states import DELISTED
from services.finance.appropriations.commitments import release_budgets
from services.finance.delisting.lines import lock_lines_of
from services.finance.delisting.models import DelistingCarriedOut
from services.finance.financing_rewards.delisting import cancel_rewards
from services.finance.grants import states
from services.finance.grants.cases import state_of
from services.finance.grants.commitments import given_back, release_ceilings
from services.finance.grants.models import Grant
from services.finance.journal.entries import Move, Movement, post_many
from services.finance.loans.delisting import Mark, mark
from services.finance.projections import known_centre
from services.finance.repayments.opening import Cause, cancel_open
from shared.events import outbox
from shared.events.contracts.finance import (
    DelistingApplied,
    DelistingAppliedData,
    GrantCancelled,
    GrantRecoveryOpened,
    GrantState,
)
from shared.events.outbox import EventContext
from shared.events.types import EventType
from shared.money import ZERO

CANCELLED_BY: Final = ("grants.delisted_cancelled",)
RECOVERED_BY: Final = ("grants.delisted_recovery",)

GrantRow: TypeAlias = Row[tuple[object, ...]]


@dataclass(frozen=True, slots=True)
class Order:
    """A published delisting to carry out, and the event that brought it."""

    case_id: UUID
    centre_id: UUID
    published_on: date
    context: EventContext


@dataclass(slots=True)
class Outcome:
    """What one order brought about."""

    cancelled: list[GrantRow] = field(default_factory=list)
    recovering: list[GrantRow] = field(default_factory=list)

    @property
    def released(self) -> Decimal:
        return sum((row.approved or ZERO for row in self.cancelled), ZERO)

    @property
    def recovery_due(self) -> Decimal:
        return sum((outstanding(row) for row in self.recovering), ZERO)


def outstanding(row: GrantRow) -> Decimal:
    """What is still to be recovered: what came back before and was not repaid is not asked for again."""
    due: Decimal = row.recovery_due - (row.recovered - row.repaid)
    return due


async def carry_out(session: AsyncSession, orders: Sequence[Order]) -> None:
    """Carry out the orders whose cases are new and confirm each case once.

    The centres are locked exclusively before anything is swept: steps on their grants that read "listed" are committed
    by then and swept too, later ones find the mark.
    """
    cases: dict[UUID, Order] = {}
    for order in orders:
        cases.setdefault(order.case_id, order)
    known = set(await session.scalars(select(DelistingCarriedOut.id).where(DelistingCarriedOut.id.in_(cases))))
    new = [order for order in cases.values() if order.case_id not in known]
    outcomes = {case_id: Outcome() for case_id in cases}
    if new:
        await mark_centres(session, new)
        await sweep(session, new, outcomes)
    await _confirm(session, cases, outcomes)


async def mark_centres(session: AsyncSession, orders: Sequence[Order]) -> None:
    """A centre that the registry's topic has not told of yet is known by its delisting alone."""
    by_centre = {order.centre_id: order.case_id for order in reversed(orders)}
    rows = [
        {"id": centre_id, "version": 0, "delisting_case_id": case_id}
        for centre_id, case_id in sorted(by_centre.items(), key=lambda item: str(item[0]))
    ]
    statement = insert(known_centre).values(rows)
    mark = {"delisting_case_id": statement.excluded.delisting_case_id}
    await session.execute(statement.on_conflict_do_update(index_elements=["id"], set_=mark))


async def sweep(session: AsyncSession, orders: Sequence[Order], outcomes: Mapping[UUID, Outcome]) -> None:
    """Cancel and recover at all centres in two statements, then write down what follows from them."""
    await lock_lines_of(session, [order.centre_id for order in orders])
    cases = values(
        column("centre_id", Uuid), column("case_id", Uuid), column("day", Date), column("actor", Text), name="cases"
    ).data([(order.centre_id, order.case_id, order.published_on, order.context.actor) for order in orders])
    for row in await changed(session, _cancelling(cases)):
        outcomes[row.delisting_case_id].cancelled.append(row)
    for row in await changed(session, _recovering(cases)):
        outcomes[row.delisting_case_id].recovering.append(row)
    moves: list[Move] = []
    for order in orders:
        outcome = outcomes[order.case_id]
        await announce(session, GrantCancelled, outcome.cancelled, order, CANCELLED_BY)
        await announce(session, GrantRecoveryOpened, outcome.recovering, order, RECOVERED_BY)
        moves += _moves(order, outcome)
    await release(session, [row for outcome in outcomes.values() for row in outcome.cancelled])
    await release_budgets(session, given_back(moves))
    await post_many(session, moves)
    stops = [Stop(o.centre_id, DELISTED, o.published_on, o.case_id, o.context) for o in orders]
    await stop_funds(session, stops)
    await cancel_rewards(session, stops)
    await mark(session, {o.centre_id: Mark(o.published_on, o.case_id, o.context) for o in orders})
    await cancel_open(session, {o.centre_id: Cause(o.case_id, o.published_on, o.context) for o in orders})


def _cancelling(cases: Values) -> Update:
    unpaid = Grant.status.in_(states.UNPAID)
    return (
        update(Grant)
        .where(Grant.centre_id == cases.c.centre_id, unpaid, Grant.cancel_on_delisting)
        .values(
            status=states.CANCELLED,
            held_from=null(),
            reason_code=states.CENTRE_DELISTED,
            ended_on=cases.c.day,
            ended_by=cases.c.actor,
            delisting_case_id=cases.c.case_id,
        )
    )


def _recovering(cases: Values) -> Update:
    held = Grant.recovered - Grant.repaid
    unspent = Grant.paid - Grant.spent - Grant.refunded - held
    return (
        update(Grant)
        .where(
            Grant.centre_id == cases.c.centre_id, Grant.status == states.PAID, Grant.recover_on_delisting, unspent > 0
        )
        .values(
            status=states.IN_RECOVERY,
            recovery_due=held + unspent,
            reason_code=states.CENTRE_DELISTED,
            delisting_case_id=cases.c.case_id,
        )
    )


async def changed(session: AsyncSession, statement: Update) -> Sequence[GrantRow]:
    """Raise the versions of the rows that the statement changes, and answer them in the order of their numbers."""
    raised = statement.values(version=Grant.version + 1, updated_at=func.now()).returning(*Grant.__table__.columns)
    rows = (await session.execute(raised, execution_options={"synchronize_session": False})).all()
    return sorted(rows, key=lambda row: str(row.no))


async def announce(
    session: AsyncSession,
    event_type: EventType[GrantState],
    rows: Sequence[GrantRow],
    order: Order,
    rules: Sequence[str],
) -> None:
    """One event for each row."""
    events = [(row.id, row.version, state_of(row)) for row in rows]
    await outbox.append_many(session, event_type, events, context=order.context, rules=rules)


def _moves(order: Order, outcome: Outcome) -> list[Move]:
    day, actor = order.published_on, order.context.actor
    released = [Move(Movement.RELEASED, row, row.approved, day, actor) for row in outcome.cancelled if row.approved]
    opened = [Move(Movement.RECOVERY_OPENED, row, outstanding(row), day, actor) for row in outcome.recovering]
    return released + opened


async def release(session: AsyncSession, cancelled: Sequence[GrantRow]) -> None:
    """Give back to the ceilings what these grants had committed."""
    sums: dict[tuple[UUID, int, str], Decimal] = {}
    for row in cancelled:
        if row.approved is not None:
            key = (row.centre_id, row.fiscal_year, row.purpose)
            sums[key] = sums.get(key, ZERO) + row.approved
    for (centre_id, fiscal_year, purpose), amount in sorted(sums.items(), key=str):
        await release_ceilings(session, centre_id=centre_id, purpose=purpose, fiscal_year=fiscal_year, amount=amount)


async def _confirm(session: AsyncSession, cases: Mapping[UUID, Order], outcomes: Mapping[UUID, Outcome]) -> None:
    """Keep what was done, and say it; for a case kept before, what is kept is said again."""
    statement = insert(DelistingCarriedOut).values([_kept(order, outcomes[order.case_id]) for order in cases.values()])
    again = statement.on_conflict_do_update(
        index_elements=["id"], set_={"version": DelistingCarriedOut.version + 1, "updated_at": func.now()}
    )
    rows = (await session.execute(again.returning(*DelistingCarriedOut.__table__.columns))).all()
    for row in rows:
        data = DelistingAppliedData(
            case_id=row.id,
            centre_id=row.centre_id,
            cancelled_grant_ids=tuple(row.cancelled_grant_ids),
            recovery_grant_ids=tuple(row.recovery_grant_ids),
            released=row.released,
            recovery_due=row.recovery_due,
            effective_on=row.effective_on,
        )
        await outbox.append_many(
            session,
            DelistingApplied,
            [(row.id, row.version, data)],
            context=cases[row.id].context,
            rules=(*CANCELLED_BY, *RECOVERED_BY),
        )


def _kept(order: Order, outcome: Outcome) -> dict[str, object]:
    return {
        "id": order.case_id,
        "version": 1,
        "centre_id": order.centre_id,
        "cancelled_grant_ids": [row.id for row in outcome.cancelled],
        "recovery_grant_ids": [row.id for row in outcome.recovering],
        "released": outcome.released,
        "recovery_due": outcome.recovery_due,
        "effective_on": order.published_on,
    }
