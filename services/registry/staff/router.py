"""`/v1/centres/{id}/staff`."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.access import OFFICERS, READ_ALL
from services.registry.centres.queries import require_readable
from services.registry.days import require_begun
from services.registry.persons.numbers import MaybeKeys
from services.registry.persons.showing import NotReplayed
from services.registry.persons.tries import limited
from services.registry.staff import usecases
from services.registry.staff.models import CentreStaff
from services.registry.staff.queries import find_staff, register, with_certificates
from services.registry.staff.schemas import AddStaff, Certificate, LeaveStaff, StaffFilter, StaffOut
from shared.auth.principal import Principal, require
from shared.auth.roles import CENTRE_OPERATOR, DIVISION_APPROVER, DIVISION_OFFICER
from shared.db import Session
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page, paginate
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute
from shared.runtime import RuntimeDep

router = APIRouter(prefix="/v1/centres/{centre_id}/staff", tags=["centres"], route_class=ServiceRoute)

Reader = Annotated[Principal, Depends(require(CENTRE_OPERATOR, DIVISION_OFFICER, DIVISION_APPROVER, *READ_ALL))]
Keeper = Annotated[Principal, Depends(require(CENTRE_OPERATOR, *OFFICERS))]

_STEP = problem_responses(404, 409, 412)


@router.get("", responses=problem_responses(404))
async def list_staff(
    centre_id: UUID, session: Session, principal: Reader, wanted: Annotated[StaffFilter, Query()]
) -> Page[StaffOut]:
    """The staff register, for those who see the centre's case."""
    await require_readable(session, principal, centre_id)
    require_begun(principal, wanted.on)
    query = register(centre_id, wanted)
    page = await paginate(session, query, keys=[CentreStaff.id], params=wanted, item=lambda found: found)
    return Page(items=await with_certificates(session, page.items, principal.today), next=page.next)


@router.get("/{staff_id}", responses=problem_responses(404))
async def read_staff(
    centre_id: UUID, staff_id: UUID, session: Session, principal: Reader, response: Response
) -> StaffOut:
    """One entry of the register."""
    await require_readable(session, principal, centre_id)
    return await _answer(session, await find_staff(session, centre_id, staff_id), principal, response)


@router.post("", status_code=201, responses=problem_responses(404, 409, 429, 503))
async def add_staff(
    centre_id: UUID,
    body: AddStaff,
    session: Session,
    principal: Keeper,
    runtime: RuntimeDep,
    keys: MaybeKeys,
    _: NotReplayed,
    response: Response,
) -> StaffOut:
    """Enter somebody who works for the centre: a person on record, or a new one by name and number."""
    async with limited(runtime, session, principal):
        staff = await usecases.add_staff(session, runtime.editions, keys, principal, centre_id, body)
    response.headers["Location"] = f"/v1/centres/{centre_id}/staff/{staff.id}"
    return await _answer(session, staff, principal, response)


@router.post("/{staff_id}/certify", responses=_STEP)
async def certify_staff(
    centre_id: UUID,
    staff_id: UUID,
    body: Certificate,
    session: Session,
    principal: Keeper,
    response: Response,
    if_match: IfMatch = None,
) -> StaffOut:
    """Record a certificate."""
    staff = await usecases.certify_staff(session, principal, centre_id, staff_id, body, if_match=if_match)
    return await _answer(session, staff, principal, response)


@router.post("/{staff_id}/leave", responses=_STEP)
async def leave_staff(
    centre_id: UUID,
    staff_id: UUID,
    body: LeaveStaff,
    session: Session,
    principal: Keeper,
    response: Response,
    if_match: IfMatch = None,
) -> StaffOut:
    """Enter somebody's last day."""
    staff = await usecases.leave_staff(session, principal, centre_id, staff_id, body, if_match=if_match)
    return await _answer(session, staff, principal, response)


async def _answer(session: AsyncSession, staff: CentreStaff, principal: Principal, response: Response) -> StaffOut:
    set_etag(response, staff.version)
    return (await with_certificates(session, [staff], principal.today))[0]
