"""A call is drafted by an officer and published, or refused, by an approver who is another person (3.1-4)."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.calls.models import OVERLAP, CallWindow, GrantCall
from services.finance.calls.queries import find_call
from services.finance.calls.schemas import GrantCallIn, GrantCallRefusal
from services.finance.calls.states import DRAFTED, PUBLISHED, REFUSED
from services.finance.grants.rules import decide_four_eyes
from services.finance.grants.schemas import StepRequest
from shared.auth.principal import Principal
from shared.clock import effective_date
from shared.db import constraint_of
from shared.errors import DomainError, invalid_transition
from shared.events import outbox
from shared.events.contracts.finance.grant_years import (
    GrantCallDrafted,
    GrantCallPublished,
    GrantCallRefused,
    GrantCallState,
)
from shared.events.outbox import EventContext
from shared.events.types import EventType
from shared.http.etag import honour_match
from shared.ids import next_case_no, uuid7
from shared.policy.edition import Editions
from shared.policy.rules import decide_in_force
from shared.refusals import require_passed


async def draft_call(
    session: AsyncSession, sent: GrantCallIn, *, principal: Principal, editions: Editions
) -> GrantCall:
    """Write a call under the edition that is in force when it opens.

    Raises 409 `policy-not-in-force`, `grant-year-not-open`, `grant-tier-unknown`.
    """
    day, opens = effective_date(principal, sent.drafted_on), sent.opens_on
    in_force = decide_in_force(editions.in_force_on(opens), opens, closest=editions.closest_to(opens))
    edition = editions.get(require_passed(in_force).edition)
    first, last = edition.first_day.year, edition.last_day.year
    if not first <= sent.fiscal_year <= last:
        params = {"fiscal_year": sent.fiscal_year, "limit": f"{first}-{last}"}
        raise DomainError("grant-year-not-open", 409, params=params)
    if unknown := [tier for tier in sent.tiers if tier not in edition.grants.tiers]:
        raise DomainError("grant-tier-unknown", 409, params={"tier": unknown[0]})
    call = GrantCall(
        id=uuid7(),
        version=0,
        no=await next_case_no(session, "CG", day.year),
        edition=edition.id,
        purposes=list(dict.fromkeys(edition.grants.tiers[tier].purpose.value for tier in sent.tiers)),
        status=DRAFTED,
        drafted_on=day,
        drafted_by=principal.account_id,
        **sent.model_dump(include={"fiscal_year", "document_no", "opens_on", "closes_on", "tiers"}),
    )
    session.add(call)
    await _record(session, GrantCallDrafted, call, EventContext.of(principal, day))
    return call


async def publish_call(
    session: AsyncSession,
    call_id: UUID,
    sent: StepRequest,
    *,
    principal: Principal,
    editions: Editions,
    if_match: str | None,
) -> GrantCall:
    """Another person approves: applications are taken from the first day to the last.

    Raises 403 `four-eyes-required`, 409 `grant-call-overlaps` for a tier that has a call at the same time.
    """
    call = await _open(session, call_id, principal, editions, if_match)
    call.status, call.decided_on, call.decided_by = PUBLISHED, _day(principal, sent, call), principal.account_id
    session.add_all(
        CallWindow(
            call_id=call.id, tier=tier, fiscal_year=call.fiscal_year, opens_on=call.opens_on, closes_on=call.closes_on
        )
        for tier in call.tiers
    )
    params = {"fiscal_year": call.fiscal_year, "tiers": ", ".join(call.tiers)}
    try:
        await session.flush()
    except IntegrityError as error:
        if constraint_of(error) != OVERLAP:
            raise
        raise DomainError("grant-call-overlaps", 409, params=params) from error
    await _record(session, GrantCallPublished, call, EventContext.of(principal, call.decided_on))
    return call


async def refuse_call(
    session: AsyncSession,
    call_id: UUID,
    sent: GrantCallRefusal,
    *,
    principal: Principal,
    editions: Editions,
    if_match: str | None,
) -> GrantCall:
    """Another person refuses the draft, with a reason. Raises 403 `four-eyes-required`."""
    call = await _open(session, call_id, principal, editions, if_match)
    call.status, call.decided_on, call.decided_by = REFUSED, _day(principal, sent, call), principal.account_id
    call.reason_code = sent.reason_code
    await _record(session, GrantCallRefused, call, EventContext.of(principal, call.decided_on))
    return call


async def _open(
    session: AsyncSession, call_id: UUID, principal: Principal, editions: Editions, if_match: str | None
) -> GrantCall:
    call = await find_call(session, call_id, principal=principal, lock=True)
    honour_match(if_match, call.version)
    if call.status != DRAFTED:
        raise invalid_transition(call.status, [DRAFTED])
    edition = editions.get(call.edition)
    require_passed(decide_four_eyes(edition, principal.account_id, {"drafted": call.drafted_by}), 403)
    return call


def _day(principal: Principal, sent: StepRequest, call: GrantCall) -> date:
    day = effective_date(principal, sent.decided_on)
    if sent.decided_on is not None and day < call.drafted_on:
        params = {"sent": day, "not_before": call.drafted_on}
        raise DomainError("step-before-earlier-step", 409, params=params)
    return day


async def _record(
    session: AsyncSession, event_type: EventType[GrantCallState], call: GrantCall, context: EventContext
) -> None:
    state = GrantCallState.model_validate(call, from_attributes=True)
    cited = ("grants.call",)
    await outbox.append(session, event_type, call, state, context=context, rules=cited, edition=call.edition)
