"""A licence is shown by its provider and checked by an officer; the earliest last day bounds what is sold."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.documents.shelves import require_document
from services.vouchers.policy import require_not_before
from services.vouchers.providers.licences.models import ENDED, REJECTED, SUBMITTED, VERIFIED, ProviderLicence
from services.vouchers.providers.licences.schemas import LicenceEnd, LicenceNew, LicenceRejection
from services.vouchers.providers.models import Provider
from services.vouchers.providers.queries import lock, lock_own
from services.vouchers.providers.rules import APPLIED, REVIEWED, STANDING, needing_licence
from services.vouchers.providers.telling import record
from shared.auth.principal import Principal
from shared.clock import effective_date
from shared.errors import DomainError, four_eyes_required, invalid_transition, not_found
from shared.events.contracts.vouchers.providers import (
    ProviderLicenceChecked,
    ProviderLicenceData,
    ProviderLicenceEnded,
    ProviderLicenceSubmitted,
)
from shared.events.outbox import EventContext
from shared.events.types import EventType
from shared.http.etag import honour_match
from shared.http.validation import PayloadInvalid
from shared.policy.edition import Edition, Editions

OPEN = (APPLIED, REVIEWED, *STANDING)
RULES = ("vouchers.provider_licences",)

Found = tuple[Provider, ProviderLicence]


async def submit_licence(
    session: AsyncSession, *, editions: Editions, principal: Principal, provider_id: UUID, wanted: LicenceNew
) -> Found:
    """The provider shows a licence, with the document that proves it.

    Raises 404 for another's provider or document, 409 `invalid-transition`, `licence-already-submitted`, 422 for a
    missing document or a licence to replace that is not a verified one of its own.
    """
    provider = await lock_own(session, principal, provider_id)
    if provider.status not in OPEN:
        raise invalid_transition(provider.status, OPEN)
    if wanted.document_id is not None:
        await require_document(session, "providers", provider.id, wanted.document_id)
    elif editions.get(provider.edition).vouchers.providers.licence_document_required.value:
        raise PayloadInvalid.at("document_id", "missing")
    if wanted.replaces_id is not None:
        replaced = await session.get(ProviderLicence, wanted.replaces_id)
        if replaced is None or replaced.provider_id != provider.id or replaced.status != VERIFIED:
            raise PayloadInvalid.at("replaces_id", "licence_to_replace")
    same = (
        ProviderLicence.provider_id == provider.id,
        ProviderLicence.kind == wanted.kind,
        ProviderLicence.number == wanted.number,
        ProviderLicence.status == SUBMITTED,
    )
    if await session.scalar(select(ProviderLicence.id).where(*same)) is not None:
        raise DomainError("licence-already-submitted", 409, params={"number": wanted.number})
    licence = ProviderLicence(
        provider_id=provider.id,
        status=SUBMITTED,
        submitted_by=principal.account_id,
        submitted_on=principal.today,
        **wanted.model_dump(),
    )
    session.add(licence)
    await session.flush()
    await _record(session, ProviderLicenceSubmitted, provider, licence, EventContext.of(principal))
    return provider, licence


async def verify_licence(
    session: AsyncSession,
    *,
    editions: Editions,
    principal: Principal,
    provider_id: UUID,
    licence_id: UUID,
    decided_on: date | None,
    if_match: str | None,
) -> Found:
    """An officer has compared it with the issuing body's record; from now on it counts, in the place of the one that
    it replaces.

    Raises 404, 403 `four-eyes-required`, 409 `invalid-transition`, `licence-not-yet-valid` for one whose first day
    would leave days without any.
    """
    provider, licence = await _open(session, principal, provider_id, licence_id, if_match, SUBMITTED)
    day = effective_date(principal, decided_on)
    require_not_before(licence.submitted_on, day)
    replaced = None
    if licence.replaces_id is not None:
        replaced = await session.get(ProviderLicence, licence.replaces_id)
    goes_on = replaced is not None and replaced.status == VERIFIED and replaced.valid_to is not None
    follows = replaced.valid_to + timedelta(days=1) if goes_on and replaced and replaced.valid_to else day
    if licence.valid_from > max(day, follows):
        raise DomainError("licence-not-yet-valid", 409, params={"valid_from": licence.valid_from})
    licence.status, licence.checked_by, licence.checked_on = VERIFIED, principal.account_id, day
    if replaced is not None and replaced.status == VERIFIED:
        replaced.status, replaced.reason_code = ENDED, "replaced"
        replaced.ended_by, replaced.ended_on = principal.account_id, day
    await _bound(session, provider, editions.get(provider.edition), day)
    await _record(session, ProviderLicenceChecked, provider, licence, EventContext.of(principal, day))
    return provider, licence


async def reject_licence(
    session: AsyncSession,
    *,
    principal: Principal,
    provider_id: UUID,
    licence_id: UUID,
    wanted: LicenceRejection,
    if_match: str | None,
) -> Found:
    """It does not count; the provider may show another. Raises as `verify_licence`."""
    provider, licence = await _open(session, principal, provider_id, licence_id, if_match, SUBMITTED)
    day = effective_date(principal, wanted.decided_on)
    require_not_before(licence.submitted_on, day)
    licence.status, licence.checked_by, licence.checked_on = REJECTED, principal.account_id, day
    licence.reason_code = wanted.reason_code
    await _record(session, ProviderLicenceChecked, provider, licence, EventContext.of(principal, day))
    return provider, licence


async def end_licence(
    session: AsyncSession,
    *,
    editions: Editions,
    principal: Principal,
    provider_id: UUID,
    licence_id: UUID,
    wanted: LicenceEnd,
    if_match: str | None,
) -> Found:
    """Strike a licence out: it neither entitles nor bars any more, but where a licence is needed and none is left the
    provider sells no more. Raises 404, 403, 409 `invalid-transition`."""
    provider, licence = await _open(session, principal, provider_id, licence_id, if_match, VERIFIED)
    day = effective_date(principal, wanted.decided_on)
    require_not_before(licence.checked_on or licence.submitted_on, day)
    licence.status, licence.reason_code = ENDED, wanted.reason_code
    licence.ended_by, licence.ended_on = principal.account_id, day
    await _bound(session, provider, editions.get(provider.edition), day)
    await _record(session, ProviderLicenceEnded, provider, licence, EventContext.of(principal, day))
    return provider, licence


async def _open(
    session: AsyncSession, principal: Principal, provider_id: UUID, licence_id: UUID, if_match: str | None, state: str
) -> Found:
    provider = await lock(session, provider_id)
    licence = await session.get(ProviderLicence, licence_id, populate_existing=True)
    if licence is None or licence.provider_id != provider.id:
        raise not_found("licence")
    honour_match(if_match, provider.version)
    if licence.status != state:
        raise invalid_transition(licence.status, [state])
    if principal.account_id == licence.submitted_by:
        raise four_eyes_required()
    return provider, licence


async def _bound(session: AsyncSession, provider: Provider, edition: Edition, day: date) -> None:
    """Keep on the provider's row how far its licences reach: the counter reads nothing else. Where its categories need
    a licence and none is left, they reach to the day before."""
    await session.flush()
    mine = (ProviderLicence.provider_id == provider.id, ProviderLicence.status == VERIFIED)
    left = (await session.execute(select(func.count(), func.min(ProviderLicence.valid_to)).where(*mine))).one()
    unlicensed = not left[0] and bool(needing_licence(edition, provider.categories))
    provider.licensed_until = day - timedelta(days=1) if unlicensed else left[1]


async def _record(
    session: AsyncSession,
    event_type: EventType[ProviderLicenceData],
    provider: Provider,
    licence: ProviderLicence,
    context: EventContext,
) -> None:
    await record(
        session,
        event_type,
        provider,
        context,
        RULES,
        licence_id=licence.id,
        kind=licence.kind,
        number=licence.number,
        valid_to=licence.valid_to,
        licence_status=licence.status,
    )
