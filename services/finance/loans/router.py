"""/v1/loans: from the dry run to the application, and reading (3.2-3 to 3.2-5)."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Query, Request, Response

from services.finance.grants.schemas import StepRequest
from services.finance.loans import applications, consents, ending, queries, refusals
from services.finance.loans.answers import BankRefusalOut, EligibilityOut, HiresOut, LoanDetail, LoanOut
from services.finance.loans.applications import Wish
from services.finance.loans.cases import Step
from services.finance.loans.evidence import Keys, MaybeKeys
from services.finance.loans.models import Loan
from services.finance.loans.schemas import (
    BankRefusalFilter,
    BankRefusalIn,
    ConsentIn,
    EligibilityIn,
    HiresIn,
    LoanFilter,
    LoanIn,
    LoanTermsIn,
)
from shared.auth import roles as r
from shared.auth.principal import Principal, require
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page
from shared.http.problems import problem_responses
from shared.http.route import IdempotencyRequired, ServiceRoute, Session
from shared.runtime import RuntimeDep

Applicant = Annotated[Principal, Depends(require(r.ENTERPRISE, r.FOUNDER, r.HR_OFFICER, r.FINANCE_OFFICER))]
Founder = Annotated[Principal, Depends(require(r.FOUNDER))]
Reader = Annotated[Principal, Depends(require(*queries.READERS))]
HireReader = Annotated[Principal, Depends(require(*queries.HIRE_READERS))]
Recorder = Annotated[Principal, Depends(require(r.BANK, r.FINANCE_OFFICER))]
RefusalReader = Annotated[Principal, Depends(require(*queries.REFUSAL_READERS))]

router = APIRouter(prefix="/v1/loans", tags=["loans"], route_class=ServiceRoute)

STEP = problem_responses(403, 404, 409, 412)


async def _not_replayed(request: Request) -> None:
    """The request names a number: no hash of it is kept beside an idempotency key, from which it could be guessed."""
    request.state.no_replay = True


NotReplayed = Depends(_not_replayed)


@router.post("/eligibility", responses=problem_responses(403, 404, 409))
async def try_eligibility(
    session: Session, runtime: RuntimeDep, caller: Applicant, sent: EligibilityIn
) -> EligibilityOut:
    """What an application would meet today, rule by rule; nothing is stored."""
    found = await applications.try_out(session, sent, Wish(caller, runtime.editions))
    calculation = None if found.calculation is None else found.calculation.to_json()
    return EligibilityOut.model_validate(
        {"passed": found.decision.passed, "decision": found.decision, "hire_calculation": calculation}
    )


@router.post("", status_code=201, dependencies=[IdempotencyRequired], responses=problem_responses(400, 403, 404, 409))
async def open_loan(
    session: Session, runtime: RuntimeDep, caller: Applicant, sent: LoanIn, keys: MaybeKeys, response: Response
) -> LoanDetail:
    """Draft an application, or apply at once; with `referral_id` the bank's refusal of it is the evidence."""
    loan = await applications.open_loan(session, sent, Wish(caller, runtime.editions), keys)
    response.headers["Location"] = f"{router.prefix}/{loan.id}"
    return await answer(session, loan, caller, response)


@router.get("")
async def list_loans(session: Session, caller: Reader, wanted: Annotated[LoanFilter, Query()]) -> Page[LoanOut]:
    """Loans that the caller reads, the latest number first."""
    return await queries.list_loans(session, wanted, caller)


@router.post(
    "/refusals",
    status_code=201,
    dependencies=[IdempotencyRequired],
    responses=problem_responses(400, 403, 409),
)
async def record_refusal(session: Session, caller: Recorder, sent: BankRefusalIn) -> BankRefusalOut:
    """A bank's refusal of a borrower, recorded by the bank or by the finance bureau."""
    return BankRefusalOut.model_validate(await refusals.record(session, sent, caller))


@router.get("/refusals")
async def list_refusals(
    session: Session, caller: RefusalReader, wanted: Annotated[BankRefusalFilter, Query()]
) -> Page[BankRefusalOut]:
    """Banks' refusals on record, the latest first."""
    return await queries.list_refusals(session, wanted, caller)


