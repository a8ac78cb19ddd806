"""`/v1/redemptions`: use of vouchers, in steps or in one call at the counter (4.3-1, 4.3-2)."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlalchemy import select

from services.vouchers.access import (
    Enterprise,
    EnterpriseOrProvider,
    ExpiryOfficer,
    FlagReader,
    Issuer,
    Provider,
    RedemptionReader,
)
from services.vouchers.redemptions import flags, queries, usecases
from services.vouchers.redemptions.counter import redeem_at_counter
from services.vouchers.redemptions.models import Redemption
from services.vouchers.redemptions.schemas import (
    CounterSale,
    Delivered,
    Expired,
    Flag,
    Flags,
    HoldNew,
    RedemptionFilter,
    RedemptionItem,
    RedemptionOut,
)
from services.vouchers.redemptions.sweeps import MOST_AT_ONCE, expire_due
from services.vouchers.settlements.standing import settlement_column
from shared.db import Session
from shared.events.outbox import EventContext
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page, paginate
from shared.http.problems import problem_responses
from shared.http.route import IdempotencyRequired, ServiceRoute
from shared.runtime import RuntimeDep

router = APIRouter(prefix="/v1/redemptions", tags=["redemptions"], route_class=ServiceRoute)


@router.post("", status_code=201, dependencies=[IdempotencyRequired], responses=problem_responses(400, 404, 409))
async def hold(
    wanted: HoldNew, session: Session, principal: EnterpriseOrProvider, runtime: RuntimeDep, response: Response
) -> RedemptionOut:
    """Reserve a subsidy: by the holder naming voucher and provider, or by a provider with the voucher's code."""
    redemption, decision = await usecases.hold(session, editions=runtime.editions, principal=principal, wanted=wanted)
    set_etag(response, redemption.version)
    response.headers["Location"] = f"{router.prefix}/{redemption.id}"
    return queries.shown(redemption, decision)


@router.post(
    "/counter", status_code=201, dependencies=[IdempotencyRequired], responses=problem_responses(400, 404, 409)
)
async def redeem_now(
    sale: CounterSale, session: Session, principal: Provider, runtime: RuntimeDep, response: Response
) -> RedemptionOut:
    """Scan and redeem in one call; a repeated key gets the first answer, however late."""
    redeemed = await redeem_at_counter(session, editions=runtime.editions, principal=principal, sale=sale)
    set_etag(response, 1)
    response.headers["Location"] = f"{router.prefix}/{redeemed.id}"
    return redeemed


@router.post("/expire", responses=problem_responses())
async def expire(session: Session, principal: ExpiryOfficer) -> Expired:
    """End orders and holds whose last day has passed, at most 5,000 at a time; the elected process ends all of them by
    itself, once an hour."""
    context = EventContext.of(principal)
    done = await expire_due(session, principal.today, context, at_once=MOST_AT_ONCE)
    return Expired(orders=done.orders, holds=done.holds, more=done.seen == MOST_AT_ONCE)


@router.get("")
async def list_redemptions(
    session: Session, principal: RedemptionReader, wanted: Annotated[RedemptionFilter, Query()]
) -> Page[RedemptionItem]:
    """Redemptions that concern the caller, newest first."""
    query = select(Redemption, settlement_column(Redemption.id))
    query = query.where(await queries.listed_for(session, principal), *queries.conditions(wanted))
    return await paginate(session, query, keys=[Redemption.id.desc()], params=wanted, item=queries.listed)


@router.get("/{redemption_id}", responses=problem_responses(404))
async def read_redemption(
    redemption_id: UUID, session: Session, principal: RedemptionReader, runtime: RuntimeDep, response: Response
) -> RedemptionOut:
    """One redemption with the decision that let it through."""
    found, version = await queries.show(session, principal, runtime.editions, redemption_id)
    set_etag(response, version)
    return found


@router.post(
    "/{redemption_id}/redeem", dependencies=[IdempotencyRequired], responses=problem_responses(400, 404, 409, 412)
)
async def redeem(
    redemption_id: UUID,
    session: Session,
    principal: Enterprise,
    runtime: RuntimeDep,
    response: Response,
    sent: Delivered | None = None,
    if_match: IfMatch = None,
) -> RedemptionItem:
    """The holder confirms the delivery, with the invoice if it was not there before; the subsidy is spent."""
    redemption = await usecases.redeem(
        session,
        editions=runtime.editions,
        principal=principal,
        redemption_id=redemption_id,
        sent=sent or Delivered(),
        if_match=if_match,
    )
    return _answer(redemption, response)


@router.post(
    "/{redemption_id}/release", dependencies=[IdempotencyRequired], responses=problem_responses(400, 404, 409, 412)
)
async def release(
    redemption_id: UUID,
    session: Session,
    principal: EnterpriseOrProvider,
    response: Response,
    if_match: IfMatch = None,
) -> RedemptionItem:
    """Call it off; the subsidy is free again."""
    return _answer(
        await usecases.release(session, principal=principal, redemption_id=redemption_id, if_match=if_match), response
    )


@router.get("/{redemption_id}/flags", responses=problem_responses(404))
async def read_flags(redemption_id: UUID, session: Session, principal: FlagReader) -> Flags:
    """Why the redemption is inspected before it is paid; for the issuer, the bureaus and the auditor."""
    return Flags(flags=await flags.flags_of(session, principal, redemption_id))


@router.post("/{redemption_id}/flag", responses=problem_responses(404, 409, 412))
async def flag(
    redemption_id: UUID,
    sent: Flag,
    session: Session,
    principal: Issuer,
    response: Response,
    if_match: IfMatch = None,
) -> Flags:
    """Have the redemption inspected before it is paid, whatever the draw says."""
    flagged = await flags.flag(
        session, principal=principal, redemption_id=redemption_id, reason=sent.reason_code, if_match=if_match
    )
    set_etag(response, flagged.version)
    return Flags(flags=flagged.sampling_flags)


def _answer(redemption: Redemption, response: Response) -> RedemptionItem:
    set_etag(response, redemption.version)
    return RedemptionItem.model_validate(redemption)
