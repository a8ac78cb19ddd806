"""`/v1/provider-penalties`: what bars an organisation for two years (4.3-2)."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from sqlalchemy import select

from services.vouchers.access import READ_ALL, ScienceBureau, ScienceOfficer
from services.vouchers.providers.penalties import usecases
from services.vouchers.providers.penalties.models import ProviderPenalty
from services.vouchers.providers.penalties.schemas import (
    PenaltyAnnulment,
    PenaltyFilter,
    PenaltyNew,
    ProviderPenaltyOut,
)
from shared.auth import roles as r
from shared.auth.principal import Principal, require
from shared.db import Session
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page, SortKey, paginate
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute
from shared.policy.edition import Edition
from shared.runtime import Runtime, RuntimeDep

router = APIRouter(prefix="/v1/provider-penalties", tags=["providers"], route_class=ServiceRoute)

Reader = Annotated[Principal, Depends(require(*READ_ALL, r.PROVIDER))]


@router.post("", status_code=201, responses=problem_responses(409))
async def record_penalty(
    wanted: PenaltyNew, session: Session, principal: ScienceOfficer, runtime: RuntimeDep, response: Response
) -> ProviderPenaltyOut:
    """Put a penalty on record; it bars from the day of its decision, for the edition's months."""
    penalty = await usecases.record_penalty(session, principal=principal, wanted=wanted)
    response.headers["Location"] = f"{router.prefix}/{penalty.id}"
    return _answer(penalty, _edition(runtime, principal), response)


@router.get("")
async def list_penalties(
    session: Session, principal: Reader, runtime: RuntimeDep, wanted: Annotated[PenaltyFilter, Query()]
) -> Page[ProviderPenaltyOut]:
    """Penalties on record, newest first; a provider finds its own."""
    query = select(ProviderPenalty).where(*usecases.conditions(principal, wanted))
    edition = _edition(runtime, principal)
    keys: list[SortKey] = [ProviderPenalty.decided_on.desc(), ProviderPenalty.id.desc()]
    return await paginate(session, query, keys=keys, params=wanted, item=lambda row: usecases.shown(edition, row))


@router.get("/{penalty_id}", responses=problem_responses(404))
async def read_penalty(
    penalty_id: UUID, session: Session, principal: Reader, runtime: RuntimeDep, response: Response
) -> ProviderPenaltyOut:
    """One penalty."""
    penalty = await usecases.find_penalty(session, principal, penalty_id)
    return _answer(penalty, _edition(runtime, principal), response)


@router.post("/{penalty_id}/annul", responses=problem_responses(403, 404, 409, 412))
async def annul_penalty(
    penalty_id: UUID,
    wanted: PenaltyAnnulment,
    session: Session,
    principal: ScienceBureau,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> ProviderPenaltyOut:
    """Record that it fell, by another person than who recorded it."""
    penalty = await usecases.annul_penalty(
        session, principal=principal, penalty_id=penalty_id, wanted=wanted, if_match=if_match
    )
    return _answer(penalty, _edition(runtime, principal), response)


def _edition(runtime: Runtime, principal: Principal) -> Edition:
    return runtime.editions.require_in_force(principal.today)


def _answer(penalty: ProviderPenalty, edition: Edition, response: Response) -> ProviderPenaltyOut:
    set_etag(response, penalty.version)
    return usecases.shown(edition, penalty)
