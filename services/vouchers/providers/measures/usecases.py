"""From the notice of intent to the proposal (4.3-4); `deciding` carries it out."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.access import provider_code_of
from services.vouchers.policy import require_not_before
from services.vouchers.providers.measures.models import (
    DROPPED,
    INTENDED,
    PROPOSED,
    SUSPENSION,
    ProviderMeasure,
)
from services.vouchers.providers.measures.rules import decide_heard, statement_term
from services.vouchers.providers.measures.schemas import MeasureDrop, MeasureNew, MeasureProposal, StatementNew
from services.vouchers.providers.models import Provider
from services.vouchers.providers.queries import lock
from services.vouchers.providers.reviews.models import CONFIRMED, FAIL, ProviderReview
from services.vouchers.providers.rules import ADMITTED, STANDING
from services.vouchers.providers.telling import record
from shared.auth import roles as r
from shared.auth.principal import Principal
from shared.calendar import WorkingDay
from shared.clock import effective_date
from shared.errors import DomainError, invalid_transition, not_found
from shared.events.contracts.vouchers.providers import (
    ProviderMeasureData,
    ProviderMeasureDropped,
    ProviderMeasureIntended,
    ProviderMeasureProposed,
    ProviderStatementMade,
)
from shared.events.outbox import EventContext
from shared.events.types import EventType
from shared.http.etag import honour_match
from shared.http.validation import PayloadInvalid
from shared.ids import next_case_no
from shared.policy.decision import plain
from shared.policy.edition import Editions
from shared.refusals import require_passed

RULES = ("vouchers.provider_measure",)
RUNNING = (INTENDED, PROPOSED)

Found = tuple[Provider, ProviderMeasure]


async def open_measure(
    session: AsyncSession,
    *,
    editions: Editions,
    principal: Principal,
    provider_id: UUID,
    wanted: MeasureNew,
    if_match: str | None,
) -> Found:
    """An officer serves the notice of intent; the provider sells on until something is decided.

    Raises 404, 412, 409 `invalid-transition`, `measure-running`, 422 for a failed review that is none of its own.
    """
    provider = await lock(session, provider_id)
    honour_match(if_match, provider.version)
    allowed = [ADMITTED] if wanted.kind == SUSPENSION else list(STANDING)
    if provider.status not in allowed:
        raise invalid_transition(provider.status, allowed)
    await require_no_measure(session, provider.id)
    await _require_failed_review(session, provider, wanted)
    day = effective_date(principal, wanted.served_on)
    edition = editions.require_in_force(principal.today)
    term = statement_term(edition, day)
    measure = ProviderMeasure(
        provider_id=provider.id,
        no=await next_case_no(session, "SM", principal.today.year),
        status=INTENDED,
        edition=edition.id,
        opened_by=principal.account_id,
        opened_on=principal.today,
        served_on=day,
        statement_until=term.day,
        warnings=warnings_of(term),
        released_ids=[],
        honoured_ids=[],
        **wanted.model_dump(exclude={"served_on"}),
    )
    session.add(measure)
    await session.flush()
    await tell(session, ProviderMeasureIntended, provider, measure, EventContext.of(principal, day))
    return provider, measure


async def require_no_measure(session: AsyncSession, provider_id: UUID) -> None:
    """Raises 409 `measure-running` while one is under way that nobody has decided."""
    running = select(ProviderMeasure.no).where(
        ProviderMeasure.provider_id == provider_id, ProviderMeasure.status.in_(RUNNING)
    )
    if (number := await session.scalar(running)) is not None:
        raise DomainError("measure-running", 409, params={"no": number})


async def state_view(
    session: AsyncSession,
    *,
    principal: Principal,
    provider_id: UUID,
    measure_id: UUID,
    wanted: StatementNew,
    if_match: str | None,
) -> Found:
    """The provider states its view, once, up to the last day; an officer may enter a paper that came in time.

    Raises 404, 412, 409 `invalid-transition`, `statement-made-already`, `statement-too-late`.
    """
    provider, measure = await find_open(session, provider_id, measure_id, if_match, [INTENDED])
    if not principal.has(r.SCIENCE_OFFICER) and provider.code != provider_code_of(principal):
        raise not_found("measure")
    if measure.stated_on is not None:
        raise DomainError("statement-made-already", 409, params={"stated_on": measure.stated_on})
    day = effective_date(principal, wanted.received_on)
    require_not_before(measure.served_on, day)
    if day > measure.statement_until:
        raise DomainError("statement-too-late", 409, params={"limit": measure.statement_until})
    measure.statement, measure.stated_by, measure.stated_on = wanted.text, principal.account_id, day
    await tell(session, ProviderStatementMade, provider, measure, EventContext.of(principal, day))
    return provider, measure


async def propose_measure(
    session: AsyncSession,
    *,
    editions: Editions,
    principal: Principal,
    provider_id: UUID,
    measure_id: UUID,
    wanted: MeasureProposal,
    if_match: str | None,
) -> Found:
    """An officer proposes what to decide, after the statement or its term. Raises 404, 412, 409, 422."""
    provider, measure = await find_open(session, provider_id, measure_id, if_match, [INTENDED])
    day = effective_date(principal, wanted.decided_on)
    require_not_before(measure.stated_on or measure.served_on, day)
    edition = editions.get(measure.edition)
    decision = require_passed(decide_heard(edition, measure.statement_until, measure.stated_on, day))
    if wanted.suspended_until is not None and (measure.kind != SUSPENSION or wanted.suspended_until <= day):
        raise PayloadInvalid.at("suspended_until", "suspension_end")
    measure.status, measure.proposed_by, measure.proposed_on = PROPOSED, principal.account_id, day
    measure.holds, measure.suspended_until = wanted.holds, wanted.suspended_until
    context = EventContext.of(principal, day)
    await tell(session, ProviderMeasureProposed, provider, measure, context, decision.rules)
    return provider, measure


async def drop_measure(
    session: AsyncSession,
    *,
    principal: Principal,
    provider_id: UUID,
    measure_id: UUID,
    wanted: MeasureDrop,
    if_match: str | None,
) -> Found:
    """Nothing comes of it, with a reason. Raises 404, 412, 409 `invalid-transition`."""
    provider, measure = await find_open(session, provider_id, measure_id, if_match, RUNNING)
    day = effective_date(principal, wanted.decided_on)
    require_not_before(measure.proposed_on or measure.served_on, day)
    measure.status, measure.dropped_by, measure.dropped_on = DROPPED, principal.account_id, day
    measure.drop_reason = wanted.reason_code
    await tell(session, ProviderMeasureDropped, provider, measure, EventContext.of(principal, day))
    return provider, measure


async def find_open(
    session: AsyncSession, provider_id: UUID, measure_id: UUID, if_match: str | None, allowed: Sequence[str]
) -> Found:
    """A measure in one of the states, with its provider locked. Raises 404, 412, 409 `invalid-transition`."""
    provider = await lock(session, provider_id)
    measure = await session.get(ProviderMeasure, measure_id, populate_existing=True)
    if measure is None or measure.provider_id != provider.id:
        raise not_found("measure")
    honour_match(if_match, provider.version)
    if measure.status not in allowed:
        raise invalid_transition(measure.status, allowed)
    return provider, measure


def warnings_of(*terms: WorkingDay) -> list[JsonValue]:
    """What the terms were counted without, each thing once."""
    found: list[JsonValue] = []
    for term in terms:
        for warning in term.warnings:
            said: JsonValue = {
                "code": warning.code,
                "year": warning.year,
                "days": [str(plain(day)) for day in warning.days],
            }
            if said not in found:
                found.append(said)
    return found


async def tell(
    session: AsyncSession,
    event_type: EventType[ProviderMeasureData],
    provider: Provider,
    measure: ProviderMeasure,
    context: EventContext,
    cited: Sequence[str] = (),
) -> None:
    """The event of a step; reasons and statement stay here."""
    about = (
        "ground",
        "served_on",
        "statement_until",
        "stated_on",
        "holds",
        "reconsideration_until",
        "litigation_until",
    )
    await record(
        session,
        event_type,
        provider,
        context,
        list(dict.fromkeys([*RULES, *cited])),
        measure_id=measure.id,
        measure_no=measure.no,
        measure=measure.kind,
        measure_status=measure.status,
        released_redemption_ids=tuple(measure.released_ids),
        honoured_redemption_ids=tuple(measure.honoured_ids),
        **{name: getattr(measure, name) for name in about},
    )


async def _require_failed_review(session: AsyncSession, provider: Provider, wanted: MeasureNew) -> None:
    """A failed review as the ground names the one that was confirmed; other grounds name none."""
    if (wanted.ground == "review_failed") != (wanted.review_id is not None):
        raise PayloadInvalid.at("review_id", "failed_review")
    if wanted.review_id is None:
        return
    query = select(ProviderReview.id).where(
        ProviderReview.id == wanted.review_id,
        ProviderReview.provider_id == provider.id,
        ProviderReview.status == CONFIRMED,
        ProviderReview.outcome == FAIL,
    )
    if await session.scalar(query) is None:
        raise PayloadInvalid.at("review_id", "failed_review")
