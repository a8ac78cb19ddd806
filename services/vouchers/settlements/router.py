"""`/v1/settlements`: batches from collection to approval (4.3-4). `paying_router` has what comes after."""

from __future__ import annotations

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Body, Query, Response

from services.vouchers.access import (
    Anyone,
    DivisionApprover,
    DivisionOfficer,
    Issuer,
    SettlementReader,
    SettlementWorkReader,
)
from services.vouchers.notices.router import notice_routes
from services.vouchers.notices.usecases import shown_notice
from services.vouchers.schemas import Decided, day_sent
from services.vouchers.settlements import announced, approving, checking, collecting, correcting, queries
from services.vouchers.settlements.cases import Step, find
from services.vouchers.settlements.models import Settlement
from services.vouchers.settlements.schemas import (
    Cancellation,
    InspectionIn,
    LineFilter,
    PayeeOut,
    ReadmissionIn,
    SettlementFilter,
    SettlementItem,
    SettlementLineOut,
    SettlementNew,
    SettlementOut,
    TakeOutIn,
)
from shared.auth import roles as r
from shared.auth.principal import Principal
from shared.db import Session
from shared.http.etag import IfMatch, set_etag
from shared.http.notices import NoticeIn, NoticeOut
from shared.http.paging import Page, PageParams
from shared.http.problems import problem_responses
from shared.http.route import IdempotencyRequired, ServiceRoute
from shared.runtime import RuntimeDep

PREFIX: Final = "/v1/settlements"
STEP: Final = problem_responses(400, 403, 404, 409, 412)

router = APIRouter(prefix=PREFIX, tags=["settlements"], route_class=ServiceRoute)
objections = notice_routes(PREFIX, announced.KIND, announced.find_announced, officers=(r.DIVISION_OFFICER,))


@router.post("", status_code=201, dependencies=[IdempotencyRequired], responses=problem_responses(400, 409))
async def draft_settlement(
    wanted: SettlementNew, session: Session, principal: DivisionOfficer, runtime: RuntimeDep, response: Response
) -> SettlementOut:
    """Begin the caller's batch of a month, and collect what is owed."""
    settlement = await collecting.draft(
        session,
        editions=runtime.editions,
        principal=principal,
        period=wanted.period,
        drafted_on=wanted.drafted_on,
    )
    response.headers["Location"] = f"{PREFIX}/{settlement.id}"
    return answer(principal, settlement, response)


@router.get("")
async def list_settlements(
    session: Session, principal: SettlementReader, wanted: Annotated[SettlementFilter, Query()]
) -> Page[SettlementItem]:
    """Batches of the caller's division, or with lines of the provider's; all for the city."""
    return await queries.list_settlements(session, principal, wanted)


@router.get("/{settlement_id}", responses=problem_responses(404))
async def read_settlement(
    settlement_id: UUID, session: Session, principal: SettlementReader, response: Response
) -> SettlementOut:
    """One batch."""
    return answer(principal, await find(session, principal, settlement_id), response)


@router.get("/{settlement_id}/lines", responses=problem_responses(404))
async def list_settlement_lines(
    settlement_id: UUID, session: Session, principal: SettlementReader, wanted: Annotated[LineFilter, Query()]
) -> Page[SettlementLineOut]:
    """The redemptions in a batch, and those that left it, with why."""
    return await queries.list_lines(session, principal, settlement_id, wanted)


