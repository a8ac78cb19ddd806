"""`/v1/centres/{id}/self-checks`."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from sqlalchemy import select

from services.registry.access import OFFICERS, READ_ALL
from services.registry.centres.queries import require_readable
from services.registry.self_checks import usecases
from services.registry.self_checks.models import CentreSelfCheck
from services.registry.self_checks.schemas import AmendSelfCheck, RecordSelfCheck, SelfCheckFilter, SelfCheckOut
from shared.auth.principal import Principal, require
from shared.auth.roles import CENTRE_OPERATOR, DIVISION_APPROVER, DIVISION_OFFICER
from shared.db import Session
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page, paginate
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute
from shared.runtime import RuntimeDep

router = APIRouter(prefix="/v1/centres/{centre_id}/self-checks", tags=["centres"], route_class=ServiceRoute)

Reader = Annotated[Principal, Depends(require(CENTRE_OPERATOR, DIVISION_OFFICER, DIVISION_APPROVER, *READ_ALL))]
Keeper = Annotated[Principal, Depends(require(CENTRE_OPERATOR, *OFFICERS))]


@router.get("", responses=problem_responses(404))
async def list_self_checks(
    centre_id: UUID, session: Session, principal: Reader, wanted: Annotated[SelfCheckFilter, Query()]
) -> Page[SelfCheckOut]:
    """The centre's self-checks by year, for those who see its case."""
    await require_readable(session, principal, centre_id)
    query = select(CentreSelfCheck).where(CentreSelfCheck.centre_id == centre_id)
    if wanted.year is not None:
        query = query.where(CentreSelfCheck.year == wanted.year)
    if wanted.passed is not None:
        query = query.where(CentreSelfCheck.passed.is_(wanted.passed))
    keys = [CentreSelfCheck.year, CentreSelfCheck.id]
    return await paginate(session, query, keys=keys, params=wanted, item=SelfCheckOut.model_validate)


@router.post("", status_code=201, responses=problem_responses(404, 409))
async def record_self_check(
    centre_id: UUID,
    body: RecordSelfCheck,
    session: Session,
    principal: Keeper,
    runtime: RuntimeDep,
    response: Response,
) -> SelfCheckOut:
    """Check the centre's standard kit for a year."""
    check = await usecases.record_self_check(session, runtime.editions, principal, centre_id, body)
    set_etag(response, check.version)
    return SelfCheckOut.model_validate(check)


@router.patch("/{check_id}", responses=problem_responses(404, 412, 428))
async def amend_self_check(
    centre_id: UUID,
    check_id: UUID,
    body: AmendSelfCheck,
    session: Session,
    principal: Keeper,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> SelfCheckOut:
    """Correct answers of a year's self-check."""
    editions = runtime.editions
    check = await usecases.amend_self_check(session, editions, principal, centre_id, check_id, body, if_match=if_match)
    set_etag(response, check.version)
    return SelfCheckOut.model_validate(check)
