"""`/v1/providers/{id}/renewals`: another term, or other categories (4.3-2)."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlalchemy import select

from services.vouchers.access import HoldingReader, Provider, ScienceApprover, ScienceBureau, ScienceOfficer
from services.vouchers.providers.queries import readable
from services.vouchers.providers.renewals import usecases
from services.vouchers.providers.renewals.models import ProviderRenewal
from services.vouchers.providers.renewals.schemas import ProviderRenewalOut, RenewalFilter, RenewalNew, RenewalRefusal
from services.vouchers.schemas import Decided, day_sent
from shared.db import Session
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page, paginate
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute
from shared.runtime import RuntimeDep

router = APIRouter(prefix="/v1/providers/{provider_id}/renewals", tags=["providers"], route_class=ServiceRoute)

_STEP = problem_responses(403, 404, 409, 412)


@router.post("", status_code=201, responses=problem_responses(404, 409))
async def request_renewal(
    provider_id: UUID,
    wanted: RenewalNew,
    session: Session,
    principal: Provider,
    runtime: RuntimeDep,
    response: Response,
) -> ProviderRenewalOut:
    """Ask for another term, or for other categories."""
    found = await usecases.request_renewal(
        session, editions=runtime.editions, principal=principal, provider_id=provider_id, wanted=wanted
    )
    return _answer(found, response)


@router.get("", responses=problem_responses(404))
async def list_renewals(
    provider_id: UUID, session: Session, principal: HoldingReader, wanted: Annotated[RenewalFilter, Query()]
) -> Page[ProviderRenewalOut]:
    """The provider's renewals, newest first."""
    await readable(session, principal, provider_id)
    query = select(ProviderRenewal).where(ProviderRenewal.provider_id == provider_id)
    if wanted.status is not None:
        query = query.where(ProviderRenewal.status == wanted.status)
    keys = [ProviderRenewal.id.desc()]
    return await paginate(session, query, keys=keys, params=wanted, item=ProviderRenewalOut.model_validate)


@router.post("/{renewal_id}/review", responses=_STEP)
async def review_renewal(
    provider_id: UUID,
    renewal_id: UUID,
    session: Session,
    principal: ScienceOfficer,
    runtime: RuntimeDep,
    response: Response,
    wanted: Decided | None = None,
    if_match: IfMatch = None,
) -> ProviderRenewalOut:
    """Propose it: what an admission needs is there."""
    found = await usecases.review_renewal(
        session,
        editions=runtime.editions,
        principal=principal,
        provider_id=provider_id,
        renewal_id=renewal_id,
        decided_on=day_sent(wanted),
        if_match=if_match,
    )
    return _answer(found, response)


@router.post("/{renewal_id}/approve", responses=_STEP)
async def approve_renewal(
    provider_id: UUID,
    renewal_id: UUID,
    session: Session,
    principal: ScienceApprover,
    runtime: RuntimeDep,
    response: Response,
    wanted: Decided | None = None,
    if_match: IfMatch = None,
) -> ProviderRenewalOut:
    """Grant what somebody else reviewed."""
    found = await usecases.approve_renewal(
        session,
        editions=runtime.editions,
        principal=principal,
        provider_id=provider_id,
        renewal_id=renewal_id,
        decided_on=day_sent(wanted),
        if_match=if_match,
    )
    return _answer(found, response)


@router.post("/{renewal_id}/refuse", responses=_STEP)
async def refuse_renewal(
    provider_id: UUID,
    renewal_id: UUID,
    wanted: RenewalRefusal,
    session: Session,
    principal: ScienceBureau,
    response: Response,
    if_match: IfMatch = None,
) -> ProviderRenewalOut:
    """Refuse it, with a reason; the admission runs to its last day."""
    found = await usecases.refuse_renewal(
        session,
        principal=principal,
        provider_id=provider_id,
        renewal_id=renewal_id,
        wanted=wanted,
        if_match=if_match,
    )
    return _answer(found, response)


@router.post("/{renewal_id}/withdraw", responses=_STEP)
async def withdraw_renewal(
    provider_id: UUID,
    renewal_id: UUID,
    session: Session,
    principal: Provider,
    response: Response,
    if_match: IfMatch = None,
) -> ProviderRenewalOut:
    """Ask no more."""
    found = await usecases.withdraw_renewal(
        session, principal=principal, provider_id=provider_id, renewal_id=renewal_id, if_match=if_match
    )
    return _answer(found, response)


def _answer(found: usecases.Found, response: Response) -> ProviderRenewalOut:
    provider, renewal = found
    set_etag(response, provider.version)
    return ProviderRenewalOut.model_validate(renewal)