@router.post("/{settlement_id}/collect", dependencies=[IdempotencyRequired], responses=STEP)
async def collect_settlement(
    settlement_id: UUID,
    session: Session,
    principal: DivisionOfficer,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> SettlementOut:
    """Collect into a draft what was captured or came back since."""
    step = Step(settlement_id, principal, runtime.editions, if_match)
    return answer(principal, await collecting.collect(session, step=step), response)


@router.post("/{settlement_id}/check", responses=STEP)
async def check_settlement(
    settlement_id: UUID,
    session: Session,
    principal: DivisionOfficer,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> SettlementOut:
    """Look at every line; what does not hold goes out, with its faults."""
    step = Step(settlement_id, principal, runtime.editions, if_match)
    return answer(principal, await checking.check(session, step=step), response)


@router.post("/{settlement_id}/sample", responses=STEP)
async def draw_sample(
    settlement_id: UUID,
    session: Session,
    principal: DivisionOfficer,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> SettlementOut:
    """Draw the sample to inspect; drawn again it is the same."""
    step = Step(settlement_id, principal, runtime.editions, if_match)
    return answer(principal, await checking.draw(session, step=step), response)


@router.get("/{settlement_id}/sample", responses=problem_responses(404))
async def list_sample(
    settlement_id: UUID, session: Session, principal: SettlementWorkReader, wanted: Annotated[PageParams, Query()]
) -> Page[SettlementLineOut]:
    """The lines to inspect, in the order of the draw."""
    return await queries.list_sample(session, principal, settlement_id, wanted)


@router.post("/{settlement_id}/inspections", status_code=201, responses=STEP)
async def inspect_line(
    settlement_id: UUID,
    sent: InspectionIn,
    session: Session,
    principal: DivisionOfficer,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> SettlementLineOut:
    """Record what the inspection of a line found; a failed one goes out."""
    step = Step(settlement_id, principal, runtime.editions, if_match)
    settlement, line = await checking.inspect(session, step=step, sent=sent)
    set_etag(response, settlement.version)
    return await queries.line_out(session, line.id)


@router.post("/{settlement_id}/lines/{line_id}/take-out", responses=STEP)
async def take_out_line(
    settlement_id: UUID,
    line_id: UUID,
    sent: TakeOutIn,
    session: Session,
    principal: DivisionOfficer,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> SettlementLineOut:
    """Take a line out, until the payment file is made."""
    step = Step(settlement_id, principal, runtime.editions, if_match)
    settlement, line = await correcting.take_out_line(session, step=step, line_id=line_id, sent=sent)
    set_etag(response, settlement.version)
    return await queries.line_out(session, line.id)


@router.post("/{settlement_id}/lines/{line_id}/readmit", responses=STEP)
async def readmit_line(
    settlement_id: UUID,
    line_id: UUID,
    sent: ReadmissionIn,
    session: Session,
    principal: Issuer,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> SettlementLineOut:
    """Let the next batch collect a barred line."""
    step = Step(settlement_id, principal, runtime.editions, if_match)
    settlement, line = await correcting.readmit(session, step=step, line_id=line_id, sent=sent)
    set_etag(response, settlement.version)
    return await queries.line_out(session, line.id)


@router.post("/{settlement_id}/notice", status_code=201, responses=STEP)
async def announce_settlement(
    settlement_id: UUID,
    session: Session,
    principal: DivisionOfficer,
    runtime: RuntimeDep,
    response: Response,
    sent: Annotated[NoticeIn, Body()] = NoticeIn(),  # noqa: B008  # frozen
    if_match: IfMatch = None,
) -> NoticeOut:
    """Put an inspected batch on public notice."""
    step = Step(settlement_id, principal, runtime.editions, if_match)
    notice = await announced.announce(session, step=step, sent=sent)
    set_etag(response, notice.version)
    subject = await announced.find_announced(session, principal, settlement_id)
    return await shown_notice(session, principal, subject, notice)


@router.get("/{settlement_id}/notice/payees", responses=problem_responses(404))
async def list_payees(
    settlement_id: UUID, session: Session, principal: Anyone, wanted: Annotated[PageParams, Query()]
) -> Page[PayeeOut]:
    """Who is to be paid how much, as it is announced."""
    await announced.find_announced(session, principal, settlement_id)
    return await queries.list_payees(session, settlement_id, wanted)


@router.post("/{settlement_id}/approve", dependencies=[IdempotencyRequired], responses=STEP)
async def approve_settlement(
    settlement_id: UUID,
    session: Session,
    principal: DivisionApprover,
    runtime: RuntimeDep,
    response: Response,
    wanted: Decided | None = None,
    if_match: IfMatch = None,
) -> SettlementOut:
    """Approve what others checked and announced, once the notice is over."""
    step = Step(settlement_id, principal, runtime.editions, if_match)
    return answer(principal, await approving.approve(session, step=step, decided_on=day_sent(wanted)), response)


@router.post("/{settlement_id}/cancel", responses=STEP)
async def cancel_settlement(
    settlement_id: UUID,
    sent: Cancellation,
    session: Session,
    principal: Issuer,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> SettlementOut:
    """Give a batch up before its payment file is made; its lines wait for another."""
    step = Step(settlement_id, principal, runtime.editions, if_match)
    return answer(principal, await approving.cancel(session, step=step, sent=sent), response)


def answer(principal: Principal, settlement: Settlement, response: Response) -> SettlementOut:
    """The batch with its ETag."""
    set_etag(response, settlement.version)
    return queries.shown(principal, settlement)
