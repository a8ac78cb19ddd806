"""`/v1/providers/{id}/licences`: shown by the provider, checked by an officer (4.3-2)."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlalchemy import select

from services.vouchers.access import HoldingReader, Provider, ScienceOfficer
from services.vouchers.providers.licences import usecases
from services.vouchers.providers.licences.models import ProviderLicence
from services.vouchers.providers.licences.schemas import (
    LicenceEnd,
    LicenceFilter,
    LicenceNew,
    LicenceRejection,
    ProviderLicenceOut,
)
from services.vouchers.providers.queries import readable
from services.vouchers.schemas import Decided, day_sent
from shared.db import Session
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page, paginate
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute
from shared.runtime import RuntimeDep

router = APIRouter(prefix="/v1/providers/{provider_id}/licences", tags=["providers"], route_class=ServiceRoute)

_STEP = problem_responses(403, 404, 409, 412)


@router.post("", status_code=201, responses=problem_responses(404, 409))
async def submit_licence(
    provider_id: UUID,
    wanted: LicenceNew,
    session: Session,
    principal: Provider,
    runtime: RuntimeDep,
    response: Response,
) -> ProviderLicenceOut:
    """Show a licence, with a document of the same provider that proves it."""
    found = await usecases.submit_licence(
        session, editions=runtime.editions, principal=principal, provider_id=provider_id, wanted=wanted
    )
    return _answer(found, response)


@router.get("", responses=problem_responses(404))
async def list_licences(
    provider_id: UUID, session: Session, principal: HoldingReader, wanted: Annotated[LicenceFilter, Query()]
) -> Page[ProviderLicenceOut]:
    """The provider's licences, newest first."""
    await readable(session, principal, provider_id)
    query = select(ProviderLicence).where(ProviderLicence.provider_id == provider_id)
    if wanted.status is not None:
        query = query.where(ProviderLicence.status == wanted.status)
    keys = [ProviderLicence.id.desc()]
    return await paginate(session, query, keys=keys, params=wanted, item=ProviderLicenceOut.model_validate)


@router.post("/{licence_id}/verify", responses=_STEP)
async def verify_licence(
    provider_id: UUID,
    licence_id: UUID,
    session: Session,
    principal: ScienceOfficer,
    runtime: RuntimeDep,
    response: Response,
    wanted: Decided | None = None,
    if_match: IfMatch = None,
) -> ProviderLicenceOut:
    """It agrees with the issuing body's record: it counts."""
    found = await usecases.verify_licence(
        session,
        editions=runtime.editions,
        principal=principal,
        provider_id=provider_id,
        licence_id=licence_id,
        decided_on=day_sent(wanted),
        if_match=if_match,
    )
    return _answer(found, response)


@router.post("/{licence_id}/reject", responses=_STEP)
async def reject_licence(
    provider_id: UUID,
    licence_id: UUID,
    wanted: LicenceRejection,
    session: Session,
    principal: ScienceOfficer,
    response: Response,
    if_match: IfMatch = None,
) -> ProviderLicenceOut:
    """It does not count, with a reason."""
    found = await usecases.reject_licence(
        session,
        principal=principal,
        provider_id=provider_id,
        licence_id=licence_id,
        wanted=wanted,
        if_match=if_match,
    )
    return _answer(found, response)


@router.post("/{licence_id}/end", responses=_STEP)
async def end_licence(
    provider_id: UUID,
    licence_id: UUID,
    wanted: LicenceEnd,
    session: Session,
    principal: ScienceOfficer,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> ProviderLicenceOut:
    """It counts no more: neither for the provider nor against it. Where a licence is needed, the last one is missed."""
    found = await usecases.end_licence(
        session,
        editions=runtime.editions,
        principal=principal,
        provider_id=provider_id,
        licence_id=licence_id,
        wanted=wanted,
        if_match=if_match,
    )
    return _answer(found, response)


def _answer(found: usecases.Found, response: Response) -> ProviderLicenceOut:
    provider, licence = found
    set_etag(response, provider.version)
    return ProviderLicenceOut.model_validate(licence)
