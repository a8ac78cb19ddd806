"""`/v1/vouchers`: issue, lists, the holder's code, and eligibility (4.3-1, 4.3-2)."""

from __future__ import annotations

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy import select

from services.vouchers.access import DivisionApprover, DivisionOfficer, Enterprise, ExpiryOfficer, Issuer, VoucherReader
from services.vouchers.expiry.usecases import expire
from services.vouchers.schemas import Decided, day_sent
from services.vouchers.vouchers import queries
from services.vouchers.vouchers.codes import shown
from services.vouchers.vouchers.eligibility import ask_eligibility
from services.vouchers.vouchers.models import Voucher
from services.vouchers.vouchers.pictures import PNG, SVG, as_png, as_svg
from services.vouchers.vouchers.renewal import renew_code
from services.vouchers.vouchers.schemas import (
    EligibilityOut,
    ExpireAsked,
    ExpiredOut,
    FreezeNew,
    IssueRefused,
    VoucherAsked,
    VoucherCodeOut,
    VoucherFilter,
    VoucherItem,
    VoucherNew,
    VoucherOut,
)
from services.vouchers.vouchers.single import approve_issue, propose_issue, refuse_issue
from services.vouchers.vouchers.usecases import freeze, unfreeze
from shared.db import Session
from shared.http.decisions import Explain
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page, paginate
from shared.http.problems import problem_responses
from shared.http.route import IdempotencyRequired, ServiceRoute
from shared.runtime import RuntimeDep

_SVG: Final[dict[str, object]] = {"content": {SVG: {}}}
_PNG: Final[dict[str, object]] = {"content": {PNG: {}}}

router = APIRouter(prefix="/v1/vouchers", tags=["vouchers"], route_class=ServiceRoute)


@router.post("", status_code=201, dependencies=[IdempotencyRequired], responses=problem_responses(400, 404, 409))
async def issue_voucher(
    wanted: VoucherNew, session: Session, principal: DivisionOfficer, runtime: RuntimeDep, response: Response
) -> VoucherOut:
    """Issue a voucher of one of one's own programmes; it is frozen until another person approves it. Its code is for
    the holder alone."""
    voucher = await propose_issue(session, editions=runtime.editions, principal=principal, wanted=wanted)
    set_etag(response, voucher.version)
    response.headers["Location"] = f"{router.prefix}/{voucher.id}"
    return VoucherOut.of(voucher, principal.today)


@router.post("/eligibility", responses=problem_responses(404, 409))
async def check_eligibility(
    wanted: VoucherAsked, session: Session, principal: VoucherReader, runtime: RuntimeDep, explain: Explain
) -> EligibilityOut:
    """Whether such a voucher could be issued today, rule by rule; nothing is issued."""
    decision = await ask_eligibility(session, editions=runtime.editions, principal=principal, wanted=wanted)
    return EligibilityOut(eligible=decision.passed, decision=explain(decision))


@router.post("/expire")
async def expire_vouchers(
    session: Session, principal: ExpiryOfficer, runtime: RuntimeDep, wanted: ExpireAsked | None = None
) -> ExpiredOut:
    """Stop what ran out before the day; science officers everywhere, others in their own division. The service does so
    by itself every hour, except under a simulated clock; sent again, it finds nothing left."""
    return await expire(session, editions=runtime.editions, principal=principal, wanted=wanted or ExpireAsked())


@router.get("")
async def list_vouchers(
    session: Session, principal: VoucherReader, wanted: Annotated[VoucherFilter, Query()]
) -> Page[VoucherItem]:
    """Vouchers that concern the caller, newest first."""
    query = select(Voucher).where(queries.visible_to(principal), *queries.conditions(wanted, principal.today))

    def item(voucher: Voucher) -> VoucherItem:
        return VoucherItem.of(voucher, principal.today)

    return await paginate(session, query, keys=[Voucher.id.desc()], params=wanted, item=item)


@router.get("/{voucher_id}", responses=problem_responses(404))
async def read_voucher(voucher_id: UUID, session: Session, principal: VoucherReader, response: Response) -> VoucherOut:
    """One voucher with the decision it was issued on."""
    voucher = await queries.find(session, principal, voucher_id)
    set_etag(response, voucher.version)
    return VoucherOut.of(voucher, principal.today)


