"""Admission of a provider: it applies, an officer reviews, an approver decides (4.3-2, 4.3-4)."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.access import provider_code_of
from services.vouchers.categories.queries import known_codes
from services.vouchers.persons import require_not_erased
from services.vouchers.policy import require_known, require_not_before
from services.vouchers.providers.admission import decide_for
from services.vouchers.providers.announced import require_admission_notice_over
from services.vouchers.providers.measures.usecases import require_no_measure
from services.vouchers.providers.models import Provider
from services.vouchers.providers.queries import lock, lock_own
from services.vouchers.providers.rules import (
    ADMITTED,
    APPLIED,
    ENDED,
    REFUSED,
    REMOVED,
    REVIEWED,
    STANDING,
    SUSPENDED,
    WITHDRAWN,
)
from services.vouchers.providers.schemas import (
    ProviderChange,
    ProviderNew,
    ProviderRefusal,
    ProviderReview,
    ProviderWithdrawal,
)
from services.vouchers.providers.telling import record
from services.vouchers.providers.terms import next_review, term_from
from shared.auth.principal import Principal
from shared.calendar import add_months
from shared.clock import effective_date
from shared.errors import DomainError, forbidden, four_eyes_required, invalid_transition
from shared.events.contracts import vouchers as vc
from shared.events.outbox import EventContext
from shared.http.etag import honour_match, require_match
from shared.ids import next_case_no
from shared.policy.decision import combine
from shared.policy.edition import Edition, Editions
from shared.refusals import require_passed


async def apply_for_admission(
    session: AsyncSession, *, editions: Editions, principal: Principal, wanted: ProviderNew
) -> Provider:
    """The caller's own organisation asks to be admitted; once while an application or admission stands."""
    code = provider_code_of(principal)
    if code is None or wanted.code not in (None, code):
        raise forbidden()
    edition = editions.require_in_force(principal.today)
    require_known("categories", wanted.categories, await known_codes(session, edition))
    standing = select(Provider.no).where(Provider.code == code, Provider.status.not_in(ENDED))
    if (number := await session.scalar(standing)) is not None:
        raise DomainError("provider-already-applied", 409, params={"no": number})
    await _require_waited(session, edition, code, principal.today)
    await require_not_erased(session, wanted.legal_representative_ref)
    provider = Provider(
        code=code,
        name=wanted.name,
        status=APPLIED,
        edition=edition.id,
        categories=list(dict.fromkeys(wanted.categories)),
        legal_representative_ref=wanted.legal_representative_ref,
        applied_by=principal.account_id,
        applied_on=principal.today,
    )
    if wanted.declares_no_penalty:
        provider.declared_by, provider.declared_on = principal.account_id, principal.today
    provider.no = await next_case_no(session, "SP", principal.today.year)
    session.add(provider)
    await session.flush()
    await record(session, vc.ProviderApplied, provider, EventContext.of(principal))
    return provider


async def _require_waited(session: AsyncSession, edition: Edition, code: str, today: date) -> None:
    """4.3-4: who was removed applies again after the edition's time only, the corresponding day not yet; who expired,
    withdrew or was refused at once. Raises 409 `provider-removed-lately`."""
    months = edition.vouchers.providers.removed_wait_months.value
    removed = select(func.max(Provider.ended_on)).where(Provider.code == code, Provider.status == REMOVED)
    last: date | None = await session.scalar(removed)
    if months and last is not None and today <= (until := add_months(last, months)):
        params = {"removed_on": last, "until": until}
        raise DomainError("provider-removed-lately", 409, params=params, clauses=["4.3-4"])


async def amend_application(
    session: AsyncSession,
    *,
    editions: Editions,
    principal: Principal,
    provider_id: UUID,
    wanted: ProviderChange,
    if_match: str | None,
) -> Provider:
    """The applicant corrects what it applied with, or adds its declaration, before the review.

    Raises 404, 412, 428, 409 `invalid-transition`, 422.
    """
    provider = await lock_own(session, principal, provider_id)
    require_match(if_match, provider.version)
    if provider.status != APPLIED:
        raise invalid_transition(provider.status, [APPLIED])
    if wanted.categories is not None:
        edition = editions.get(provider.edition)
        require_known("categories", wanted.categories, await known_codes(session, edition))
        provider.categories = list(dict.fromkeys(wanted.categories))
    await require_not_erased(session, wanted.legal_representative_ref)
    provider.name = wanted.name or provider.name
    provider.legal_representative_ref = wanted.legal_representative_ref or provider.legal_representative_ref
    if wanted.declares_no_penalty and provider.declared_on is None:
        provider.declared_by, provider.declared_on = principal.account_id, principal.today
    if wanted.declares_no_penalty is False:
        provider.declared_by = provider.declared_on = None
    await record(session, vc.ProviderAmended, provider, EventContext.of(principal))
    return provider


