"""`/v1/providers`: who may be paid with vouchers (4.3-2)."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlalchemy import select

from services.vouchers.access import Anyone, Provider, ScienceApprover, ScienceBureau, ScienceOfficer
from services.vouchers.providers import models, queries, usecases
from services.vouchers.providers.schemas import (
    ProviderFilter,
    ProviderNew,
    ProviderOut,
    ProviderRefusal,
    ProviderRepresentative,
    ProviderReview,
)
from services.vouchers.schemas import Decided, day_sent
from shared.db import Session
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page, paginate
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute
from shared.runtime import RuntimeDep

router = APIRouter(prefix="/v1/providers", tags=["providers"], route_class=ServiceRoute)


@router.post("", status_code=201, responses=problem_responses(409))
async def apply_for_admission(
    wanted: ProviderNew, session: Session, principal: Provider, runtime: RuntimeDep, response: Response
) -> ProviderOut:
    """Ask to be admitted as a provider, with one's own organisation's code."""
    provider = await usecases.apply_for_admission(
        session, editions=runtime.editions, principal=principal, wanted=wanted
    )
    response.headers["Location"] = f"{router.prefix}/{provider.id}"
    return _answer(provider, response)


@router.get("")
async def list_providers(
    session: Session, principal: Anyone, wanted: Annotated[ProviderFilter, Query()]
) -> Page[ProviderOut]:
    """Admitted providers by age of their application; applicants find their own as well."""
    query = select(models.Provider).where(queries.visible_to(principal), *queries.conditions(wanted))
    return await paginate(session, query, keys=[models.Provider.id], params=wanted, item=ProviderOut.model_validate)


@router.get("/{provider_id}", responses=problem_responses(404))
async def read_provider(provider_id: UUID, session: Session, principal: Anyone, response: Response) -> ProviderOut:
    """One provider."""
    return _answer(await queries.find(session, principal, provider_id), response)


@router.post("/{provider_id}/review", responses=problem_responses(404, 409, 412))
async def review_provider(
    provider_id: UUID,
    session: Session,
    principal: ScienceOfficer,
    response: Response,
    wanted: ProviderReview | None = None,
    if_match: IfMatch = None,
) -> ProviderOut:
    """Propose admission."""
    provider = await usecases.review_provider(
        session,
        principal=principal,
        provider_id=provider_id,
        wanted=wanted or ProviderReview(),
        if_match=if_match,
    )
    return _answer(provider, response)


@router.post("/{provider_id}/record-representative", responses=problem_responses(404, 409, 412))
async def record_representative(
    provider_id: UUID,
    wanted: ProviderRepresentative,
    session: Session,
    principal: ScienceOfficer,
    response: Response,
    if_match: IfMatch = None,
) -> ProviderOut:
    """Record who legally represents the provider, as the register has it now."""
    provider = await usecases.record_representative(
        session,
        principal=principal,
        provider_id=provider_id,
        reference=wanted.legal_representative_ref,
        if_match=if_match,
    )
    return _answer(provider, response)


@router.post("/{provider_id}/admit", responses=problem_responses(404, 409, 412))
async def admit_provider(
    provider_id: UUID,
    session: Session,
    principal: ScienceApprover,
    response: Response,
    wanted: Decided | None = None,
    if_match: IfMatch = None,
) -> ProviderOut:
    """Admit what somebody else reviewed."""
    provider = await usecases.admit_provider(
        session, principal=principal, provider_id=provider_id, decided_on=day_sent(wanted), if_match=if_match
    )
    return _answer(provider, response)


@router.post("/{provider_id}/refuse", responses=problem_responses(404, 409, 412))
async def refuse_provider(
    provider_id: UUID,
    wanted: ProviderRefusal,
    session: Session,
    principal: ScienceBureau,
    response: Response,
    if_match: IfMatch = None,
) -> ProviderOut:
    """Refuse, with a reason."""
    provider = await usecases.refuse_provider(
        session, principal=principal, provider_id=provider_id, wanted=wanted, if_match=if_match
    )
    return _answer(provider, response)


def _answer(provider: models.Provider, response: Response) -> ProviderOut:
    set_etag(response, provider.version)
    return ProviderOut.model_validate(provider)
