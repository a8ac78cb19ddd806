"""A change of the investment committee: who leaves and who joins, by a resolution, from a day on (3.2-2)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.angel_funds import states
from services.finance.angel_funds.cases import Case, Step, open_case
from services.finance.angel_funds.effects import Effect
from services.finance.angel_funds.models import AngelFund, AngelFundOrder, AngelFundSeat
from services.finance.angel_funds.orders import Prepared, prepare
from services.finance.angel_funds.rules import decide_committee
from services.finance.angel_funds.schemas import CommitteeIn
from shared.http.validation import PayloadInvalid
from shared.money import ZERO
from shared.policy.decision import Decision
from shared.policy.edition import Edition
from shared.refusals import require_passed


async def seats_on(session: AsyncSession, fund: AngelFund, day: date | None = None) -> Sequence[AngelFundSeat]:
    """Who sits on that day, by the minutes' own day; without one who sits by the last resolution."""
    seat = AngelFundSeat
    query = select(seat).where(seat.fund_id == fund.id).order_by(seat.seat)
    if day is None:
        return (await session.scalars(query.where(seat.left_on.is_(None)))).all()
    held = query.where(seat.joined_on <= day, func.coalesce(seat.left_on > day, True))
    return (await session.scalars(held)).all()


def require_roles(edition: Edition, roles: Sequence[str], field: str) -> None:
    """Each sits for somebody whom the edition names. Raises 422 `seat_role_unknown`."""
    if any(role not in edition.investing.fund.seats for role in roles):
        raise PayloadInvalid.at(field, "seat_role_unknown")


async def prepare_change(session: AsyncSession, sent: CommitteeIn, *, step: Step) -> Prepared:
    """Raises 404, 409 `angel-fund-seat-not-held`, `angel-fund-committee-size`, 422 for an unknown role."""
    case = await open_case(session, step, states.ACTIVE)
    require_roles(case.edition, [seat.role for seat in sent.joining], "joining")
    decision = require_passed(await _decide(session, case, sent))
    return await prepare(session, case, step, sent, states.COMMITTEE, ZERO, decision=decision)


async def change(session: AsyncSession, case: Case, order: AngelFundOrder, step: Step, day: date) -> Effect:
    """Who leaves sits until the day before, who joins gets the next numbers: no seat is anybody else's later."""
    sent, fund, since = CommitteeIn.model_validate(order.body), case.fund, order.effective_on
    decision = require_passed(await _decide(session, case, sent))
    for seat in await seats_on(session, fund):
        if seat.seat in sent.leaving:
            seat.left_on = max(since, seat.joined_on)
    last = await session.scalar(select(func.max(AngelFundSeat.seat)).where(AngelFundSeat.fund_id == fund.id)) or 0
    session.add_all(
        AngelFundSeat(
            fund_id=fund.id,
            seat=last + number,
            role=seat.role,
            organisation_code=seat.organisation_code,
            joined_on=since,
        )
        for number, seat in enumerate(sent.joining, start=1)
    )
    return Effect(decision)


async def _decide(session: AsyncSession, case: Case, sent: CommitteeIn) -> Decision:
    sitting = {seat.seat for seat in await seats_on(session, case.fund)}
    return decide_committee(case.edition, sitting=sitting, leaving=sent.leaving, joining=len(sent.joining))
