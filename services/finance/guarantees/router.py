"""/v1/loans/guarantees: the guarantor's side (3.2-3); served before /v1/loans/{loan_id}."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Query, Response

from services.finance.grants.schemas import PapersIn
from services.finance.guarantees import claims, queries, usecases
from services.finance.guarantees.hands import MAY_APPROVE, MAY_PAY
from services.finance.guarantees.models import Guarantee, GuaranteeClaim
from services.finance.guarantees.schemas import (
    ClaimPaymentIn,
    ClaimRefusalIn,
    GuaranteeCancelIn,
    GuaranteeClaimDetail,
    GuaranteeClaimFilter,
    GuaranteeClaimIn,
    GuaranteeClaimOut,
    GuaranteeDetail,
    GuaranteeFeeIn,
    GuaranteeFilter,
    GuaranteeIn,
    GuaranteeIssueIn,
    GuaranteeLimitsOut,
    GuaranteeOut,
    WriteOffIn,
)
from services.finance.guarantees.usecases import Step
from services.finance.servicing.access import READERS
from services.finance.servicing.schemas import Nothing
from shared.auth import roles as r
from shared.auth.principal import Principal, require
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page
from shared.http.problems import problem_responses
from shared.http.route import IdempotencyRequired, ServiceRoute, Session
from shared.runtime import RuntimeDep

Guarantor = Annotated[Principal, Depends(require(r.GUARANTOR))]
Approver = Annotated[Principal, Depends(require(*MAY_APPROVE))]
Payer = Annotated[Principal, Depends(require(*MAY_PAY))]
Bank = Annotated[Principal, Depends(require(r.BANK))]
Reader = Annotated[Principal, Depends(require(*READERS))]
Supervisor = Annotated[Principal, Depends(require(r.GUARANTOR, r.FINANCE_OFFICER, r.FINANCE_APPROVER, r.AUDITOR))]
Plain = Annotated[Nothing, Body()]

router = APIRouter(prefix="/v1/loans/guarantees", tags=["guarantees"], route_class=ServiceRoute)

STEP = problem_responses(403, 404, 409, 412)
MONEY = problem_responses(400, 403, 404, 409, 412)


@router.post("", status_code=201, dependencies=[IdempotencyRequired], responses=problem_responses(400, 403, 404, 409))
async def draft_guarantee(
    session: Session, runtime: RuntimeDep, caller: Guarantor, sent: GuaranteeIn, response: Response
) -> GuaranteeDetail:
    """Draw up the guarantee of a signed loan; the guarantor's limits hold it from here on."""
    guarantee = await usecases.draft(session, sent, principal=caller, editions=runtime.editions)
    response.headers["Location"] = f"{router.prefix}/{guarantee.id}"
    return await _answer(session, guarantee, response)


@router.get("")
async def list_guarantees(
    session: Session, caller: Reader, wanted: Annotated[GuaranteeFilter, Query()]
) -> Page[GuaranteeOut]:
    """Guarantees of the loans that the caller sees."""
    return await queries.list_guarantees(session, wanted, caller)


@router.get("/claims")
async def list_claims(
    session: Session, caller: Reader, wanted: Annotated[GuaranteeClaimFilter, Query()]
) -> Page[GuaranteeClaimOut]:
    """Claims on the guarantees that the caller sees."""
    return await queries.list_claims(session, wanted, caller)


@router.get("/claims/{claim_id}", responses=problem_responses(404))
async def read_claim(session: Session, caller: Reader, claim_id: UUID, response: Response) -> GuaranteeClaimDetail:
    """One claim with the rules applied at each step."""
    return await _claim(session, await queries.find_claim(session, claim_id, caller), response)


@router.post("/claims/{claim_id}/accept", responses=STEP)
async def accept_claim(
    session: Session,
    runtime: RuntimeDep,
    caller: Guarantor,
    claim_id: UUID,
    response: Response,
    _: Plain = Nothing(),  # noqa: B008  # frozen
    if_match: IfMatch = None,
) -> GuaranteeClaimDetail:
    """An officer of the guarantor has checked the claim."""
    step = Step(claim_id, caller, runtime.editions, if_match)
    return await _claim(session, await claims.accept(session, step=step), response)


@router.post("/claims/{claim_id}/approve", dependencies=[IdempotencyRequired], responses=MONEY)
async def approve_claim(
    session: Session,
    runtime: RuntimeDep,
    caller: Approver,
    claim_id: UUID,
    response: Response,
    sent: Annotated[PapersIn, Body()] = PapersIn(),  # noqa: B008  # frozen
    if_match: IfMatch = None,
) -> GuaranteeClaimDetail:
    """A second person at the guarantor approves; an approver of the loan's department where the public fund pays."""
    step = Step(claim_id, caller, runtime.editions, if_match)
    return await _claim(session, await claims.approve(session, sent, step=step), response)


@router.post("/claims/{claim_id}/pay", dependencies=[IdempotencyRequired], responses=MONEY)
async def pay_claim(
    session: Session,
    runtime: RuntimeDep,
    caller: Payer,
    claim_id: UUID,
    sent: ClaimPaymentIn,
    response: Response,
    if_match: IfMatch = None,
) -> GuaranteeClaimDetail:
    """The guarantor has paid the bank, or the treasury out of the public fund."""
    step = Step(claim_id, caller, runtime.editions, if_match)
    return await _claim(session, await claims.pay(session, sent, step=step), response)


