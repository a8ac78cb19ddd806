"""`/v1/voucher-delistings/{case_id}`: which vouchers a delisting stopped, and what became of their holds (2.3-5)."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from services.vouchers.access import DIVISION_ROLES, READ_ALL
from services.vouchers.delisting import queries
from services.vouchers.delisting.models import DelistingCarriedOut, delisting_effect, delisting_hold
from services.vouchers.delisting.schemas import CaseFilter, CaseItem, CaseOut, EffectFilter, EffectItem, HoldItem
from shared.auth import roles as r
from shared.auth.principal import Principal, require
from shared.db import Session
from shared.http.paging import Page, paginate
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute

router = APIRouter(prefix="/v1/voucher-delistings", tags=["voucher delistings"], route_class=ServiceRoute)

Concerned = Annotated[Principal, Depends(require(*READ_ALL, *DIVISION_ROLES, r.ENTERPRISE, r.PROVIDER))]


@router.get("")
async def list_cases(session: Session, principal: Concerned, wanted: Annotated[CaseFilter, Query()]) -> Page[CaseItem]:
    """Delistings that stopped vouchers, or ended holds, which concern the caller; the newest first."""
    return await paginate(
        session,
        queries.cases(principal, wanted),
        keys=[DelistingCarriedOut.effective_on.desc(), DelistingCarriedOut.id.desc()],
        params=wanted,
        item=lambda done: CaseItem(case_id=done.id, centre_id=done.centre_id, effective_on=done.effective_on),
    )


@router.get("/{case_id}", responses=problem_responses(404))
async def read_effect(case_id: UUID, session: Session, principal: Concerned) -> CaseOut:
    """What the delisting did to vouchers that concern the caller, in sums."""
    return await queries.show(session, principal, case_id)


@router.get("/{case_id}/vouchers", responses=problem_responses(404))
async def list_stopped(
    case_id: UUID, session: Session, principal: Concerned, wanted: Annotated[EffectFilter, Query()]
) -> Page[EffectItem]:
    """The vouchers that it stopped, with what went back and whether they may run again."""
    await queries.show(session, principal, case_id)
    return await paginate(
        session,
        queries.effects_of(principal, case_id),
        keys=[delisting_effect.c.voucher_id.desc(), delisting_effect.c.voucher_version.desc()],
        params=wanted,
        item=EffectItem.model_validate,
    )


@router.get("/{case_id}/redemptions", responses=problem_responses(404))
async def list_holds(
    case_id: UUID, session: Session, principal: Concerned, wanted: Annotated[EffectFilter, Query()]
) -> Page[HoldItem]:
    """The holds that were open on them: honoured, as they were delivered, or released."""
    await queries.show(session, principal, case_id)
    return await paginate(
        session,
        queries.holds_of(principal, case_id),
        keys=[delisting_hold.c.redemption_id.desc(), delisting_hold.c.outcome.desc()],
        params=wanted,
        item=HoldItem.model_validate,
    )
