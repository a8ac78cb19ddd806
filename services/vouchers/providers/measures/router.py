"""`/v1/providers/{id}/measures`: suspension and removal, with notice of intent and remedies (4.3-4)."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from sqlalchemy import select

from services.vouchers.access import HoldingReader, ScienceApprover, ScienceBureau, ScienceOfficer
from services.vouchers.providers.measures import deciding, usecases
from services.vouchers.providers.measures.models import ProviderMeasure
from services.vouchers.providers.measures.schemas import (
    LiftingProposal,
    MeasureDecision,
    MeasureDrop,
    MeasureFilter,
    MeasureNew,
    MeasureProposal,
    ProviderMeasureOut,
    Remedies,
    StatementNew,
)
from services.vouchers.providers.queries import readable
from services.vouchers.schemas import Decided, day_sent
from shared.auth import roles as r
from shared.auth.principal import Principal, require
from shared.db import Session
from shared.errors import not_found
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page, paginate
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute
from shared.runtime import RuntimeDep

router = APIRouter(prefix="/v1/providers/{provider_id}/measures", tags=["providers"], route_class=ServiceRoute)

ProviderOrOfficer = Annotated[Principal, Depends(require(r.PROVIDER, r.SCIENCE_OFFICER))]

_STEP = problem_responses(403, 404, 409, 412)


@router.post("", status_code=201, responses=problem_responses(404, 409, 412))
async def open_measure(
    provider_id: UUID,
    wanted: MeasureNew,
    session: Session,
    principal: ScienceOfficer,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> ProviderMeasureOut:
    """Serve a notice of intent; the provider has the edition's working days to state its view."""
    found = await usecases.open_measure(
        session,
        editions=runtime.editions,
        principal=principal,
        provider_id=provider_id,
        wanted=wanted,
        if_match=if_match,
    )
    response.headers["Location"] = f"/v1/providers/{provider_id}/measures/{found[1].id}"
    return _answer(found, response)


@router.get("", responses=problem_responses(404))
async def list_measures(
    provider_id: UUID, session: Session, principal: HoldingReader, wanted: Annotated[MeasureFilter, Query()]
) -> Page[ProviderMeasureOut]:
    """The measures against a provider, newest first."""
    await readable(session, principal, provider_id)
    query = select(ProviderMeasure).where(ProviderMeasure.provider_id == provider_id)
    for column, value in (
        (ProviderMeasure.no, wanted.no),
        (ProviderMeasure.kind, wanted.kind),
        (ProviderMeasure.status, wanted.status),
    ):
        if value is not None:
            query = query.where(column == value)
    return await paginate(session, query, keys=[ProviderMeasure.id.desc()], params=wanted, item=shown)


@router.get("/{measure_id}", responses=problem_responses(404))
async def read_measure(
    provider_id: UUID, measure_id: UUID, session: Session, principal: HoldingReader, response: Response
) -> ProviderMeasureOut:
    """One measure, with the last days of the remedies."""
    provider = await readable(session, principal, provider_id)
    measure = await session.get(ProviderMeasure, measure_id)
    if measure is None or measure.provider_id != provider.id:
        raise not_found("measure")
    return _answer((provider, measure), response)


@router.post("/{measure_id}/statement", responses=_STEP)
async def state_view(
    provider_id: UUID,
    measure_id: UUID,
    wanted: StatementNew,
    session: Session,
    principal: ProviderOrOfficer,
    response: Response,
    if_match: IfMatch = None,
) -> ProviderMeasureOut:
    """State one's view, up to the last day; officers enter papers."""
    found = await usecases.state_view(
        session,
        principal=principal,
        provider_id=provider_id,
        measure_id=measure_id,
        wanted=wanted,
        if_match=if_match,
    )
    return _answer(found, response)


@router.post("/{measure_id}/propose", responses=_STEP)
async def propose_measure(
    provider_id: UUID,
    measure_id: UUID,
    wanted: MeasureProposal,
    session: Session,
    principal: ScienceOfficer,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> ProviderMeasureOut:
    """Propose what to decide, and whether open holds are honoured or released."""
    found = await usecases.propose_measure(
        session,
        editions=runtime.editions,
        principal=principal,
        provider_id=provider_id,
        measure_id=measure_id,
        wanted=wanted,
        if_match=if_match,
    )
    return _answer(found, response)


@router.post("/{measure_id}/decide", responses=_STEP)
async def decide_measure(
    provider_id: UUID,
    measure_id: UUID,
    wanted: MeasureDecision,
    session: Session,
    principal: ScienceApprover,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> ProviderMeasureOut:
    """Decide what somebody else proposed: the provider sells nothing more."""
    found = await deciding.decide_measure(
        session,
        editions=runtime.editions,
        principal=principal,
        provider_id=provider_id,
        measure_id=measure_id,
        wanted=wanted,
        if_match=if_match,
    )
    return _answer(found, response)


@router.post("/{measure_id}/drop", responses=_STEP)
async def drop_measure(
    provider_id: UUID,
    measure_id: UUID,
    wanted: MeasureDrop,
    session: Session,
    principal: ScienceBureau,
    response: Response,
    if_match: IfMatch = None,
) -> ProviderMeasureOut:
    """Let it be, with a reason."""
    found = await usecases.drop_measure(
        session,
        principal=principal,
        provider_id=provider_id,
        measure_id=measure_id,
        wanted=wanted,
        if_match=if_match,
    )
    return _answer(found, response)


@router.post("/{measure_id}/propose-lifting", responses=_STEP)
async def propose_lifting(
    provider_id: UUID,
    measure_id: UUID,
    wanted: LiftingProposal,
    session: Session,
    principal: ScienceOfficer,
    response: Response,
    if_match: IfMatch = None,
) -> ProviderMeasureOut:
    """Propose to lift it: its reason is gone, or it was annulled."""
    found = await deciding.propose_lifting(
        session,
        principal=principal,
        provider_id=provider_id,
        measure_id=measure_id,
        wanted=wanted,
        if_match=if_match,
    )
    return _answer(found, response)


@router.post("/{measure_id}/lift", responses=_STEP)
async def lift_measure(
    provider_id: UUID,
    measure_id: UUID,
    session: Session,
    principal: ScienceApprover,
    response: Response,
    wanted: Decided | None = None,
    if_match: IfMatch = None,
) -> ProviderMeasureOut:
    """Lift what somebody else proposed to lift."""
    found = await deciding.lift_measure(
        session,
        principal=principal,
        provider_id=provider_id,
        measure_id=measure_id,
        decided_on=day_sent(wanted),
        if_match=if_match,
    )
    return _answer(found, response)


def shown(measure: ProviderMeasure) -> ProviderMeasureOut:
    """The measure with its remedies, which there are once it is decided."""
    values = {name: getattr(measure, name) for name in ProviderMeasureOut.model_fields if name != "remedies"}
    remedies = None if measure.decided_on is None else Remedies.model_validate(measure)
    return ProviderMeasureOut.model_validate({**values, "remedies": remedies})


def _answer(found: usecases.Found, response: Response) -> ProviderMeasureOut:
    provider, measure = found
    set_etag(response, provider.version)
    return shown(measure)
