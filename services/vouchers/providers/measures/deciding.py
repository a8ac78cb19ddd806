"""Deciding on a measure and lifting it again, each by another person than who proposed it (4.3-4)."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.policy import require_not_before
from services.vouchers.providers.measures.models import (
    DECIDED,
    LIFTED,
    LIFTING,
    PROPOSED,
    RELEASED,
    SUSPENSION,
    ProviderMeasure,
)
from services.vouchers.providers.measures.rules import remedy_terms
from services.vouchers.providers.measures.schemas import LiftingProposal, MeasureDecision
from services.vouchers.providers.measures.usecases import Found, find_open, tell, warnings_of
from services.vouchers.providers.models import Provider
from services.vouchers.providers.rules import ADMITTED, ENDED, EXPIRED, REMOVED, STANDING, SUSPENDED
from services.vouchers.redemptions.models import Redemption
from services.vouchers.redemptions.rules import RESERVING
from services.vouchers.redemptions.sweeps import release_holds_of_provider
from shared.auth.principal import Principal
from shared.clock import effective_date
from shared.errors import DomainError, four_eyes_required, invalid_transition
from shared.events.contracts.vouchers.providers import (
    ProviderLiftingProposed,
    ProviderReinstated,
    ProviderRemoved,
    ProviderSuspended,
)
from shared.events.outbox import EventContext
from shared.policy.edition import Editions

BY_DOCUMENT = ("annulled_on_reconsideration", "annulled_by_court")
HELD_REASON = {"suspension": "provider_suspended", "removal": "provider_removed"}


async def decide_measure(
    session: AsyncSession,
    *,
    editions: Editions,
    principal: Principal,
    provider_id: UUID,
    measure_id: UUID,
    wanted: MeasureDecision,
    if_match: str | None,
) -> Found:
    """An approver decides what was proposed: the provider sells nothing more from now on, open holds are released or
    honoured as proposed, and the remedies run from the day of service. What was delivered is honoured always.

    Raises 404, 403 `four-eyes-required`, 412, 409 `invalid-transition`.
    """
    provider, measure = await find_open(session, provider_id, measure_id, if_match, [PROPOSED])
    if provider.status not in STANDING:
        raise invalid_transition(provider.status, STANDING)
    if principal.account_id in (measure.proposed_by, measure.opened_by):
        raise four_eyes_required()
    day = effective_date(principal, wanted.decided_on)
    require_not_before(measure.proposed_on or measure.served_on, day)
    served_on = day if wanted.served_on is None else effective_date(principal, wanted.served_on)
    require_not_before(day, served_on)
    edition = editions.get(measure.edition)
    reconsideration, litigation = remedy_terms(edition, served_on)
    measure.status, measure.decided_by, measure.decided_on = DECIDED, principal.account_id, day
    measure.document_no, measure.decision_served_on = wanted.document_no, served_on
    measure.reconsideration_until, measure.litigation_until = reconsideration.day, litigation.day
    measure.warnings = [*measure.warnings, *warnings_of(reconsideration, litigation)]
    context = EventContext.of(principal, day)
    _take_away(provider, measure, day)
    await _settle_holds(session, provider, measure, day, context)
    happened = ProviderSuspended if measure.kind == SUSPENSION else ProviderRemoved
    rules = ["vouchers.four_eyes", "vouchers.provider_remedies"]
    await tell(session, happened, provider, measure, context, rules)
    return provider, measure


async def propose_lifting(
    session: AsyncSession,
    *,
    principal: Principal,
    provider_id: UUID,
    measure_id: UUID,
    wanted: LiftingProposal,
    if_match: str | None,
) -> Found:
    """An officer proposes to lift a measure that holds: a suspension when its reason is gone, either kind when it was
    annulled. Raises 404, 412, 409 `invalid-transition`, `lifting-needs-document`, `removal-lifted-by-annulment`.
    """
    provider, measure = await find_open(session, provider_id, measure_id, if_match, [DECIDED])
    _require_in_effect(provider, measure)
    day = effective_date(principal, wanted.decided_on)
    require_not_before(measure.decided_on or measure.served_on, day)
    if wanted.ground in BY_DOCUMENT and wanted.document_no is None:
        raise DomainError("lifting-needs-document", 409)
    if measure.kind != SUSPENSION and wanted.ground == "remedied":
        raise DomainError("removal-lifted-by-annulment", 409)
    measure.status, measure.lift_ground, measure.lift_document_no = LIFTING, wanted.ground, wanted.document_no
    measure.lift_proposed_by, measure.lift_proposed_on = principal.account_id, day
    await tell(session, ProviderLiftingProposed, provider, measure, EventContext.of(principal, day))
    return provider, measure


async def lift_measure(
    session: AsyncSession,
    *,
    principal: Principal,
    provider_id: UUID,
    measure_id: UUID,
    decided_on: date | None,
    if_match: str | None,
) -> Found:
    """An approver lifts it: the provider may sell again, for as long as its term runs.

    Raises 404, 403 `four-eyes-required`, 412, 409 `invalid-transition`, `provider-already-applied` for one that has
    applied anew since its removal.
    """
    provider, measure = await find_open(session, provider_id, measure_id, if_match, [LIFTING])
    _require_in_effect(provider, measure)
    if principal.account_id == measure.lift_proposed_by:
        raise four_eyes_required()
    day = effective_date(principal, decided_on)
    require_not_before(measure.lift_proposed_on or measure.served_on, day)
    await _require_alone(session, provider)
    measure.status, measure.lifted_by, measure.lifted_on = LIFTED, principal.account_id, day
    give_back_standing(provider, day)
    await tell(session, ProviderReinstated, provider, measure, EventContext.of(principal, day), ["vouchers.four_eyes"])
    return provider, measure


def give_back_standing(provider: Provider, day: date) -> None:
    """Admitted as before; expired where the term has ended meanwhile."""
    provider.suspended_until = provider.reason_code = None
    over = provider.admitted_until is not None and day > provider.admitted_until
    provider.status, provider.ended_on = (EXPIRED, provider.admitted_until) if over else (ADMITTED, None)


def _take_away(provider: Provider, measure: ProviderMeasure, day: date) -> None:
    if measure.kind == SUSPENSION:
        provider.status, provider.suspended_until = SUSPENDED, measure.suspended_until
    else:
        provider.status, provider.ended_on, provider.suspended_until = REMOVED, day, None
    provider.reason_code = measure.ground


async def _settle_holds(
    session: AsyncSession, provider: Provider, measure: ProviderMeasure, day: date, context: EventContext
) -> None:
    """The holders learn by the events of their redemptions, or find them among their tasks."""
    if measure.holds == RELEASED:
        reason = HELD_REASON[measure.kind]
        released = await release_holds_of_provider(
            session, provider.id, day, context.actor, reason, context=context, rules=("vouchers.provider_measure",)
        )
        measure.released_ids = [one.id for one in released]
    query = select(Redemption.id).where(Redemption.provider_id == provider.id, Redemption.status.in_(RESERVING))
    measure.honoured_ids = list(await session.scalars(query.order_by(Redemption.id)))


def _require_in_effect(provider: Provider, measure: ProviderMeasure) -> None:
    state = SUSPENDED if measure.kind == SUSPENSION else REMOVED
    if provider.status != state:
        raise invalid_transition(provider.status, [state])


async def _require_alone(session: AsyncSession, provider: Provider) -> None:
    query = select(Provider.no).where(
        Provider.code == provider.code, Provider.id != provider.id, Provider.status.not_in(ENDED)
    )
    if (number := await session.scalar(query)) is not None:
        raise DomainError("provider-already-applied", 409, params={"no": number})
