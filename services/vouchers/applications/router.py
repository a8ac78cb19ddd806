"""`/v1/voucher-applications`: enterprises apply, issuers review and approve (4.3-2)."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlalchemy import select

from services.vouchers.access import DivisionApprover, DivisionOfficer, Enterprise, Issuer, VoucherReader
from services.vouchers.applications import queries, usecases
from services.vouchers.applications.models import Application
from services.vouchers.applications.schemas import (
    ApplicationAsked,
    ApplicationFilter,
    ApplicationItem,
    ApplicationNew,
    ApplicationOut,
    RefusedWith,
    Reviewed,
)
from services.vouchers.schemas import Decided, day_sent
from services.vouchers.vouchers.schemas import EligibilityOut
from shared.db import Session
from shared.http.decisions import Explain
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page, paginate
from shared.http.problems import problem_responses
from shared.http.route import IdempotencyRequired, ServiceRoute
from shared.runtime import RuntimeDep

router = APIRouter(prefix="/v1/voucher-applications", tags=["voucher applications"], route_class=ServiceRoute)


@router.post("", status_code=201, dependencies=[IdempotencyRequired], responses=problem_responses(400, 404, 409))
async def apply_for_voucher(
    wanted: ApplicationNew, session: Session, principal: Enterprise, runtime: RuntimeDep, response: Response
) -> ApplicationOut:
    """Apply for a voucher of an open programme, by the rules of its issue."""
    application = await usecases.apply(session, editions=runtime.editions, principal=principal, wanted=wanted)
    response.headers["Location"] = f"{router.prefix}/{application.id}"
    return _shown(application, response)


@router.post("/eligibility", responses=problem_responses(404, 409))
async def check_application(
    wanted: ApplicationAsked, session: Session, principal: Enterprise, runtime: RuntimeDep, explain: Explain
) -> EligibilityOut:
    """Whether such an application would pass today, rule by rule; nothing is kept."""
    decision = await usecases.ask(session, editions=runtime.editions, principal=principal, wanted=wanted)
    return EligibilityOut(eligible=decision.passed, decision=explain(decision))


@router.get("")
async def list_applications(
    session: Session, principal: VoucherReader, wanted: Annotated[ApplicationFilter, Query()]
) -> Page[ApplicationItem]:
    """Applications that concern the caller, newest first."""
    query = select(Application).where(queries.visible_to(principal), *queries.conditions(wanted))
    return await paginate(
        session, query, keys=[Application.id.desc()], params=wanted, item=ApplicationItem.model_validate
    )


@router.get("/{application_id}", responses=problem_responses(404))
async def read_application(
    application_id: UUID, session: Session, principal: VoucherReader, response: Response
) -> ApplicationOut:
    """One application with what the rules said."""
    return _shown(await queries.find(session, principal, application_id), response)


@router.post("/{application_id}/review", responses=problem_responses(404, 409, 412))
async def review_application(
    application_id: UUID,
    session: Session,
    principal: DivisionOfficer,
    runtime: RuntimeDep,
    response: Response,
    wanted: Reviewed | None = None,
    if_match: IfMatch = None,
) -> ApplicationOut:
    """Propose to grant it, whole or in part."""
    application = await usecases.review(
        session,
        editions=runtime.editions,
        principal=principal,
        application_id=application_id,
        wanted=wanted or Reviewed(),
        if_match=if_match,
    )
    return _shown(application, response)


@router.post(
    "/{application_id}/approve", dependencies=[IdempotencyRequired], responses=problem_responses(400, 404, 409, 412)
)
async def approve_application(
    application_id: UUID,
    session: Session,
    principal: DivisionApprover,
    runtime: RuntimeDep,
    response: Response,
    wanted: Decided | None = None,
    if_match: IfMatch = None,
) -> ApplicationOut:
    """Approve what another person proposed: the voucher is issued."""
    application = await usecases.approve(
        session,
        editions=runtime.editions,
        principal=principal,
        application_id=application_id,
        decided_on=day_sent(wanted),
        if_match=if_match,
    )
    return _shown(application, response)


@router.post("/{application_id}/refuse", responses=problem_responses(404, 409, 412))
async def refuse_application(
    application_id: UUID,
    wanted: RefusedWith,
    session: Session,
    principal: Issuer,
    response: Response,
    if_match: IfMatch = None,
) -> ApplicationOut:
    """Refuse it with a reason."""
    application = await usecases.refuse(
        session, principal=principal, application_id=application_id, wanted=wanted, if_match=if_match
    )
    return _shown(application, response)


@router.post("/{application_id}/withdraw", responses=problem_responses(404, 409, 412))
async def withdraw_application(
    application_id: UUID, session: Session, principal: Enterprise, response: Response, if_match: IfMatch = None
) -> ApplicationOut:
    """Give one's own application up."""
    application = await usecases.withdraw(
        session, principal=principal, application_id=application_id, if_match=if_match
    )
    return _shown(application, response)


def _shown(application: Application, response: Response) -> ApplicationOut:
    set_etag(response, application.version)
    return ApplicationOut.model_validate(application)
