"""A provider asks for another term, an officer reviews, an approver decides (4.3-2)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.categories.queries import known_codes
from services.vouchers.policy import require_known, require_not_before
from services.vouchers.providers import rules
from services.vouchers.providers.admission import decide_for
from services.vouchers.providers.models import Provider
from services.vouchers.providers.queries import lock, lock_own
from services.vouchers.providers.renewals.models import (
    APPROVED,
    REFUSED,
    REQUESTED,
    REVIEWED,
    WITHDRAWN,
    ProviderRenewal,
)
from services.vouchers.providers.renewals.schemas import RenewalNew, RenewalRefusal
from services.vouchers.providers.telling import record
from services.vouchers.providers.terms import renewable_from, term_after
from shared.auth.principal import Principal
from shared.clock import effective_date
from shared.errors import DomainError, four_eyes_required, invalid_transition, not_found
from shared.events.contracts.vouchers.providers import (
    ProviderRenewalData,
    ProviderRenewalRefused,
    ProviderRenewalRequested,
    ProviderRenewalReviewed,
    ProviderRenewalWithdrawn,
    ProviderRenewed,
)
from shared.events.outbox import EventContext
from shared.events.types import EventType
from shared.http.etag import honour_match
from shared.policy.decision import Decision
from shared.policy.edition import Edition, Editions
from shared.refusals import require_passed

RULES = ("vouchers.provider_term",)
OPEN = (REQUESTED, REVIEWED)

Found = tuple[Provider, ProviderRenewal]


async def request_renewal(
    session: AsyncSession, *, editions: Editions, principal: Principal, provider_id: UUID, wanted: RenewalNew
) -> Found:
    """Ask to go on, within the edition's days before the end, or for other categories at any time.

    Raises 404, 409 `invalid-transition` unless admitted, `renewal-already-requested`, `renewal-too-early`, 422.
    """
    provider = await lock_own(session, principal, provider_id)
    if provider.status != rules.ADMITTED or provider.admitted_until is None:
        raise invalid_transition(provider.status, [rules.ADMITTED])
    edition = editions.require_in_force(principal.today)
    categories = list(dict.fromkeys(wanted.categories or provider.categories))
    require_known("categories", categories, await known_codes(session, edition))
    mine = (ProviderRenewal.provider_id == provider.id, ProviderRenewal.status.in_(OPEN))
    if await session.scalar(select(ProviderRenewal.id).where(*mine)) is not None:
        raise DomainError("renewal-already-requested", 409)
    first_day = renewable_from(edition, provider.admitted_until)
    if principal.today < first_day and set(categories) == set(provider.categories):
        params = {"first_day": first_day, "admitted_until": provider.admitted_until}
        raise DomainError("renewal-too-early", 409, params=params, clauses=["4.3-2"])
    renewal = ProviderRenewal(
        provider_id=provider.id,
        status=REQUESTED,
        edition=edition.id,
        categories=categories,
        declared=wanted.declares_no_penalty,
        requested_by=principal.account_id,
        requested_on=principal.today,
    )
    session.add(renewal)
    await session.flush()
    await _record(session, ProviderRenewalRequested, provider, renewal, EventContext.of(principal))
    return provider, renewal


async def review_renewal(
    session: AsyncSession,
    *,
    editions: Editions,
    principal: Principal,
    provider_id: UUID,
    renewal_id: UUID,
    decided_on: date | None,
    if_match: str | None,
) -> Found:
    """An officer proposes it: what an admission needs is still there. Raises 404, 403, 412, 409."""
    provider, renewal = await _open(session, provider_id, renewal_id, if_match, [REQUESTED])
    if principal.account_id == renewal.requested_by:
        raise four_eyes_required()
    day = effective_date(principal, decided_on)
    require_not_before(renewal.requested_on, day)
    edition = editions.get(renewal.edition)
    decision = require_passed(await _decide(session, edition, provider, renewal, day))
    renewal.status, renewal.reviewed_by, renewal.reviewed_on = REVIEWED, principal.account_id, day
    renewal.decision = decision.to_json()
    context = EventContext.of(principal, day)
    await _record(session, ProviderRenewalReviewed, provider, renewal, context, decision.rules)
    return provider, renewal


async def approve_renewal(
    session: AsyncSession,
    *,
    editions: Editions,
    principal: Principal,
    provider_id: UUID,
    renewal_id: UUID,
    decided_on: date | None,
    if_match: str | None,
) -> Found:
    """An approver grants another term, which follows the one that runs; never who reviewed it.

    Raises 404, 403, 412, 409 `invalid-transition` and the first rule that fails.
    """
    provider, renewal = await _open(session, provider_id, renewal_id, if_match, [REVIEWED])
    if principal.account_id in (renewal.reviewed_by, renewal.requested_by):
        raise four_eyes_required()
    day = effective_date(principal, decided_on)
    require_not_before(renewal.reviewed_on or renewal.requested_on, day)
    edition = editions.get(renewal.edition)
    decision = require_passed(await _decide(session, edition, provider, renewal, day))
    renewal.status, renewal.decided_by, renewal.decided_on = APPROVED, principal.account_id, day
    renewal.decision = decision.to_json()
    assert provider.admitted_until is not None  # a standing provider has a term
    if renewal.requested_on >= renewable_from(edition, provider.admitted_until):
        provider.admitted_until = term_after(edition, provider.admitted_until, day)
    renewal.admitted_until, provider.categories = provider.admitted_until, list(renewal.categories)
    context = EventContext.of(principal, day)
    await _record(session, ProviderRenewed, provider, renewal, context, ["vouchers.four_eyes", *decision.rules])
    return provider, renewal


async def refuse_renewal(
    session: AsyncSession,
    *,
    principal: Principal,
    provider_id: UUID,
    renewal_id: UUID,
    wanted: RenewalRefusal,
    if_match: str | None,
) -> Found:
    """Refuse, with a reason: the admission runs to its last day. Raises 404, 412, 409 `invalid-transition`."""
    provider, renewal = await _open(session, provider_id, renewal_id, if_match, OPEN)
    day = effective_date(principal, wanted.decided_on)
    require_not_before(renewal.reviewed_on or renewal.requested_on, day)
    renewal.status, renewal.decided_by, renewal.decided_on = REFUSED, principal.account_id, day
    renewal.reason_code = wanted.reason_code
    await _record(session, ProviderRenewalRefused, provider, renewal, EventContext.of(principal, day))
    return provider, renewal


async def withdraw_renewal(
    session: AsyncSession, *, principal: Principal, provider_id: UUID, renewal_id: UUID, if_match: str | None
) -> Found:
    """The provider asks no more. Raises 404, 412, 409 `invalid-transition`."""
    provider = await lock_own(session, principal, provider_id)
    renewal = await _of(session, provider, renewal_id, if_match, OPEN)
    renewal.status = WITHDRAWN
    await _record(session, ProviderRenewalWithdrawn, provider, renewal, EventContext.of(principal))
    return provider, renewal


async def _decide(
    session: AsyncSession, edition: Edition, provider: Provider, renewal: ProviderRenewal, day: date
) -> Decision:
    asked = renewal.categories
    return await decide_for(session, edition, provider, day, categories=asked, declared=renewal.declared)


async def _open(
    session: AsyncSession, provider_id: UUID, renewal_id: UUID, if_match: str | None, allowed: Sequence[str]
) -> Found:
    provider = await lock(session, provider_id)
    renewal = await _of(session, provider, renewal_id, if_match, allowed)
    if provider.status not in rules.STANDING:
        raise invalid_transition(provider.status, rules.STANDING)
    return provider, renewal


async def _of(
    session: AsyncSession, provider: Provider, renewal_id: UUID, if_match: str | None, allowed: Sequence[str]
) -> ProviderRenewal:
    renewal = await session.get(ProviderRenewal, renewal_id, populate_existing=True)
    if renewal is None or renewal.provider_id != provider.id:
        raise not_found("renewal")
    honour_match(if_match, provider.version)
    if renewal.status not in allowed:
        raise invalid_transition(renewal.status, allowed)
    return renewal


async def _record(
    session: AsyncSession,
    event_type: EventType[ProviderRenewalData],
    provider: Provider,
    renewal: ProviderRenewal,
    context: EventContext,
    cited: Sequence[str] = (),
) -> None:
    await record(
        session,
        event_type,
        provider,
        context,
        [*RULES, *cited],
        renewal_id=renewal.id,
        renewal_status=renewal.status,
        wanted_categories=tuple(renewal.categories),
    )
