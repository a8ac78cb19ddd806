"""`/v1/training-certificates`."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Query, Response
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.access import READ_ALL
from services.registry.steps import CaseStep
from services.registry.trainings.certificates import usecases
from services.registry.trainings.certificates.queries import ORDERS, matching, shown, verified
from services.registry.trainings.certificates.schemas import (
    IssueCertificates,
    IssuedOut,
    RevokeCertificate,
    TrainingCertificateFilter,
    TrainingCertificateOut,
    VerifiedOut,
    VerifyQuery,
)
from services.registry.trainings.models import TrainingCertificate
from services.registry.trainings.scopes import DECIDERS, LEADS, PARTIES, find_certificate
from shared.auth.principal import Principal, require
from shared.auth.roles import CENTRE_OPERATOR, MENTOR, PUBLIC
from shared.db import Session
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page, paginate
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute
from shared.runtime import RuntimeDep

session_router = APIRouter(prefix="/v1/training-sessions", tags=["trainings"], route_class=ServiceRoute)
router = APIRouter(prefix="/v1/training-certificates", tags=["trainings"], route_class=ServiceRoute)

Anyone = Annotated[Principal, Depends(require(PUBLIC))]
Keeper = Annotated[Principal, Depends(require(CENTRE_OPERATOR, *LEADS))]
Decider = Annotated[Principal, Depends(require(*DECIDERS))]
Reader = Annotated[Principal, Depends(require(*PARTIES, MENTOR, *READ_ALL))]

_STEP = problem_responses(404, 409, 412)


@session_router.post("/{session_id}/issue-certificates", responses=_STEP)
async def issue_certificates(
    session_id: UUID,
    session: Session,
    principal: Keeper,
    runtime: RuntimeDep,
    response: Response,
    body: Annotated[IssueCertificates, Body(default_factory=IssueCertificates)],
    if_match: IfMatch = None,
) -> IssuedOut:
    """Issue certificates to those who attended."""
    step = CaseStep(on=body.issued_on, if_match=if_match)
    training, issued, total = await usecases.issue_certificates(session, runtime.editions, principal, session_id, step)
    set_etag(response, training.version)
    return IssuedOut(session_id=training.id, issued=issued, total=total)


@router.get("")
async def list_certificates(
    session: Session, principal: Reader, wanted: Annotated[TrainingCertificateFilter, Query()]
) -> Page[TrainingCertificateOut]:
    """One's own; those of the sessions that one runs; for the bureaus all."""
    query = select(TrainingCertificate).where(matching(principal, wanted))
    page = await paginate(session, query, keys=ORDERS[wanted.sort], params=wanted, item=lambda found: found)
    return Page(items=await shown(session, page.items), next=page.next)


@router.get("/verify", responses=problem_responses(404))
async def verify_certificate(
    session: Session, principal: Anyone, wanted: Annotated[VerifyQuery, Query()]
) -> VerifiedOut:
    """Whether a certificate with this number was issued and is valid."""
    return await verified(session, wanted.no, principal.today)


@router.get("/{certificate_id}", responses=problem_responses(404))
async def read_certificate(
    certificate_id: UUID, session: Session, principal: Reader, response: Response
) -> TrainingCertificateOut:
    """One certificate."""
    return await _answer(session, await find_certificate(session, principal, certificate_id), response)


@router.post("/{certificate_id}/revoke", responses=_STEP)
async def revoke_certificate(
    certificate_id: UUID,
    body: RevokeCertificate,
    session: Session,
    principal: Decider,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> TrainingCertificateOut:
    """Revoke it; verification says so from the same moment."""
    step = CaseStep(on=body.revoked_on, reason_code=body.reason_code, remark=body.remark, if_match=if_match)
    certificate = await usecases.revoke_certificate(session, runtime.editions, principal, certificate_id, step)
    return await _answer(session, certificate, response)


async def _answer(
    session: AsyncSession, certificate: TrainingCertificate, response: Response
) -> TrainingCertificateOut:
    set_etag(response, certificate.version)
    return (await shown(session, [certificate]))[0]
