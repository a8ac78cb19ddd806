"""/v1/referrals/{id}/...: a bank's steps, each under a reference of its own and an Idempotency-Key (3.2-1)."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from services.finance.referrals import bank_steps
from services.finance.referrals.bank_steps import Report, Reported
from services.finance.referrals.queries import step_out
from services.finance.referrals.schemas import MoneyIn, OfferIn, RefuseIn, RepayIn, ReverseIn, StepIn, StepOut
from shared.auth import roles as r
from shared.auth.principal import Principal, require
from shared.http.etag import IfMatch, set_etag
from shared.http.problems import problem_responses
from shared.http.route import IdempotencyRequired, ServiceRoute, Session
from shared.runtime import RuntimeDep

Bank = Annotated[Principal, Depends(require(r.BANK))]

router = APIRouter(prefix="/v1/referrals", tags=["referrals"], route_class=ServiceRoute)

STEP = problem_responses(400, 403, 404, 409, 412)


async def bank_report(caller: Bank, runtime: RuntimeDep, referral_id: UUID, if_match: IfMatch = None) -> Report:
    """Who reports about which referral."""
    return Report(referral_id, caller, runtime.editions, if_match)


Reporting = Annotated[Report, Depends(bank_report)]


@router.post("/{referral_id}/accept", dependencies=[IdempotencyRequired], responses=STEP)
async def accept(session: Session, report: Reporting, sent: StepIn, response: Response) -> StepOut:
    """The bank examines the referral."""
    return _answer(await bank_steps.accept(session, sent, report=report), response)


@router.post("/{referral_id}/refuse", dependencies=[IdempotencyRequired], responses=STEP)
async def refuse(session: Session, report: Reporting, sent: RefuseIn, response: Response) -> StepOut:
    """The bank will not lend, for a reason of the list."""
    return _answer(await bank_steps.refuse(session, sent, report=report), response)


@router.post("/{referral_id}/offer", dependencies=[IdempotencyRequired], responses=STEP)
async def offer(session: Session, report: Reporting, sent: OfferIn, response: Response) -> StepOut:
    """What the bank would lend, at which rate, and until when the enterprise may say yes."""
    return _answer(await bank_steps.offer(session, sent, report=report), response)


@router.post("/{referral_id}/disburse", dependencies=[IdempotencyRequired], responses=STEP)
async def disburse(session: Session, report: Reporting, sent: MoneyIn, response: Response) -> StepOut:
    """The bank has paid out, whole or in part."""
    return _answer(await bank_steps.disburse(session, sent, report=report), response)


@router.post("/{referral_id}/repay", dependencies=[IdempotencyRequired], responses=STEP)
async def repay(session: Session, report: Reporting, sent: RepayIn, response: Response) -> StepOut:
    """The bank has received principal, with interest noted beside it."""
    return _answer(await bank_steps.repay(session, sent, report=report), response)


@router.post("/{referral_id}/reverse", dependencies=[IdempotencyRequired], responses=STEP)
async def reverse(session: Session, report: Reporting, sent: ReverseIn, response: Response) -> StepOut:
    """Take a wrongly reported disbursement or repayment back."""
    return _answer(await bank_steps.reverse(session, sent, report=report), response)


@router.post("/{referral_id}/close", dependencies=[IdempotencyRequired], responses=STEP)
async def close(session: Session, report: Reporting, sent: StepIn, response: Response) -> StepOut:
    """Nothing is owed any more."""
    return _answer(await bank_steps.close(session, sent, report=report), response)


@router.post("/{referral_id}/cancel", dependencies=[IdempotencyRequired], responses=STEP)
async def cancel(session: Session, report: Reporting, sent: RefuseIn, response: Response) -> StepOut:
    """The bank does not pay out what was agreed; nothing was paid yet."""
    return _answer(await bank_steps.cancel(session, sent, report=report), response)


def _answer(reported: Reported, response: Response) -> StepOut:
    set_etag(response, reported.step.version_after)
    return step_out(reported.step, reported.referral_no, reported.reverses)
