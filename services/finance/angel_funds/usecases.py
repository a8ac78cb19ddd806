"""Registering a centre's fund: by a finance officer, approved by another person (3.2-2)."""

from __future__ import annotations

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.angel_funds.cases import Step, day_of, open_case, require_another, tell_fund
from services.finance.angel_funds.committees import require_roles
from services.finance.angel_funds.models import AngelFund, AngelFundSeat
from services.finance.angel_funds.rules import decide_centre
from services.finance.angel_funds.schemas import AngelFundIn, Refusal
from services.finance.angel_funds.states import ACTIVE, REFUSED, REGISTERED
from services.finance.centres import await_centre, read_centre
from services.finance.grants.schemas import MoneyDecision
from services.finance.papers import require_papers
from shared.auth.principal import Principal
from shared.clock import effective_date
from shared.db import constraint_of
from shared.errors import DomainError
from shared.events.contracts.finance.angel_funds import AngelFundApproved, AngelFundRefused, AngelFundRegistered
from shared.events.outbox import EventContext
from shared.ids import next_case_no, uuid7
from shared.policy.decision import combine
from shared.policy.edition import Editions
from shared.refusals import require_passed

RULES = ("angel_fund.registration",)


async def register_fund(
    session: AsyncSession, sent: AngelFundIn, *, principal: Principal, editions: Editions
) -> AngelFund:
    """Register the fund of a listed centre with its committee.

    Raises 404, 409 `reference-not-yet-known`, `angel-fund-centre-not-listed`, `angel-fund-exists`,
    `policy-not-in-force`, 422 for a seat of a role that the edition does not have.
    """
    await await_centre(session, sent.centre_id, principal)
    centre = await read_centre(session, sent.centre_id, lock=True)
    day = effective_date(principal, sent.registered_on)
    edition = editions.require_in_force(day)
    require_roles(edition, [seat.role for seat in sent.seats], "seats")
    decision = require_passed(decide_centre(edition, listed=centre.listed, stopped_on=None))
    fund = AngelFund(
        id=uuid7(),
        version=0,
        no=await next_case_no(session, "AF", day.year),
        centre_id=centre.id,
        edition=edition.id,
        name=sent.name,
        manager_code=sent.manager_code,
        document_no=sent.document_no,
        pricing=sent.pricing,
        status=REGISTERED,
        registered_by=principal.account_id,
        registered_on=day,
        decision=decision.to_json(),
    )
    session.add(fund)
    try:
        await session.flush()
    except IntegrityError as error:
        if constraint_of(error) != "uq_angel_fund_live_centre":
            raise
        raise DomainError("angel-fund-exists", 409, clauses=["3.2-2"]) from error
    await session.refresh(fund)
    session.add_all(
        AngelFundSeat(
            fund_id=fund.id,
            seat=number,
            role=seat.role,
            organisation_code=seat.organisation_code,
            joined_on=day,
        )
        for number, seat in enumerate(sent.seats, start=1)
    )
    rules = (*RULES, *decision.rules)
    await tell_fund(session, AngelFundRegistered, fund, EventContext.of(principal, day), rules)
    return fund


async def approve_fund(session: AsyncSession, sent: MoneyDecision, *, step: Step) -> AngelFund:
    """From here on investors can be admitted. Raises 403 `four-eyes-required`, 409 `angel-fund-centre-not-listed`,
    and as `require_papers`."""
    case = await open_case(session, step, REGISTERED)
    fund = case.fund
    four_eyes = require_another(case.edition, step, registered=fund.registered_by)
    listed = require_passed(decide_centre(case.edition, listed=case.centre.listed, stopped_on=fund.stopped_on))
    day = day_of(step, sent.decided_on, not_before=fund.registered_on)
    papers = require_papers(case.edition, "angel_fund.approved", sent, clause="3.2-2", document_no=fund.document_no)
    decision = combine(four_eyes, listed, papers)
    fund.status, fund.approved_by, fund.approved_on = ACTIVE, step.principal.account_id, day
    fund.decision = decision.to_json()
    await tell_fund(session, AngelFundApproved, fund, EventContext.of(step.principal, day), decision.rules)
    return fund


async def refuse_fund(session: AsyncSession, sent: Refusal, *, step: Step) -> AngelFund:
    """The fund is not set up; another can be registered for the centre. Raises 403 `four-eyes-required`."""
    case = await open_case(session, step, REGISTERED)
    decision = require_another(case.edition, step, registered=case.fund.registered_by)
    day = day_of(step, sent.decided_on, not_before=case.fund.registered_on)
    case.fund.status, case.fund.reason_code = REFUSED, sent.reason_code
    await tell_fund(session, AngelFundRefused, case.fund, EventContext.of(step.principal, day), decision.rules)
    return case.fund
