"""/v1/journal-entries: the double-entry journal, its chart, balances and periods, for the treasury and the auditor."""

from __future__ import annotations

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Query, Response

from services.finance.grants.schemas import StepRequest
from services.finance.journal import books, queries, usecases
from services.finance.journal.models import JournalPeriod
from services.finance.journal.schemas import (
    BalanceFilter,
    EntryFilter,
    EntryOut,
    JournalPeriodFilter,
    JournalPeriodIn,
    JournalPeriodOut,
    JournalPeriodRefusal,
    Ledger,
    LedgerAccountFilter,
    LedgerAccountOut,
    LedgerFilter,
    ReopeningIn,
    TrialBalance,
)
from services.finance.journal.usecases import Step
from shared.auth import roles as r
from shared.auth.principal import Principal, require
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page
from shared.http.problems import problem_responses
from shared.http.route import IdempotencyRequired, ServiceRoute, Session
from shared.runtime import RuntimeDep

Bookkeeper = Annotated[Principal, Depends(require(r.TREASURY_OFFICER, r.TREASURY_APPROVER, r.AUDITOR))]
Officer = Annotated[Principal, Depends(require(r.TREASURY_OFFICER))]
Approver = Annotated[Principal, Depends(require(r.TREASURY_APPROVER))]
Decided = Annotated[StepRequest, Body()]

router = APIRouter(prefix="/v1/journal-entries", tags=["journal"], route_class=ServiceRoute)

MONEY: Final = [IdempotencyRequired]
STEP = problem_responses(400, 403, 404, 409, 412)


@router.get("")
async def list_entries(session: Session, _: Bookkeeper, wanted: Annotated[EntryFilter, Query()]) -> Page[EntryOut]:
    """Entries in the order recorded, each with its postings."""
    return await queries.list_entries(session, wanted)


@router.get("/accounts")
async def list_accounts(_: Bookkeeper, wanted: Annotated[LedgerAccountFilter, Query()]) -> Page[LedgerAccountOut]:
    """The chart of accounts."""
    return books.chart(wanted)


@router.get("/trial-balance")
async def read_trial_balance(
    session: Session, _: Bookkeeper, wanted: Annotated[BalanceFilter, Query()]
) -> TrialBalance:
    """Opening balance, movements and closing balance of each account."""
    return await books.trial_balance(session, wanted)


@router.get("/ledger")
async def read_ledger(session: Session, _: Bookkeeper, wanted: Annotated[LedgerFilter, Query()]) -> Ledger:
    """Every posting of a year or month, with control totals at the end: what the treasury takes over."""
    return await books.ledger(session, wanted)


@router.post("/periods", status_code=201, dependencies=MONEY, responses=problem_responses(400, 403, 409))
async def propose_closing(
    session: Session, runtime: RuntimeDep, caller: Officer, sent: JournalPeriodIn, response: Response
) -> JournalPeriodOut:
    """Propose that a month or year of the books is closed."""
    period = await usecases.propose_closing(session, sent, principal=caller, editions=runtime.editions)
    response.headers["Location"] = f"{router.prefix}/periods/{period.id}"
    return await _answer(session, period, response)


@router.get("/periods")
async def list_periods(
    session: Session, _: Bookkeeper, wanted: Annotated[JournalPeriodFilter, Query()]
) -> Page[JournalPeriodOut]:
    """Periods that were proposed, closed or opened again, the latest first."""
    return await queries.list_periods(session, wanted)


@router.get("/periods/{period_id}", responses=problem_responses(404))
async def read_period(session: Session, _: Bookkeeper, period_id: UUID, response: Response) -> JournalPeriodOut:
    """One period."""
    return await _answer(session, await queries.find_period(session, period_id), response)


@router.post("/periods/{period_id}/close", dependencies=MONEY, responses=STEP)
async def close_period(
    session: Session,
    runtime: RuntimeDep,
    caller: Approver,
    period_id: UUID,
    response: Response,
    sent: Decided = StepRequest(),  # noqa: B008  # frozen
    if_match: IfMatch = None,
) -> JournalPeriodOut:
    """Close what somebody else proposed: no entry lies in it any more."""
    step = Step(period_id, caller, runtime.editions, if_match)
    return await _answer(session, await usecases.close_period(session, sent.decided_on, step=step), response)


@router.post("/periods/{period_id}/refuse", dependencies=MONEY, responses=STEP)
async def refuse_period(
    session: Session,
    runtime: RuntimeDep,
    caller: Approver,
    period_id: UUID,
    sent: JournalPeriodRefusal,
    response: Response,
    if_match: IfMatch = None,
) -> JournalPeriodOut:
    """Leave it open."""
    step = Step(period_id, caller, runtime.editions, if_match)
    return await _answer(session, await usecases.refuse_period(session, sent, step=step), response)


@router.post("/periods/{period_id}/propose-reopening", dependencies=MONEY, responses=STEP)
async def propose_reopening(
    session: Session,
    runtime: RuntimeDep,
    caller: Officer,
    period_id: UUID,
    sent: ReopeningIn,
    response: Response,
    if_match: IfMatch = None,
) -> JournalPeriodOut:
    """Propose, with a reason, that a closed period is opened again."""
    step = Step(period_id, caller, runtime.editions, if_match)
    return await _answer(session, await usecases.propose_reopening(session, sent, step=step), response)


@router.post("/periods/{period_id}/reopen", dependencies=MONEY, responses=STEP)
async def reopen_period(
    session: Session,
    runtime: RuntimeDep,
    caller: Approver,
    period_id: UUID,
    response: Response,
    sent: Decided = StepRequest(),  # noqa: B008  # frozen
    if_match: IfMatch = None,
) -> JournalPeriodOut:
    """Open what somebody else proposed to open."""
    step = Step(period_id, caller, runtime.editions, if_match)
    return await _answer(session, await usecases.reopen_period(session, sent.decided_on, step=step), response)


@router.post("/periods/{period_id}/refuse-reopening", dependencies=MONEY, responses=STEP)
async def refuse_reopening(
    session: Session,
    runtime: RuntimeDep,
    caller: Approver,
    period_id: UUID,
    response: Response,
    sent: Decided = StepRequest(),  # noqa: B008  # frozen
    if_match: IfMatch = None,
) -> JournalPeriodOut:
    """Leave it closed."""
    step = Step(period_id, caller, runtime.editions, if_match)
    return await _answer(session, await usecases.refuse_reopening(session, sent.decided_on, step=step), response)


@router.get("/{entry_id}", responses=problem_responses(404))
async def read_entry(session: Session, _: Bookkeeper, entry_id: UUID) -> EntryOut:
    """One entry."""
    return await queries.read_entry(session, entry_id)


async def _answer(session: Session, period: JournalPeriod, response: Response) -> JournalPeriodOut:
    await session.flush()
    set_etag(response, period.version)
    return JournalPeriodOut.model_validate(period)
