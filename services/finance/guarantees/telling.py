"""Events and journal entries of guarantees and claims."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TypeVar
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.guarantees.models import Guarantee, GuaranteeClaim
from services.finance.journal.entries import Booking, Movement, book
from shared.events import outbox
from shared.events.contracts.finance.guarantees import GuaranteeClaimState, GuaranteeState
from shared.events.outbox import EventContext
from shared.events.types import EventType
from shared.policy.decision import Decision

G = TypeVar("G", bound=GuaranteeState)


async def tell(
    session: AsyncSession,
    event_type: EventType[G],
    guarantee: Guarantee,
    context: EventContext,
    decision: Decision | None = None,
    more: Mapping[str, object] | None = None,
) -> None:
    """Append the guarantee's event; a decision is kept with it under the event's word."""
    if decision is not None:
        kept: dict[str, JsonValue] = {"step": event_type.name.split(".")[2], "decision": decision.to_json()}
        guarantee.decisions = [*guarantee.decisions, kept]
    own = {name: getattr(guarantee, name) for name in GuaranteeState.model_fields}
    data = event_type.data.model_validate(own | dict(more or {}))
    rules = decision.rules if decision else ()
    await outbox.append(session, event_type, guarantee, data, context=context, rules=rules, edition=guarantee.edition)


async def tell_claim(
    session: AsyncSession,
    event_type: EventType[GuaranteeClaimState],
    claim: GuaranteeClaim,
    context: EventContext,
    decision: Decision | None = None,
) -> None:
    """Append the claim's event, likewise."""
    if decision is not None:
        kept: dict[str, JsonValue] = {"step": event_type.name.split(".")[2], "decision": decision.to_json()}
        claim.decisions = [*claim.decisions, kept]
    data = GuaranteeClaimState.model_validate(claim, from_attributes=True)
    rules = decision.rules if decision else ()
    await outbox.append(session, event_type, claim, data, context=context, rules=rules, edition=claim.edition)


async def enter(
    session: AsyncSession,
    guarantee: Guarantee,
    movement: Movement,
    amount: Decimal,
    context: EventContext,
    *,
    reverses: UUID | None = None,
) -> UUID | None:
    """The journal entry of the guarantee's last event; None without an amount, and for guarantees in test mode."""
    if not amount or not guarantee.livemode:
        return None
    (entry_id,) = await book(session, [_booking(guarantee, movement, amount, context, reverses)])
    return entry_id


def _booking(
    guarantee: Guarantee, movement: Movement, amount: Decimal, context: EventContext, reverses: UUID | None
) -> Booking:
    return Booking(
        movement=movement,
        case_id=guarantee.id,
        case_no=guarantee.no,
        case_version=guarantee.version,
        subject=guarantee.borrower,
        period=str(context.effective_on.year),
        amount=amount,
        effective_on=context.effective_on,
        actor=context.actor,
        reverses_id=reverses,
    )
