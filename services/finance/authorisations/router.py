"""/v1/referrals/authorisations: what a bank may be told, granted and withdrawn by the enterprise itself (3.2-1)."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from services.finance.authorisations import queries, usecases
from services.finance.authorisations.queries import shown
from services.finance.authorisations.schemas import (
    AuthorisationBatch,
    AuthorisationFilter,
    AuthorisationIn,
    AuthorisationOut,
)
from shared.auth import roles as r
from shared.auth.principal import Principal, require
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute, Session
from shared.runtime import RuntimeDep

Owner = Annotated[Principal, Depends(require(r.ENTERPRISE))]
Reader = Annotated[Principal, Depends(require(*queries.READERS))]

router = APIRouter(prefix="/v1/referrals/authorisations", tags=["referrals"], route_class=ServiceRoute)


@router.post("", status_code=201, responses=problem_responses(403, 404, 409))
async def grant_authorisation(
    session: Session, runtime: RuntimeDep, caller: Owner, sent: AuthorisationIn
) -> AuthorisationBatch:
    """Let banks be told about the own enterprise."""
    rows = await usecases.grant(session, sent, principal=caller, editions=runtime.editions)
    return AuthorisationBatch(items=[shown(row, caller.today) for row in rows])


@router.get("")
async def list_authorisations(
    session: Session, caller: Reader, wanted: Annotated[AuthorisationFilter, Query()]
) -> Page[AuthorisationOut]:
    """Authorisations, the latest first."""
    return await queries.list_authorisations(session, wanted, caller)


@router.get("/{authorisation_id}", responses=problem_responses(404))
async def read_authorisation(
    session: Session, caller: Reader, authorisation_id: UUID, response: Response
) -> AuthorisationOut:
    """One authorisation."""
    row = await queries.find(session, authorisation_id, caller)
    set_etag(response, row.version)
    return shown(row, caller.today)


@router.post("/{authorisation_id}/withdraw", responses=problem_responses(403, 404, 409, 412))
async def withdraw_authorisation(
    session: Session,
    runtime: RuntimeDep,
    caller: Owner,
    authorisation_id: UUID,
    response: Response,
    if_match: IfMatch = None,
) -> AuthorisationOut:
    """Withdraw it, at once and for good."""
    row = await usecases.withdraw(
        session, authorisation_id, principal=caller, editions=runtime.editions, if_match=if_match
    )
    set_etag(response, row.version)
    return shown(row, caller.today)
