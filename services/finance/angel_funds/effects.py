"""What an order brings about once it is carried out; the journal entries follow from it (3.2-2)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.angel_funds.cases import Case, Step
from services.finance.angel_funds.models import AngelFundInvestor, AngelFundOrder
from services.finance.journal.entries import Movement
from shared.money import ZERO
from shared.policy.decision import Decision


@dataclass(slots=True)
class Effect:
    """What an order brought about: the rules tested, the money moved, and who paid or was paid."""

    decision: Decision
    moves: list[tuple[Movement, Decimal]] = field(default_factory=list)
    counterparty: str | None = None
    due: Decimal = ZERO
    """What the treasury is to receive by it."""


Carry = Callable[[AsyncSession, Case, AngelFundOrder, Step, date], Awaitable[Effect]]
"""On the day of its confirmation."""


def own_or(municipal: bool, own: Movement, others: Movement) -> Movement:
    """The movement of the municipal fund's part, or that of the others'."""
    return own if municipal else others


async def investors_of(session: AsyncSession, case: Case) -> Sequence[AngelFundInvestor]:
    """Everybody who ever subscribed, in the order of joining; the fund's lock holds them."""
    query = select(AngelFundInvestor).where(AngelFundInvestor.fund_id == case.fund.id)
    found = await session.scalars(query.order_by(AngelFundInvestor.line).execution_options(populate_existing=True))
    return found.all()


def named(identity: UUID | None) -> UUID:
    """The investor or investment that orders of this kind name."""
    assert identity is not None, "orders of this kind name it"
    return identity