@router.post(
    "/{voucher_id}/approve", dependencies=[IdempotencyRequired], responses=problem_responses(400, 404, 409, 412)
)
async def approve_voucher(
    voucher_id: UUID,
    session: Session,
    principal: DivisionApprover,
    response: Response,
    wanted: Decided | None = None,
    if_match: IfMatch = None,
) -> VoucherOut:
    """Approve a single issue of another person's: the voucher can be used."""
    voucher = await approve_issue(
        session, principal=principal, voucher_id=voucher_id, decided_on=day_sent(wanted), if_match=if_match
    )
    set_etag(response, voucher.version)
    return VoucherOut.of(voucher, principal.today)


@router.post("/{voucher_id}/refuse", responses=problem_responses(404, 409, 412))
async def refuse_voucher(
    voucher_id: UUID,
    wanted: IssueRefused,
    session: Session,
    principal: DivisionApprover,
    response: Response,
    if_match: IfMatch = None,
) -> VoucherOut:
    """Do not approve it: it ends, and what it took of budget and quotas goes back."""
    voucher = await refuse_issue(session, principal=principal, voucher_id=voucher_id, wanted=wanted, if_match=if_match)
    set_etag(response, voucher.version)
    return VoucherOut.of(voucher, principal.today)


@router.post("/{voucher_id}/freeze", responses=problem_responses(404, 409, 412))
async def freeze_voucher(
    voucher_id: UUID,
    wanted: FreezeNew,
    session: Session,
    principal: Issuer,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> VoucherOut:
    """No new use of a voucher that one's division issued, at once."""
    voucher = await freeze(
        session,
        editions=runtime.editions,
        principal=principal,
        voucher_id=voucher_id,
        wanted=wanted,
        if_match=if_match,
    )
    set_etag(response, voucher.version)
    return VoucherOut.of(voucher, principal.today)


@router.post("/{voucher_id}/unfreeze", responses=problem_responses(404, 409, 412))
async def unfreeze_voucher(
    voucher_id: UUID,
    session: Session,
    principal: Issuer,
    response: Response,
    wanted: Decided | None = None,
    if_match: IfMatch = None,
) -> VoucherOut:
    """Let it be used again; by another person than the one who froze it."""
    voucher = await unfreeze(
        session, principal=principal, voucher_id=voucher_id, decided_on=day_sent(wanted), if_match=if_match
    )
    set_etag(response, voucher.version)
    return VoucherOut.of(voucher, principal.today)


@router.post("/{voucher_id}/rotate-code", responses=problem_responses(404, 409, 412))
async def rotate_code(
    voucher_id: UUID,
    session: Session,
    principal: Enterprise,
    request: Request,
    response: Response,
    if_match: IfMatch = None,
) -> VoucherCodeOut:
    """A new code for the caller's own voucher; the old one stops working at once. Sent again, it is renewed again."""
    request.state.no_replay = True
    code, version = await renew_code(session, principal=principal, voucher_id=voucher_id, if_match=if_match)
    set_etag(response, version)
    response.headers["Cache-Control"] = "no-store"
    return VoucherCodeOut(voucher_id=voucher_id, code=shown(code))


@router.get("/{voucher_id}/code", responses=problem_responses(404))
async def read_code(voucher_id: UUID, session: Session, principal: Enterprise, response: Response) -> VoucherCodeOut:
    """The secret code of the caller's own voucher, to show at the counter."""
    code = await queries.code_for_holder(session, principal, voucher_id)
    response.headers["Cache-Control"] = "no-store"
    return VoucherCodeOut(voucher_id=voucher_id, code=shown(code))


@router.get("/{voucher_id}/code.svg", response_class=Response, responses={**problem_responses(404), 200: _SVG})
async def read_code_as_svg(voucher_id: UUID, session: Session, principal: Enterprise) -> Response:
    """The same as a QR picture, sharp at any size."""
    return _picture(as_svg(await queries.code_for_holder(session, principal, voucher_id)), SVG)


@router.get("/{voucher_id}/code.png", response_class=Response, responses={**problem_responses(404), 200: _PNG})
async def read_code_as_png(voucher_id: UUID, session: Session, principal: Enterprise) -> Response:
    """The same as a QR picture for devices that show no SVG."""
    return _picture(as_png(await queries.code_for_holder(session, principal, voucher_id)), PNG)


def _picture(content: bytes, media_type: str) -> Response:
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return Response(content, media_type=media_type, headers=headers)