@router.post("/claims/{claim_id}/refuse", responses=STEP)
async def refuse_claim(
    session: Session,
    runtime: RuntimeDep,
    caller: Approver,
    claim_id: UUID,
    sent: ClaimRefusalIn,
    response: Response,
    if_match: IfMatch = None,
) -> GuaranteeClaimDetail:
    """It is not paid; what a department approved it takes back itself."""
    step = Step(claim_id, caller, runtime.editions, if_match)
    return await _claim(session, await claims.refuse(session, sent, step=step), response)


@router.post("/claims/{claim_id}/withdraw", responses=STEP)
async def withdraw_claim(
    session: Session,
    runtime: RuntimeDep,
    caller: Bank,
    claim_id: UUID,
    response: Response,
    _: Plain = Nothing(),  # noqa: B008  # frozen
    if_match: IfMatch = None,
) -> GuaranteeClaimDetail:
    """The bank takes its claim back."""
    step = Step(claim_id, caller, runtime.editions, if_match)
    return await _claim(session, await claims.withdraw(session, step=step), response)


@router.get("/{guarantee_id}", responses=problem_responses(404))
async def read_guarantee(session: Session, caller: Reader, guarantee_id: UUID, response: Response) -> GuaranteeDetail:
    """One guarantee with its counter-guarantees and the rules applied at each step."""
    return await _answer(session, await queries.find(session, guarantee_id, caller), response)


@router.get("/{guarantee_id}/limits", responses=problem_responses(404))
async def read_limits(
    session: Session, runtime: RuntimeDep, caller: Supervisor, guarantee_id: UUID
) -> GuaranteeLimitsOut:
    """What the guarantor's limits hold for the borrower and for everybody together."""
    guarantee = await queries.find(session, guarantee_id, caller)
    edition = runtime.editions.get(guarantee.edition)
    return await queries.limits(session, edition, guarantee.borrower, caller.today, livemode=guarantee.livemode)


@router.post("/{guarantee_id}/issue", responses=STEP)
async def issue_guarantee(
    session: Session,
    runtime: RuntimeDep,
    caller: Guarantor,
    guarantee_id: UUID,
    sent: GuaranteeIssueIn,
    response: Response,
    if_match: IfMatch = None,
) -> GuaranteeDetail:
    """A second person at the guarantor puts it in force."""
    step = Step(guarantee_id, caller, runtime.editions, if_match)
    return await _answer(session, await usecases.issue(session, sent, step=step), response)


@router.post("/{guarantee_id}/cancel", responses=STEP)
async def cancel_guarantee(
    session: Session,
    runtime: RuntimeDep,
    caller: Guarantor,
    guarantee_id: UUID,
    sent: GuaranteeCancelIn,
    response: Response,
    if_match: IfMatch = None,
) -> GuaranteeDetail:
    """It is not given; only before anything was drawn."""
    step = Step(guarantee_id, caller, runtime.editions, if_match)
    return await _answer(session, await usecases.cancel(session, sent, step=step), response)


@router.post("/{guarantee_id}/fee", dependencies=[IdempotencyRequired], responses=MONEY)
async def record_fee(
    session: Session,
    runtime: RuntimeDep,
    caller: Guarantor,
    guarantee_id: UUID,
    sent: GuaranteeFeeIn,
    response: Response,
    if_match: IfMatch = None,
) -> GuaranteeDetail:
    """The borrower has paid the fee."""
    step = Step(guarantee_id, caller, runtime.editions, if_match)
    return await _answer(session, await usecases.record_fee(session, sent, step=step), response)


@router.post("/{guarantee_id}/claims", status_code=201, dependencies=[IdempotencyRequired], responses=MONEY)
async def file_claim(
    session: Session,
    runtime: RuntimeDep,
    caller: Bank,
    guarantee_id: UUID,
    sent: GuaranteeClaimIn,
    response: Response,
) -> GuaranteeClaimDetail:
    """The bank calls the guarantor (代偿)."""
    step = Step(guarantee_id, caller, runtime.editions)
    return await _claim(session, await claims.file(session, sent, step=step), response)


@router.post("/{guarantee_id}/propose-write-off", responses=STEP)
async def propose_write_off(
    session: Session,
    runtime: RuntimeDep,
    caller: Guarantor,
    guarantee_id: UUID,
    sent: WriteOffIn,
    response: Response,
    if_match: IfMatch = None,
) -> GuaranteeDetail:
    """One person at the guarantor proposes to write off what cannot be recovered."""
    step = Step(guarantee_id, caller, runtime.editions, if_match)
    return await _answer(session, await usecases.propose_write_off(session, sent, step=step), response)


@router.post("/{guarantee_id}/write-off", dependencies=[IdempotencyRequired], responses=MONEY)
async def approve_write_off(
    session: Session,
    runtime: RuntimeDep,
    caller: Approver,
    guarantee_id: UUID,
    response: Response,
    _: Plain = Nothing(),  # noqa: B008  # frozen
    if_match: IfMatch = None,
) -> GuaranteeDetail:
    """A second person writes it off, of the loan's department where the public fund bore it; it is still owed."""
    step = Step(guarantee_id, caller, runtime.editions, if_match)
    return await _answer(session, await usecases.approve_write_off(session, step=step), response)


async def _answer(session: Session, guarantee: Guarantee, response: Response) -> GuaranteeDetail:
    set_etag(response, guarantee.version)
    return await queries.detail(session, guarantee)


async def _claim(session: Session, claim: GuaranteeClaim, response: Response) -> GuaranteeClaimDetail:
    set_etag(response, claim.version)
    return await queries.claim_detail(session, claim)
