"""The receipt of a payment: the centre confirms that the money arrived, with its bank's slip (3.1-4)."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from pydantic import Field
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.grants import queries, states
from services.finance.grants.cases import Step, open_case, record
from services.finance.grants.models import Grant
from services.finance.grants.schemas import GrantDetail
from services.finance.payments.rules import decide_receipt
from shared.auth import roles as r
from shared.auth.principal import Principal, require
from shared.db import constraint_of
from shared.errors import DomainError
from shared.events.contracts.finance import GrantReceived
from shared.events.outbox import EventContext
from shared.http.etag import IfMatch, set_etag
from shared.http.problems import problem_responses
from shared.http.route import IdempotencyRequired, ServiceRoute, Session
from shared.http.schemas import Request
from shared.money import PositiveMoney
from shared.refusals import require_passed
from shared.runtime import RuntimeDep

Payee = Annotated[Principal, Depends(require(r.CENTRE_OPERATOR, r.SCIENCE_OFFICER, r.INDUSTRY_OFFICER))]

router = APIRouter(prefix="/v1/grants/{grant_id}", tags=["grants"], route_class=ServiceRoute)


class Receipt(Request):
    """What arrived, when, and the number of the bank's slip: facts of the slip, so anybody states them."""

    amount: PositiveMoney
    slip_no: Annotated[str, Field(min_length=1, max_length=60)]
    arrived_on: date


@router.post("/receipt", dependencies=[IdempotencyRequired], responses=problem_responses(400, 404, 409, 412))
async def confirm_receipt(
    session: Session,
    runtime: RuntimeDep,
    caller: Payee,
    grant_id: UUID,
    sent: Receipt,
    response: Response,
    if_match: IfMatch = None,
) -> GrantDetail:
    """The centre confirms that the payment arrived; officers enter a slip on paper."""
    step = Step(grant_id, caller, runtime.editions, if_match)
    grant = await receive_payment(session, sent, step=step)
    set_etag(response, grant.version)
    return await queries.detail(session, grant)


async def receive_payment(session: AsyncSession, sent: Receipt, *, step: Step) -> Grant:
    """Put the arrival on record, once.

    Raises 409 `grant-receipt-differs`, `grant-received-already`, `receipt-slip-used`, `receipt-day-impossible`.
    """
    case = await open_case(session, step, states.PAID, states.IN_RECOVERY)
    grant = case.grant
    if grant.receipt_on is not None:
        raise DomainError("grant-received-already", 409, params={"receipt_on": grant.receipt_on})
    assert grant.paid_on is not None, "a paid grant has the day"
    decision = decide_receipt(
        case.edition,
        amount=sent.amount,
        paid=grant.paid,
        arrived_on=sent.arrived_on,
        paid_on=grant.paid_on,
        today=step.principal.today,
    )
    require_passed(decision)
    grant.receipt_on, grant.receipt_by = sent.arrived_on, step.principal.account_id
    grant.receipt_slip_no = sent.slip_no
    try:
        await session.flush()
    except IntegrityError as error:
        if constraint_of(error) != "uq_centre_grant_receipt_slip_no":
            raise
        raise DomainError("receipt-slip-used", 409, params={"slip_no": sent.slip_no}) from error
    await record(session, GrantReceived, grant, EventContext.of(step.principal, sent.arrived_on), decision)
    return grant
