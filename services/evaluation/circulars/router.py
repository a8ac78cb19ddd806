"""`/v1/circulars`: the public register of circulars of criticism (2.3-4)."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from services.evaluation.access import Anyone
from services.evaluation.circulars.models import Circular
from services.evaluation.circulars.queries import circulars, corrections_of, find_circular, lines_of
from services.evaluation.circulars.schemas import CircularFilter, CircularOut, CircularWithLines
from services.evaluation.cycles.queries import edition_of
from shared.db import Session
from shared.http.etag import set_etag
from shared.http.paging import Page, SortKey, paginate
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute
from shared.runtime import RuntimeDep

router = APIRouter(prefix="/v1/circulars", tags=["circulars"], route_class=ServiceRoute)


@router.get("")
async def list_circulars(session: Session, _: Anyone, wanted: Annotated[CircularFilter, Query()]) -> Page[CircularOut]:
    """Circulars, newest year first."""
    keys: list[SortKey] = [Circular.year.desc(), Circular.id.desc()]
    return await paginate(session, circulars(wanted), keys=keys, params=wanted, item=CircularOut.model_validate)


@router.get("/{circular_id}", responses=problem_responses(404))
async def read_circular(
    circular_id: UUID, session: Session, _: Anyone, runtime: RuntimeDep, response: Response
) -> CircularWithLines:
    """One circular with a line for each failed centre, and what was corrected since."""
    circular = await find_circular(session, circular_id)
    set_etag(response, circular.version)
    edition = runtime.editions.get(await edition_of(session, circular.cycle_id))
    clauses = [edition.rule("evaluation.circular").clause]
    shown = CircularOut.model_validate(circular).model_dump()
    lines, corrections = await lines_of(session, circular.id), await corrections_of(session, circular.id)
    return CircularWithLines(**shown, clauses=clauses, lines=lines, corrections=corrections)
