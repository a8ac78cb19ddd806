"""/v1/loans/subsidies and /v1/loans/prime-rates (3.2-4, 3.2-5); served before /v1/loans/{loan_id}."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Query, Response

from services.finance.grants.schemas import MoneyDecision, StepRequest
from services.finance.servicing.access import READERS
from services.finance.servicing.schemas import Nothing
from services.finance.subsidies import queries, rates, recoveries, usecases
from services.finance.subsidies.models import PrimeRate, SubsidyStatement
from services.finance.subsidies.queries import STATEMENT_READERS
from services.finance.subsidies.schemas import (
    PrimeRateFilter,
    PrimeRateIn,
    PrimeRateOut,
    SubsidyLineFilter,
    SubsidyLineOut,
    SubsidyPayment,
    SubsidyRecovery,
    SubsidyRefusal,
    SubsidyStatementDetail,
    SubsidyStatementFilter,
    SubsidyStatementIn,
    SubsidyStatementOut,
)
from services.finance.subsidies.usecases import Step
from shared.auth import roles as r
from shared.auth.principal import Principal, require
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page
from shared.http.problems import problem_responses
from shared.http.route import IdempotencyRequired, ServiceRoute, Session
from shared.policy.edition import Edition
from shared.runtime import RuntimeDep

Officer = Annotated[Principal, Depends(require(r.FINANCE_OFFICER, r.HR_OFFICER))]
Approver = Annotated[Principal, Depends(require(r.FINANCE_APPROVER, r.HR_APPROVER))]
Decider = Annotated[Principal, Depends(require(r.FINANCE_OFFICER, r.HR_OFFICER, r.FINANCE_APPROVER, r.HR_APPROVER))]
Treasury = Annotated[Principal, Depends(require(r.TREASURY_OFFICER, r.TREASURY_APPROVER))]
RateOfficer = Annotated[Principal, Depends(require(r.FINANCE_OFFICER))]
RateApprover = Annotated[Principal, Depends(require(r.FINANCE_APPROVER))]
StatementReader = Annotated[Principal, Depends(require(*STATEMENT_READERS))]
Reader = Annotated[Principal, Depends(require(*READERS))]
Plain = Annotated[StepRequest, Body()]
Empty = Annotated[Nothing, Body()]

router = APIRouter(prefix="/v1/loans/subsidies", tags=["interest subsidies"], route_class=ServiceRoute)
prime_rates = APIRouter(prefix="/v1/loans/prime-rates", tags=["interest subsidies"], route_class=ServiceRoute)

STEP = problem_responses(403, 404, 409, 412)
MONEY = problem_responses(400, 403, 404, 409, 412)


@prime_rates.get("")
async def list_prime_rates(
    session: Session, _: Reader, wanted: Annotated[PrimeRateFilter, Query()]
) -> Page[PrimeRateOut]:
    """Loan prime rates (LPR), the latest first."""
    return await rates.list_rates(session, wanted)


@prime_rates.post("", status_code=201, responses=problem_responses(403, 409))
async def record_prime_rate(
    session: Session, caller: RateOfficer, sent: PrimeRateIn, response: Response
) -> PrimeRateOut:
    """Enter a published rate with its source; it counts once somebody else confirms it."""
    return _rate(await rates.record(session, sent, principal=caller), response)


@prime_rates.post("/{rate_id}/confirm", responses=STEP)
async def confirm_prime_rate(
    session: Session,
    runtime: RuntimeDep,
    caller: RateApprover,
    rate_id: UUID,
    response: Response,
    _: Empty = Nothing(),  # noqa: B008  # frozen
    if_match: IfMatch = None,
) -> PrimeRateOut:
    """A second person has compared it with its source."""
    edition = _edition(runtime, caller)
    return _rate(await rates.confirm(session, rate_id, principal=caller, edition=edition, if_match=if_match), response)


@prime_rates.post("/{rate_id}/refuse", responses=STEP)
async def refuse_prime_rate(
    session: Session,
    runtime: RuntimeDep,
    caller: RateApprover,
    rate_id: UUID,
    response: Response,
    _: Empty = Nothing(),  # noqa: B008  # frozen
    if_match: IfMatch = None,
) -> PrimeRateOut:
    """It is not the published rate."""
    edition = _edition(runtime, caller)
    return _rate(await rates.refuse(session, rate_id, principal=caller, edition=edition, if_match=if_match), response)


@router.post("", status_code=201, dependencies=[IdempotencyRequired], responses=problem_responses(400, 403, 409))
async def prepare_statement(
    session: Session, runtime: RuntimeDep, caller: Officer, sent: SubsidyStatementIn, response: Response
) -> SubsidyStatementDetail:
    """Compute a quarter for all loans of the department, with corrections of earlier quarters."""
    statement = await usecases.prepare(session, sent, principal=caller, editions=runtime.editions)
    response.headers["Location"] = f"{router.prefix}/{statement.id}"
    return await _answer(session, statement, response)


@router.get("")
async def list_statements(
    session: Session, caller: StatementReader, wanted: Annotated[SubsidyStatementFilter, Query()]
) -> Page[SubsidyStatementOut]:
    """Statements by quarter and department, newest first."""
    return await queries.list_statements(session, wanted, caller)


@router.get("/lines")
async def list_lines(
    session: Session, caller: Reader, wanted: Annotated[SubsidyLineFilter, Query()]
) -> Page[SubsidyLineOut]:
    """The subsidy of each loan and quarter; a borrower's and a bank's own."""
    return await queries.list_lines(session, wanted, caller)


@router.post("/lines/{line_id}/recover", dependencies=[IdempotencyRequired], responses=MONEY)
async def recover_line(
    session: Session,
    runtime: RuntimeDep,
    caller: Treasury,
    line_id: UUID,
    sent: SubsidyRecovery,
    response: Response,
    if_match: IfMatch = None,
) -> SubsidyLineOut:
    """What was paid too much has come back."""
    line = await recoveries.recover(session, sent, step=Step(line_id, caller, runtime.editions, if_match))
    set_etag(response, line.version)
    return SubsidyLineOut.model_validate(line)


@router.get("/{statement_id}", responses=problem_responses(404))
async def read_statement(
    session: Session, caller: StatementReader, statement_id: UUID, response: Response
) -> SubsidyStatementDetail:
    """One statement with the rules applied at each step."""
    return await _answer(session, await queries.find(session, statement_id, caller), response)


@router.post("/{statement_id}/approve", dependencies=[IdempotencyRequired], responses=MONEY)
async def approve_statement(
    session: Session,
    runtime: RuntimeDep,
    caller: Approver,
    statement_id: UUID,
    response: Response,
    sent: Annotated[MoneyDecision, Body()] = MoneyDecision(),  # noqa: B008  # frozen
    if_match: IfMatch = None,
) -> SubsidyStatementDetail:
    """Another person of the department approves; the budget holds it."""
    step = Step(statement_id, caller, runtime.editions, if_match)
    return await _answer(session, await usecases.approve(session, sent, step=step), response)


@router.post("/{statement_id}/refuse", responses=STEP)
async def refuse_statement(
    session: Session,
    runtime: RuntimeDep,
    caller: Decider,
    statement_id: UUID,
    sent: SubsidyRefusal,
    response: Response,
    if_match: IfMatch = None,
) -> SubsidyStatementDetail:
    """It is not paid; its quarters may be computed anew."""
    step = Step(statement_id, caller, runtime.editions, if_match)
    return await _answer(session, await usecases.refuse(session, sent, step=step), response)


@router.post("/{statement_id}/pay", dependencies=[IdempotencyRequired], responses=MONEY)
async def pay_statement(
    session: Session,
    runtime: RuntimeDep,
    caller: Treasury,
    statement_id: UUID,
    sent: SubsidyPayment,
    response: Response,
    if_match: IfMatch = None,
) -> SubsidyStatementDetail:
    """The treasury has paid the statement."""
    step = Step(statement_id, caller, runtime.editions, if_match)
    return await _answer(session, await usecases.pay(session, sent, step=step), response)


def _edition(runtime: RuntimeDep, caller: Principal) -> Edition:
    edition = runtime.editions.closest_to(caller.today)
    assert edition is not None, "a service without an edition does not start"
    return edition


def _rate(rate: PrimeRate, response: Response) -> PrimeRateOut:
    set_etag(response, rate.version)
    return PrimeRateOut.model_validate(rate)


async def _answer(session: Session, statement: SubsidyStatement, response: Response) -> SubsidyStatementDetail:
    set_etag(response, statement.version)
    return await queries.detail(session, statement)