@router.get("/{loan_id}", responses=problem_responses(404))
async def read_loan(session: Session, caller: Reader, loan_id: UUID, response: Response) -> LoanDetail:
    """One loan with its decisions."""
    return await answer(session, await queries.find(session, loan_id, caller), caller, response)


@router.patch("/{loan_id}", responses=problem_responses(403, 404, 409, 412, 428))
async def amend_loan(
    session: Session,
    runtime: RuntimeDep,
    caller: Applicant,
    loan_id: UUID,
    sent: LoanTermsIn,
    response: Response,
    if_match: IfMatch = None,
) -> LoanDetail:
    """Change a draft: all of it but product and borrower is sent again."""
    step = Step(loan_id, caller, runtime.editions)
    return await answer(
        session, await applications.amend(session, sent, step=step, if_match=if_match), caller, response
    )


@router.post("/{loan_id}/hires", dependencies=[NotReplayed], responses=problem_responses(403, 404, 409, 412, 503))
async def record_hires(
    session: Session,
    runtime: RuntimeDep,
    caller: Applicant,
    loan_id: UUID,
    sent: HiresIn,
    keys: Keys,
    response: Response,
    if_match: IfMatch = None,
) -> HiresOut:
    """Put a list of hires in place of the one before; class and number are sealed."""
    step = Step(loan_id, caller, runtime.editions, if_match)
    loan = await applications.record_hires(session, sent, step=step, keys=keys)
    set_etag(response, loan.version)
    return await queries.hires(session, loan, caller, keys)


@router.get("/{loan_id}/hires", responses=problem_responses(404, 503))
async def read_hires(session: Session, caller: HireReader, loan_id: UUID, keys: MaybeKeys) -> HiresOut:
    """The list with its calculation, numbers masked."""
    return await queries.hires(session, await queries.find(session, loan_id, caller), caller, keys)


@router.post("/{loan_id}/consent", responses=STEP)
async def consent_to_loan(
    session: Session,
    runtime: RuntimeDep,
    caller: Founder,
    loan_id: UUID,
    response: Response,
    sent: Annotated[ConsentIn, Body()] = ConsentIn(),  # noqa: B008  # frozen
    if_match: IfMatch = None,
) -> LoanDetail:
    """A joint partner, or the graduate for whom an enterprise files, agrees to the draft or takes that back."""
    step = Step(loan_id, caller, runtime.editions, if_match)
    return await answer(session, await consents.give(session, sent, step=step), caller, response)


@router.post("/{loan_id}/submit", responses=problem_responses(403, 404, 409, 412, 503))
async def submit_loan(
    session: Session,
    runtime: RuntimeDep,
    caller: Applicant,
    loan_id: UUID,
    keys: MaybeKeys,
    response: Response,
    sent: Annotated[StepRequest, Body()] = StepRequest(),  # noqa: B008  # frozen
    if_match: IfMatch = None,
) -> LoanDetail:
    """Apply; a rule that is not met leaves the draft as it is."""
    step = Step(loan_id, caller, runtime.editions, if_match)
    loan = await applications.submit(session, sent.decided_on, step=step, keys=keys)
    return await answer(session, loan, caller, response)


@router.post("/{loan_id}/withdraw", responses=STEP)
async def withdraw_loan(
    session: Session,
    runtime: RuntimeDep,
    caller: Applicant,
    loan_id: UUID,
    response: Response,
    sent: Annotated[StepRequest, Body()] = StepRequest(),  # noqa: B008  # frozen
    if_match: IfMatch = None,
) -> LoanDetail:
    """The borrower does not want it any more."""
    step = Step(loan_id, caller, runtime.editions, if_match)
    return await answer(session, await ending.withdraw(session, sent, step=step), caller, response)


async def answer(session: Session, loan: Loan, caller: Principal, response: Response) -> LoanDetail:
    """The loan as the caller sees it, with its ETag."""
    shown = await queries.detail(session, loan, caller)
    set_etag(response, loan.version)
    return shown
