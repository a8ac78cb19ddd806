"""/v1/referrals/sandbox: test credentials of banks make referrals for themselves and play the enterprise (3.2-1)."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Response

from services.finance.referrals import queries, sandbox
from services.finance.referrals.models import Referral
from services.finance.referrals.schemas import DeclineIn, ReferralDetail, SandboxReferralIn, WithdrawalIn
from shared.auth import roles as r
from shared.auth.principal import Principal, require
from shared.http.etag import IfMatch, set_etag
from shared.http.problems import problem_responses
from shared.http.route import IdempotencyRequired, ServiceRoute, Session
from shared.runtime import RuntimeDep

Bank = Annotated[Principal, Depends(require(r.BANK))]

router = APIRouter(prefix="/v1/referrals/sandbox", tags=["referrals"], route_class=ServiceRoute)

STEP = problem_responses(400, 403, 404, 409, 412)


@router.post("", status_code=201, dependencies=[IdempotencyRequired], responses=problem_responses(400, 403, 409))
async def make_sandbox_referral(
    session: Session,
    runtime: RuntimeDep,
    caller: Bank,
    response: Response,
    sent: Annotated[SandboxReferralIn, Body()] = SandboxReferralIn(),  # noqa: B008  # frozen
) -> ReferralDetail:
    """A referral of a fictional enterprise to the caller's bank; test credentials only."""
    referral = await sandbox.make(session, sent, principal=caller, editions=runtime.editions)
    response.headers["Location"] = f"/v1/referrals/{referral.id}"
    return await _answer(session, referral, caller, response)


@router.post("/{referral_id}/agree", dependencies=[IdempotencyRequired], responses=STEP)
async def agree_in_sandbox(
    session: Session,
    runtime: RuntimeDep,
    caller: Bank,
    referral_id: UUID,
    response: Response,
    if_match: IfMatch = None,
) -> ReferralDetail:
    """The fictional enterprise takes the bank's offer."""
    referral = await sandbox.agree(session, referral_id, principal=caller, editions=runtime.editions, if_match=if_match)
    return await _answer(session, referral, caller, response)


@router.post("/{referral_id}/decline", dependencies=[IdempotencyRequired], responses=STEP)
async def decline_in_sandbox(
    session: Session,
    caller: Bank,
    referral_id: UUID,
    sent: DeclineIn,
    response: Response,
    if_match: IfMatch = None,
) -> ReferralDetail:
    """The fictional enterprise does not take the bank's offer."""
    referral = await sandbox.decline(session, referral_id, sent, principal=caller, if_match=if_match)
    return await _answer(session, referral, caller, response)


@router.post("/{referral_id}/withdraw", dependencies=[IdempotencyRequired], responses=STEP)
async def withdraw_in_sandbox(
    session: Session,
    caller: Bank,
    referral_id: UUID,
    sent: WithdrawalIn,
    response: Response,
    if_match: IfMatch = None,
) -> ReferralDetail:
    """The fictional enterprise takes the referral back."""
    referral = await sandbox.withdraw(session, referral_id, sent, principal=caller, if_match=if_match)
    return await _answer(session, referral, caller, response)


async def _answer(session: Session, referral: Referral, caller: Principal, response: Response) -> ReferralDetail:
    set_etag(response, referral.version)
    return await queries.detail(session, referral, caller)
