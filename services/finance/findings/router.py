"""/v1/findings: grant money in doubt."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from services.finance.centres import READERS
from services.finance.findings import queries
from services.finance.findings.schemas import FindingFilter, FindingOut
from shared.auth.principal import Principal, require
from shared.http.etag import set_etag
from shared.http.paging import Page
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute, Session

Reader = Annotated[Principal, Depends(require(*READERS))]

router = APIRouter(prefix="/v1/findings", tags=["findings"], route_class=ServiceRoute)


@router.get("")
async def list_findings(
    session: Session, caller: Reader, wanted: Annotated[FindingFilter, Query()]
) -> Page[FindingOut]:
    """Findings at the centres the caller may see, newest first."""
    return await queries.list_findings(session, wanted, principal=caller)


@router.get("/{finding_id}", responses=problem_responses(404))
async def read_finding(session: Session, caller: Reader, finding_id: UUID, response: Response) -> FindingOut:
    """One finding with the rule it rests on."""
    found = await queries.read_finding(session, finding_id, principal=caller)
    set_etag(response, found.version)
    return found
