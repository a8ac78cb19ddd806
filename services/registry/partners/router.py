"""`/v1/partners`, and under a centre its agreements and joint carriers."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from sqlalchemy import select

from services.registry.access import DIVISION_ROLES, OFFICERS, READ_ALL
from services.registry.centres.queries import read_scope as centre_read_scope
from services.registry.days import require_begun
from services.registry.partners import usecases
from services.registry.partners.models import Agreement, JointCarrier, Partner
from services.registry.partners.queries import (
    ORDERS,
    agreements_matching,
    carriers_matching,
    find_partner,
    matching,
    require_centre,
    ties_of,
)
from services.registry.partners.schemas import (
    AgreementOut,
    AmendPartner,
    End,
    JointCarrierOut,
    OfCentreFilter,
    PartnerFilter,
    PartnerOut,
    PartnerPageOut,
    RecordAgreement,
    RegisterPartner,
    SetUpCarrier,
)
from shared.auth.principal import Principal, require
from shared.auth.roles import CENTRE_OPERATOR, EDUCATION_OFFICER
from shared.db import Session
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page, paginate
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute
from shared.runtime import RuntimeDep

router = APIRouter(prefix="/v1/partners", tags=["partners"], route_class=ServiceRoute)
agreement_router = APIRouter(prefix="/v1/centres/{centre_id}/agreements", tags=["centres"], route_class=ServiceRoute)
carrier_router = APIRouter(prefix="/v1/centres/{centre_id}/joint-carriers", tags=["centres"], route_class=ServiceRoute)

Reader = Annotated[Principal, Depends(require(CENTRE_OPERATOR, *DIVISION_ROLES, *READ_ALL))]
Host = Annotated[Principal, Depends(require(CENTRE_OPERATOR, *OFFICERS))]
Registrar = Annotated[Principal, Depends(require(CENTRE_OPERATOR, EDUCATION_OFFICER, *OFFICERS))]
"""The education bureau enters the schools and firms that its alliance brings (4.7-1, 4.7-2)."""

_STEP = problem_responses(404, 409, 412)


@router.get("")
async def list_partners(session: Session, _: Reader, wanted: Annotated[PartnerFilter, Query()]) -> Page[PartnerOut]:
    """The register of partners."""
    query = select(Partner).where(matching(wanted))
    return await paginate(session, query, keys=ORDERS[wanted.sort], params=wanted, item=PartnerOut.model_validate)


@router.get("/{partner_id}", responses=problem_responses(404))
async def read_partner(partner_id: UUID, session: Session, principal: Reader, response: Response) -> PartnerPageOut:
    """One partner, with its agreements and joint carriers."""
    partner = await find_partner(session, partner_id)
    agreements, carriers = await ties_of(session, principal, partner_id)
    set_etag(response, partner.version)
    ties = {
        "agreements": [AgreementOut.model_validate(row) for row in agreements],
        "joint_carriers": [JointCarrierOut.model_validate(row) for row in carriers],
    }
    return PartnerPageOut.model_validate(partner).model_copy(update=ties)


@router.post("", status_code=201, responses=problem_responses(409))
async def register_partner(
    body: RegisterPartner, session: Session, principal: Registrar, runtime: RuntimeDep, response: Response
) -> PartnerOut:
    """Enter a partner."""
    partner = await usecases.register_partner(session, runtime.editions, principal, body)
    response.headers["Location"] = f"/v1/partners/{partner.id}"
    set_etag(response, partner.version)
    return PartnerOut.model_validate(partner)


@router.patch("/{partner_id}", responses=problem_responses(404, 409, 412, 428))
async def amend_partner(
    partner_id: UUID,
    body: AmendPartner,
    session: Session,
    principal: Host,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> PartnerOut:
    """Change particulars."""
    partner = await usecases.amend_partner(session, runtime.editions, principal, partner_id, body, if_match=if_match)
    set_etag(response, partner.version)
    return PartnerOut.model_validate(partner)


@agreement_router.get("", responses=problem_responses(404))
async def list_agreements(
    centre_id: UUID, session: Session, principal: Reader, wanted: Annotated[OfCentreFilter, Query()]
) -> Page[AgreementOut]:
    """A centre's cooperation agreements."""
    await require_centre(session, centre_read_scope(principal), centre_id)
    require_begun(principal, wanted.on)
    query = select(Agreement).where(Agreement.centre_id == centre_id, agreements_matching(wanted))
    return await paginate(session, query, keys=[Agreement.id], params=wanted, item=AgreementOut.model_validate)


@agreement_router.post("", status_code=201, responses=problem_responses(404, 409))
async def record_agreement(
    centre_id: UUID, body: RecordAgreement, session: Session, principal: Host, response: Response
) -> AgreementOut:
    """Put a signed agreement on file."""
    agreement = await usecases.record_agreement(session, principal, centre_id, body)
    set_etag(response, agreement.version)
    return AgreementOut.model_validate(agreement)


@agreement_router.post("/{agreement_id}/end", responses=_STEP)
async def end_agreement(
    centre_id: UUID,
    agreement_id: UUID,
    body: End,
    session: Session,
    principal: Host,
    response: Response,
    if_match: IfMatch = None,
) -> AgreementOut:
    """End it before its time."""
    agreement = await usecases.end_agreement(session, principal, centre_id, agreement_id, body, if_match=if_match)
    set_etag(response, agreement.version)
    return AgreementOut.model_validate(agreement)


@carrier_router.get("", responses=problem_responses(404))
async def list_joint_carriers(
    centre_id: UUID, session: Session, principal: Reader, wanted: Annotated[OfCentreFilter, Query()]
) -> Page[JointCarrierOut]:
    """The carriers a centre set up together with partners."""
    await require_centre(session, centre_read_scope(principal), centre_id)
    require_begun(principal, wanted.on)
    query = select(JointCarrier).where(JointCarrier.centre_id == centre_id, carriers_matching(wanted))
    return await paginate(session, query, keys=[JointCarrier.id], params=wanted, item=JointCarrierOut.model_validate)


@carrier_router.post("", status_code=201, responses=problem_responses(404, 409))
async def set_up_joint_carrier(
    centre_id: UUID, body: SetUpCarrier, session: Session, principal: Host, runtime: RuntimeDep, response: Response
) -> JointCarrierOut:
    """Record a carrier set up with a partner."""
    carrier = await usecases.set_up_carrier(session, runtime.editions, principal, centre_id, body)
    set_etag(response, carrier.version)
    return JointCarrierOut.model_validate(carrier)


@carrier_router.post("/{carrier_id}/end", responses=_STEP)
async def end_joint_carrier(
    centre_id: UUID,
    carrier_id: UUID,
    body: End,
    session: Session,
    principal: Host,
    response: Response,
    if_match: IfMatch = None,
) -> JointCarrierOut:
    """Record its last day."""
    carrier = await usecases.end_carrier(session, principal, centre_id, carrier_id, body, if_match=if_match)
    set_etag(response, carrier.version)
    return JointCarrierOut.model_validate(carrier)
