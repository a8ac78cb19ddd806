"""`/v1/providers`: who may be paid with vouchers (4.3-2)."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from services.vouchers.access import Anyone, HoldingReader, Provider, ScienceApprover, ScienceBureau, ScienceOfficer
from services.vouchers.providers import expiry, models, queries, usecases
from services.vouchers.providers.schemas import (
    ProviderChange,
    ProviderEnded,
    ProviderFile,
    ProviderFilter,
    ProviderNew,
    ProviderOut,
    ProviderRefusal,
    ProviderRepresentative,
    ProviderReview,
    ProviderWithdrawal,
)
from services.vouchers.schemas import Decided, day_sent
from shared.db import Session
from shared.events.outbox import EventContext
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
    return await _answer(session, provider, response)


@router.get("")
async def list_providers(
    session: Session, principal: Anyone, wanted: Annotated[ProviderFilter, Query()]
) -> Page[ProviderOut]:
    """The public register: who is or was admitted, with what others think of it; applicants find their own as well."""
    query = queries.register().where(queries.visible_to(principal), *queries.conditions(wanted))
    keys = queries.keys_of(wanted)
    return await paginate(session, query, keys=keys, params=wanted, item=queries.shown_row)


@router.post("/expire", responses=problem_responses(409))
async def expire_providers(session: Session, principal: ScienceOfficer) -> ProviderEnded:
    """End what ran out before today; by itself it happens every ten minutes, except under a simulated clock. One call
    ends so many at once: call again as long as it answers that it did something."""
    ended = await expiry.end_due(session, principal.today, EventContext.of(principal))
    return ProviderEnded(expired=ended.expired, reinstated=ended.reinstated)


@router.get("/{provider_id}", responses=problem_responses(404))
async def read_provider(provider_id: UUID, session: Session, principal: Anyone, response: Response) -> ProviderOut:
    """One provider, with its rating."""
    provider = await queries.find(session, principal, provider_id)
    return await _answer(session, provider, response)


@router.get("/{provider_id}/file", responses=problem_responses(404))
async def read_provider_file(
    provider_id: UUID, session: Session, principal: HoldingReader, response: Response
) -> ProviderFile:
    """One provider with the decision on it, rule by rule; for the bureaus, the issuers and itself."""
    provider = await queries.readable(session, principal, provider_id)
    set_etag(response, provider.version)
    return ProviderFile.model_validate(provider)


@router.patch("/{provider_id}", responses=problem_responses(404, 409, 412, 428))
async def amend_application(
    provider_id: UUID,
    wanted: ProviderChange,
    session: Session,
    principal: Provider,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> ProviderOut:
    """Correct one's own application before it is reviewed, or add the declaration."""
    provider = await usecases.amend_application(
        session,
        editions=runtime.editions,
        principal=principal,
        provider_id=provider_id,
        wanted=wanted,
        if_match=if_match,
    )
    return await _answer(session, provider, response)


@router.post("/{provider_id}/withdraw", responses=problem_responses(404, 409, 412))
async def withdraw_provider(
    provider_id: UUID,
    session: Session,
    principal: Provider,
    response: Response,
    wanted: ProviderWithdrawal | None = None,
    if_match: IfMatch = None,
) -> ProviderOut:
    """Take one's application back, or leave the register."""
    provider = await usecases.withdraw_provider(
        session,
        principal=principal,
        provider_id=provider_id,
        wanted=wanted or ProviderWithdrawal(),
        if_match=if_match,
    )
    return await _answer(session, provider, response)


@router.post("/{provider_id}/review", responses=problem_responses(404, 409, 412))
async def review_provider(
    provider_id: UUID,
    session: Session,
    principal: ScienceOfficer,
    runtime: RuntimeDep,
    response: Response,
    wanted: ProviderReview | None = None,
    if_match: IfMatch = None,
) -> ProviderOut:
    """Propose admission."""
    provider = await usecases.review_provider(
        session,
        editions=runtime.editions,
        principal=principal,
        provider_id=provider_id,
        wanted=wanted or ProviderReview(),
        if_match=if_match,
    )
    return await _answer(session, provider, response)


@router.post("/{provider_id}/record-representative", responses=problem_responses(404, 409, 412))
async def record_representative(
    provider_id: UUID,
    wanted: ProviderRepresentative,
    session: Session,
    principal: ScienceOfficer,
    response: Response,
    if_match: IfMatch = None,
) -> ProviderOut:
    """Record who legally represents the provider, as the register has it now. Of one that is admitted it counts once
    another officer has recorded the same."""
    provider = await usecases.record_representative(
        session,
        principal=principal,
        provider_id=provider_id,
        reference=wanted.legal_representative_ref,
        if_match=if_match,
    )
    return await _answer(session, provider, response)


@router.post("/{provider_id}/admit", responses=problem_responses(404, 409, 412))
async def admit_provider(
    provider_id: UUID,
    session: Session,
    principal: ScienceApprover,
    runtime: RuntimeDep,
    response: Response,
    wanted: Decided | None = None,
    if_match: IfMatch = None,
) -> ProviderOut:
    """Admit what somebody else reviewed."""
    provider = await usecases.admit_provider(
        session,
        editions=runtime.editions,
        principal=principal,
        provider_id=provider_id,
        decided_on=day_sent(wanted),
        if_match=if_match,
    )
    return await _answer(session, provider, response)


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
    return await _answer(session, provider, response)


async def _answer(session: Session, provider: models.Provider, response: Response) -> ProviderOut:
    set_etag(response, provider.version)
    return queries.shown(provider, *await queries.score_of(session, provider.id))
