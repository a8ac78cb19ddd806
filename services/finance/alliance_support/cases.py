"""What every step on a support begins and ends with: the lock, the bureau, its event and journal entries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.alliance_support.models import AllianceSupport
from services.finance.alliance_support.rules import (
    decide_four_eyes,
)
from services.finance.ceilings.models import ALLIANCE_YEAR
from services.finance.journal.entries import Booking, Movement, book
from shared.auth.principal import Principal
from shared.clock import effective_date
from shared.errors import DomainError, forbidden, invalid_transition, not_found
from shared.events import outbox
from shared.events.contracts.finance.financing_support import AllianceSupportState
from shared.events.outbox import EventContext
from shared.events.types import EventType
from shared.http.etag import honour_match
from shared.http.validation import PayloadInvalid
from shared.policy.decision import Decision
from shared.policy.edition import Edition, Editions
from shared.refusals import require_passed


@dataclass(frozen=True, slots=True)
class Step:
    """Who takes a step, on which support, knowing which version, under which editions."""

    support_id: UUID
    principal: Principal
    editions: Editions
    if_match: str | None = None


def require_lead(edition: Edition, alliance: str, principal: Principal, rank: str) -> None:
    """The bureau that leads the alliance acts for it (4.6-2, 4.7-3). Raises 403, 422 for no alliance of the edition."""
    kind = edition.alliances.kinds.get(alliance)
    if kind is None:
        raise PayloadInvalid.at("alliance", "enum")
    if not principal.has(f"{kind.lead_department.value}_{rank}"):
        raise forbidden()


def clause_of(edition: Edition, alliance: str) -> str:
    """The clause that the alliance's support stands in."""
    return edition.alliances.kinds[alliance].support_cap.clause


async def record(
    session: AsyncSession,
    event_type: EventType[AllianceSupportState],
    support: AllianceSupport,
    context: EventContext,
    decision: Decision,
) -> None:
    """Append the step's event, citing the rules of its decision, which the case keeps."""
    taken = event_type.name.split(".")[2]
    support.decisions = [*support.decisions, {"step": taken, "decision": decision.to_json()}]
    data = AllianceSupportState.model_validate(support, from_attributes=True)
    await outbox.append(
        session, event_type, support, data, context=context, rules=decision.rules, edition=support.edition
    )


async def open_support(session: AsyncSession, step: Step, *from_states: str) -> tuple[AllianceSupport, Edition]:
    """The support, locked, and the edition it is pinned to. Raises 404, 412, 409 `invalid-transition`."""
    query = select(AllianceSupport).where(AllianceSupport.id == step.support_id).with_for_update()
    support = await session.scalar(query.execution_options(populate_existing=True))
    if support is None:
        raise not_found("alliance-support")
    honour_match(step.if_match, support.version)
    if support.status not in from_states:
        raise invalid_transition(support.status, from_states)
    return support, step.editions.get(support.edition)


def require_another(edition: Edition, support: AllianceSupport, step: Step) -> Decision:
    """Four eyes over every step before. Raises 403 `four-eyes-required`."""
    handled_by = {
        "applied": support.applied_by,
        "reviewed": support.reviewed_by,
        "approved": support.approved_by,
    }
    actor = step.principal.account_id
    return require_passed(decide_four_eyes(edition, support.alliance, actor, handled_by), 403)


def day_of(step: Step, sent: date | None, not_before: date | None) -> date:
    """The day a step counts for. Raises 422 as `effective_date`, 409 `step-before-earlier-step`."""
    day = effective_date(step.principal, sent)
    if not_before is not None and day < not_before:
        raise DomainError("step-before-earlier-step", 409, params={"sent": day, "not_before": not_before})
    return day


def key_of(support: AllianceSupport) -> dict[str, str]:
    """The ceiling of the alliance's year."""
    return {"kind": ALLIANCE_YEAR, "subject": support.alliance, "period": str(support.year)}


async def enter(
    session: AsyncSession,
    moves: Sequence[tuple[Movement, Decimal]],
    support: AllianceSupport,
    context: EventContext,
) -> None:
    """Write the journal entries of the support\'s last event."""
    bookings = [
        Booking(
            movement=movement,
            case_id=support.id,
            case_no=support.no,
            case_version=support.version,
            subject=support.alliance,
            period=str(support.year),
            amount=amount,
            effective_on=context.effective_on,
            actor=context.actor,
            counterparty=support.recipient_code,
        )
        for movement, amount in moves
    ]
    await book(session, bookings)
