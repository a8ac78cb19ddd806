"""/v1/referrals: enterprises referred to banks, and what becomes of it (3.2-1, 3.3-1)."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from services.finance.bank_products.facts import CITY
from services.finance.referrals import queries, sending, usecases
from services.finance.referrals.access import READERS
from services.finance.referrals.models import Referral
from services.finance.referrals.schemas import (
    DeclineIn,
    ReferralBatch,
    ReferralDetail,
    ReferralFilter,
    ReferralIn,
    ReferralOut,
    Statistics,
    StatisticsQuery,
    StepFilter,
    StepOut,
    WithdrawalIn,
)
from services.finance.referrals.statistics import count_referrals
from shared.auth import roles as r
from shared.auth.principal import Principal, require
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute, Session
from shared.runtime import RuntimeDep

Sender = Annotated[Principal, Depends(require(r.ENTERPRISE, r.CENTRE_OPERATOR, r.FINANCE_OFFICER))]
Owner = Annotated[Principal, Depends(require(r.ENTERPRISE))]
Taker = Annotated[Principal, Depends(require(r.ENTERPRISE, r.CENTRE_OPERATOR))]
Reader = Annotated[Principal, Depends(require(*READERS))]
Counter = Annotated[Principal, Depends(require(r.BANK, *CITY))]

router = APIRouter(prefix="/v1/referrals", tags=["referrals"], route_class=ServiceRoute)

STEP = problem_responses(403, 404, 409, 412)


@router.post("", status_code=201, responses=problem_responses(403, 404, 409))
async def refer(session: Session, runtime: RuntimeDep, caller: Sender, sent: ReferralIn) -> ReferralBatch:
    """Refer an enterprise to banks, one referral for each."""
    batch_id, rows = await sending.refer(session, sent, principal=caller, editions=runtime.editions)
    return ReferralBatch(batch_id=batch_id, items=await queries.shown(session, rows, caller))


@router.get("")
async def list_referrals(
    session: Session, caller: Reader, wanted: Annotated[ReferralFilter, Query()]
) -> Page[ReferralOut]:
    """Referrals, the latest first."""
    return await queries.list_referrals(session, wanted, caller)


@router.get("/steps")
async def list_steps(session: Session, caller: Reader, wanted: Annotated[StepFilter, Query()]) -> Page[StepOut]:
    """What banks have reported, in the order recorded."""
    return await queries.list_steps(session, wanted, caller)


@router.get("/statistics")
async def read_statistics(session: Session, caller: Counter, wanted: Annotated[StatisticsQuery, Query()]) -> Statistics:
    """Counts, sums and days by bank and product."""
    return await count_referrals(session, wanted, caller)


@router.get("/{referral_id}", responses=problem_responses(404))
async def read_referral(session: Session, caller: Reader, referral_id: UUID, response: Response) -> ReferralDetail:
    """One referral with the bank's steps."""
    return await _answer(session, await queries.find(session, referral_id, caller), caller, response)


@router.post("/{referral_id}/confirm", responses=STEP)
async def confirm_referral(
    session: Session,
    runtime: RuntimeDep,
    caller: Owner,
    referral_id: UUID,
    response: Response,
    if_match: IfMatch = None,
) -> ReferralDetail:
    """Send what the centre prepared."""
    referral = await sending.confirm(
        session, referral_id, principal=caller, editions=runtime.editions, if_match=if_match
    )
    return await _answer(session, referral, caller, response)


@router.post("/{referral_id}/agree", responses=STEP)
async def agree_to_offer(
    session: Session,
    runtime: RuntimeDep,
    caller: Owner,
    referral_id: UUID,
    response: Response,
    if_match: IfMatch = None,
) -> ReferralDetail:
    """Take the bank's offer."""
    referral = await usecases.agree(
        session, referral_id, principal=caller, editions=runtime.editions, if_match=if_match
    )
    return await _answer(session, referral, caller, response)


@router.post("/{referral_id}/decline", responses=STEP)
async def decline_offer(
    session: Session,
    caller: Owner,
    referral_id: UUID,
    sent: DeclineIn,
    response: Response,
    if_match: IfMatch = None,
) -> ReferralDetail:
    """Do not take the bank's offer."""
    referral = await usecases.decline(session, referral_id, sent, principal=caller, if_match=if_match)
    return await _answer(session, referral, caller, response)


@router.post("/{referral_id}/withdraw", responses=STEP)
async def withdraw_referral(
    session: Session,
    caller: Taker,
    referral_id: UUID,
    sent: WithdrawalIn,
    response: Response,
    if_match: IfMatch = None,
) -> ReferralDetail:
    """Take a referral back; a centre only what it has prepared."""
    referral = await usecases.withdraw(session, referral_id, sent, principal=caller, if_match=if_match)
    return await _answer(session, referral, caller, response)


async def _answer(session: Session, referral: Referral, caller: Principal, response: Response) -> ReferralDetail:
    set_etag(response, referral.version)
    return await queries.detail(session, referral, caller)