async def review_provider(
    session: AsyncSession,
    *,
    editions: Editions,
    principal: Principal,
    provider_id: UUID,
    wanted: ProviderReview,
    if_match: str | None,
) -> Provider:
    """An officer has checked the application and proposes admission: everything that it needs is there.

    Raises 404, 412, 403 `four-eyes-required`, 409 `invalid-transition` and the first rule that fails.
    """
    provider = await lock(session, provider_id)
    honour_match(if_match, provider.version)
    if provider.status != APPLIED:
        raise invalid_transition(provider.status, [APPLIED])
    day = effective_date(principal, wanted.decided_on)
    require_not_before(provider.applied_on, day)
    await require_not_erased(session, wanted.legal_representative_ref)
    decision = require_passed(await decide_for(session, editions.get(provider.edition), provider, day))
    provider.status, provider.reviewed_by, provider.reviewed_on = REVIEWED, principal.account_id, day
    provider.legal_representative_ref = wanted.legal_representative_ref or provider.legal_representative_ref
    provider.decision = decision.to_json()
    await record(session, vc.ProviderReviewed, provider, EventContext.of(principal, day), decision.rules)
    return provider


async def admit_provider(
    session: AsyncSession,
    *,
    editions: Editions,
    principal: Principal,
    provider_id: UUID,
    decided_on: date | None,
    if_match: str | None,
) -> Provider:
    """An approver admits it, never who reviewed it; the rules are asked again, and the notice has to be over.

    Raises 409 `provider-representative-missing` where the legal representative is not on record: without it nobody can
    tell whether the provider sells to itself; and the first rule that fails.
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
    edition = editions.get(provider.edition)
    decision = require_passed(await decide_for(session, edition, provider, day))
    decision = combine(decision, await require_admission_notice_over(session, edition, provider, day))
    provider.status, provider.decided_by, provider.decided_on = ADMITTED, principal.account_id, day
    provider.admitted_on, provider.admitted_until = day, term_from(edition, day)
    provider.review_due_on = next_review(edition, day)
    provider.decision = decision.to_json()
    rules = ["vouchers.provider_admitted", "vouchers.four_eyes", *decision.rules]
    await record(session, vc.ProviderAdmitted, provider, EventContext.of(principal, day), rules)
    return provider


async def record_representative(
    session: AsyncSession, *, principal: Principal, provider_id: UUID, reference: str, if_match: str | None
) -> Provider:
    """Record who legally represents the provider now; whoever changes it after the review reviews it anew, and another
    admits. Of a provider in the register it is noted first, and counts once another officer records the same.

    Raises 409 `invalid-transition` for an application or admission that is over, 403 `four-eyes-required`.
    """
    provider = await lock(session, provider_id)
    honour_match(if_match, provider.version)
    if provider.status in ENDED:
        raise invalid_transition(provider.status, [APPLIED, REVIEWED, ADMITTED, SUSPENDED])
    await require_not_erased(session, reference)
    if provider.status in STANDING:
        if provider.representative_noted != reference:
            provider.representative_noted, provider.representative_noted_by = reference, principal.account_id
            await record(session, vc.ProviderRepresentativeNoted, provider, EventContext.of(principal))
            return provider
        if provider.representative_noted_by == principal.account_id:
            raise four_eyes_required()
    provider.legal_representative_ref = reference
    provider.representative_noted = provider.representative_noted_by = None
    if provider.status == REVIEWED:
        provider.reviewed_by, provider.reviewed_on = principal.account_id, principal.today
    await record(session, vc.ProviderRepresentativeRecorded, provider, EventContext.of(principal))
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
    await record(session, vc.ProviderRefused, provider, EventContext.of(principal, day))
    return provider


async def withdraw_provider(
    session: AsyncSession, *, principal: Principal, provider_id: UUID, wanted: ProviderWithdrawal, if_match: str | None
) -> Provider:
    """The provider takes back its application, or leaves the register: it sells nothing more from now on, and carries
    out what was held. One that is suspended, or whose suspension or removal is under way, cannot leave so: it would be
    back with a clean slate the day after. What is under way is decided first.

    Raises 404, 412, 409 `invalid-transition`, `measure-running`.
    """
    provider = await lock_own(session, principal, provider_id)
    honour_match(if_match, provider.version)
    if provider.status not in (APPLIED, REVIEWED, ADMITTED):
        raise invalid_transition(provider.status, [APPLIED, REVIEWED, ADMITTED])
    await require_no_measure(session, provider.id)
    provider.status, provider.ended_on = WITHDRAWN, principal.today
    provider.reason_code = wanted.reason_code
    await record(session, vc.ProviderWithdrawn, provider, EventContext.of(principal))
    return provider
