"""Admission of a provider: it applies, an officer reviews, an approver decides (4.3-2, 4.3-4)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.access import provider_code_of
from services.vouchers.categories.queries import known_codes
from services.vouchers.policy import require_known, require_not_before
from services.vouchers.providers.models import Provider
from services.vouchers.providers.queries import lock
from services.vouchers.providers.rules import ADMITTED, APPLIED, REFUSED, REVIEWED
from services.vouchers.providers.schemas import ProviderNew, ProviderRefusal, ProviderReview
from shared.auth.principal import Principal
from shared.clock import effective_date
from shared.errors import DomainError, forbidden, four_eyes_required, invalid_transition
from shared.events import outbox
from shared.events.contracts import vouchers as vc
from shared.events.outbox import EventContext
from shared.events.types import EventType
from shared.http.etag import honour_match
from shared.ids import next_case_no
from shared.policy.edition import Editions


async def apply_for_admission(
    session: AsyncSession, *, editions: Editions, principal: Principal, wanted: ProviderNew
) -> Provider:
    """The caller's own organisation asks to be admitted; once while an application or admission stands."""
    code = provider_code_of(principal)
    if code is None or wanted.code not in (None, code):
        raise forbidden()
    edition = editions.require_in_force(principal.today)
    require_known("categories", wanted.categories, await known_codes(session, edition))
    standing = select(Provider.no).where(Provider.code == code, Provider.status != REFUSED)
    if (number := await session.scalar(standing)) is not None:
        raise DomainError("provider-already-applied", 409, params={"no": number})
    provider = Provider(
        code=code,
        name=wanted.name,
        status=APPLIED,
        categories=list(dict.fromkeys(wanted.categories)),
        legal_representative_ref=wanted.legal_representative_ref,
        applied_by=principal.account_id,
        applied_on=principal.today,
    )
    provider.no = await next_case_no(session, "SP", principal.today.year)
    session.add(provider)
    await session.flush()
    await _record(session, vc.ProviderApplied, provider, EventContext.of(principal))
    return provider


async def review_provider(
    session: AsyncSession, *, principal: Principal, provider_id: UUID, wanted: ProviderReview, if_match: str | None
) -> Provider:
    """An officer has checked the application and proposes admission."""
    provider = await lock(session, provider_id)
    honour_match(if_match, provider.version)
    if provider.status != APPLIED:
        raise invalid_transition(provider.status, [APPLIED])
    day = effective_date(principal, wanted.decided_on)
    require_not_before(provider.applied_on, day)
    provider.status, provider.reviewed_by, provider.reviewed_on = REVIEWED, principal.account_id, day
    provider.legal_representative_ref = wanted.legal_representative_ref or provider.legal_representative_ref
    await _record(session, vc.ProviderReviewed, provider, EventContext.of(principal, day))
    return provider


async def admit_provider(
    session: AsyncSession, *, principal: Principal, provider_id: UUID, decided_on: date | None, if_match: str | None
) -> Provider:
    """An approver admits it, never who reviewed it.

    Raises 409 `provider-representative-missing` where the legal representative is not on record: without it nobody can
    tell whether the provider sells to itself.
    """
    provider = await lock(session, provider_id)
    honour_match(if_match, provider.version)
    if provider.status != REVIEWED:
        raise invalid_transition(provider.status, [REVIEWED])
    if provider.legal_representative_ref is None:
        raise DomainError("provider-representative-missing", 409, clauses=["4.3-2"])
    if principal.account_id in (provider.reviewed_by, provider.applied_by):
        raise four_eyes_required()
    day = effective_date(principal, decided_on)
    require_not_before(provider.reviewed_on or provider.applied_on, day)
    provider.status, provider.decided_by, provider.decided_on = ADMITTED, principal.account_id, day
    provider.admitted_on = day
    rules = ["vouchers.provider_admitted", "vouchers.four_eyes"]
    await _record(session, vc.ProviderAdmitted, provider, EventContext.of(principal, day), rules)
    return provider


async def record_representative(
    session: AsyncSession, *, principal: Principal, provider_id: UUID, reference: str, if_match: str | None
) -> Provider:
    """Record who legally represents the provider now; whoever changes it after the review reviews it anew.

    Raises 409 `invalid-transition` for a refused application.
    """
    provider = await lock(session, provider_id)
    honour_match(if_match, provider.version)
    if provider.status == REFUSED:
        raise invalid_transition(provider.status, [APPLIED, REVIEWED, ADMITTED])
    provider.legal_representative_ref = reference
    if provider.status == REVIEWED:
        provider.reviewed_by, provider.reviewed_on = principal.account_id, principal.today
    await _record(session, vc.ProviderRepresentativeRecorded, provider, EventContext.of(principal))
    return provider


async def refuse_provider(
    session: AsyncSession, *, principal: Principal, provider_id: UUID, wanted: ProviderRefusal, if_match: str | None
) -> Provider:
    """Officer or approver refuses, with a reason; the provider may apply again."""
    provider = await lock(session, provider_id)
    honour_match(if_match, provider.version)
    if provider.status not in (APPLIED, REVIEWED):
        raise invalid_transition(provider.status, [APPLIED, REVIEWED])
    day = effective_date(principal, wanted.decided_on)
    require_not_before(provider.reviewed_on or provider.applied_on, day)
    provider.status, provider.decided_by, provider.decided_on = REFUSED, principal.account_id, day
    provider.reason_code = wanted.reason_code
    await _record(session, vc.ProviderRefused, provider, EventContext.of(principal, day))
    return provider


async def _record(
    session: AsyncSession,
    event_type: EventType[vc.ProviderState],
    provider: Provider,
    context: EventContext,
    rules: Sequence[str] = (),
) -> None:
    data = vc.ProviderState.model_validate(provider, from_attributes=True)
    await outbox.append(session, event_type, provider, data, context=context, rules=rules)
