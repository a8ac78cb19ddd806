"""Events of statements, lines and prime rates."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import JsonValue
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.subsidies.models import PrimeRate, SubsidyLine, SubsidyStatement
from shared.events import outbox
from shared.events.contracts.finance.interest_subsidies import (
    InterestSubsidyState,
    PrimeRateState,
    SubsidyStatementState,
)
from shared.events.outbox import EventContext
from shared.events.types import EventType
from shared.policy.decision import Decision

RULES = ("loans.subsidy", "loans.subsidy_once")


async def tell(
    session: AsyncSession,
    event_type: EventType[SubsidyStatementState],
    statement: SubsidyStatement,
    context: EventContext,
    decision: Decision | None = None,
) -> None:
    """Append the statement's event; a decision is kept with it under the event's word."""
    if decision is not None:
        kept: dict[str, JsonValue] = {"step": event_type.name.split(".")[2], "decision": decision.to_json()}
        statement.decisions = [*statement.decisions, kept]
    data = SubsidyStatementState.model_validate(statement, from_attributes=True)
    rules = decision.rules if decision else RULES
    await outbox.append(session, event_type, statement, data, context=context, rules=rules, edition=statement.edition)


async def tell_lines(
    session: AsyncSession,
    event_type: EventType[InterestSubsidyState],
    lines: Sequence[SubsidyLine],
    context: EventContext,
    edition: str,
) -> None:
    """Append the same fact about many lines, whose versions this raises."""
    rows = []
    for line in lines:
        line.version = (line.version or 0) + 1
        rows.append((line.id, line.version, InterestSubsidyState.model_validate(line, from_attributes=True)))
    await outbox.append_many(session, event_type, rows, context=context, rules=RULES, edition=edition)


async def tell_rate(
    session: AsyncSession, event_type: EventType[PrimeRateState], rate: PrimeRate, context: EventContext
) -> None:
    """Append the rate's event."""
    data = PrimeRateState.model_validate(rate, from_attributes=True)
    await outbox.append(session, event_type, rate, data, context=context, rules=("loans.prime_rate",))
