"""An investment: proposed with its due diligence, voted on by the committee, approved by another person (3.2-2)."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.angel_funds import states
from services.finance.angel_funds.cases import (
    Case,
    Step,
    centre_of,
    day_of,
    investment_of,
    open_case,
    require_another,
    tell_investment,
)
from services.finance.angel_funds.committees import seats_on
from services.finance.angel_funds.models import AngelFund, AngelFundSeat, AngelInvestment
from services.finance.angel_funds.rules import (
    Ballot,
    decide_centre,
    decide_due_diligence,
    decide_investee,
    decide_vote,
)
from services.finance.angel_funds.schemas import (
    EligibilityIn,
    InvestmentApproval,
    InvestmentIn,
    Refusal,
    VoteIn,
)
from services.finance.centres import read_centre
from services.finance.enterprises import (
    Enterprise,
    await_enterprise,
    read_enterprise,
    recorded_holding,
    same_representative,
    sits_in,
)
from shared.clock import effective_date
from shared.errors import invalid_transition, not_found
from shared.events.contracts.finance.angel_funds import (
    AngelInvestmentApproved,
    AngelInvestmentProposed,
    AngelInvestmentRefused,
    AngelInvestmentVoted,
    AngelInvestmentVotedDown,
)
from shared.events.outbox import EventContext
from shared.http.validation import PayloadInvalid
from shared.ids import next_case_no, uuid7
from shared.money import ZERO
from shared.policy.decision import Decision, combine
from shared.refusals import require_passed


async def decide_eligible(
    session: AsyncSession, case: Case, enterprise: Enterprise, sent: EligibilityIn | InvestmentIn, *, step: Step
) -> Decision:
    """Every rule that a proposal has to pass, the dry run asks the same."""
    edition = case.edition
    sent_day = sent.proposed_on if isinstance(sent, InvestmentIn) else None
    day = effective_date(step.principal, sent_day)
    tenanted = await sits_in(session, enterprise.id, case.fund.centre_id, day)
    return combine(
        decide_centre(edition, listed=case.centre.listed, stopped_on=case.fund.stopped_on),
        decide_investee(edition, tenanted=tenanted, day=day, survivor=enterprise.survivor),
        decide_due_diligence(edition, {check.item for check in sent.checklist}),
    )


async def try_investment(session: AsyncSession, sent: EligibilityIn, *, step: Step) -> Decision:
    """The dry run of a proposal; changes nothing. Raises 404, 409 `reference-not-yet-known`."""
    await await_enterprise(session, sent.enterprise_code)
    case, enterprise = await _open(session, step, sent.enterprise_code)
    return await decide_eligible(session, case, enterprise, sent, step=step)


async def propose_investment(
    session: AsyncSession, sent: InvestmentIn, *, step: Step
) -> tuple[AngelFund, AngelInvestment]:
    """Propose an enterprise that sits in the fund's centre that day, with its due diligence.

    Raises 404, 409 `reference-not-yet-known`, `angel-fund-stopped`, `angel-fund-investee-not-tenanted`,
    `angel-fund-investee-merged`, `angel-fund-checklist-incomplete`.
    """
    await await_enterprise(session, sent.enterprise_code)
    case, enterprise = await _open(session, step, sent.enterprise_code)
    _require_words(case, sent)
    decision = require_passed(await decide_eligible(session, case, enterprise, sent, step=step))
    day = day_of(step, sent.proposed_on, not_before=case.fund.approved_on)
    investment = AngelInvestment(
        id=uuid7(),
        no=await next_case_no(session, "AI", day.year),
        fund_id=case.fund.id,
        enterprise_id=enterprise.id,
        enterprise_code=enterprise.code,
        status=states.PROPOSED,
        amount=sent.amount,
        paid=ZERO,
        cost=ZERO,
        proceeds=ZERO,
        lost=ZERO,
        checklist=[check.model_dump(mode="json") for check in sent.checklist],
        votes=[],
        proposed_by=step.principal.account_id,
        proposed_on=day,
        decisions=[],
    )
    session.add(investment)
    await session.flush()
    await session.refresh(investment)
    context = EventContext.of(step.principal, day)
    await tell_investment(session, AngelInvestmentProposed, case.fund, investment, context, decision)
    return case.fund, investment


async def record_vote(
    session: AsyncSession, investment_id: UUID, sent: VoteIn, *, step: Step
) -> tuple[AngelFund, AngelInvestment]:
    """Enter the committee's vote by its minutes; without two thirds the proposal is refused by it.

    Raises 404, 422, 403 `four-eyes-required` for who proposed it, 409 `angel-fund-vote-conflict` where a seat voted
    that has to do with the enterprise.
    """
    case = await open_case(session, step, states.ACTIVE)
    investment = await _in_state(session, case, investment_id, states.PROPOSED)
    four_eyes = require_another(case.edition, step, proposed=investment.proposed_by)
    day = day_of(step, sent.decided_on, not_before=investment.proposed_on)
    seats = {seat.seat: seat for seat in await seats_on(session, case.fund, day)}
    if {ballot.seat for ballot in sent.ballots} - seats.keys():
        raise PayloadInvalid.at("ballots", "seat_unknown")
    ballots: list[Ballot] = []
    for ballot in sent.ballots:
        related = await _related(session, case, seats[ballot.seat], investment.enterprise_code, step)
        ballots.append(Ballot(ballot.seat, ballot.vote, related))
    decision = decide_vote(case.edition, ballots, len(seats))
    if any(failed.rule == "angel_fund.conflict" for failed in decision.failures):
        require_passed(decision)
    decision = combine(decision, four_eyes)
    investment.votes = [ballot.model_dump(mode="json") for ballot in sent.ballots]
    investment.minutes_no, investment.voted_on = sent.minutes_no, day
    investment.voted_by = step.principal.account_id
    investment.status = states.VOTED if decision.passed else states.REFUSED
    if not decision.passed:
        investment.reason_code, investment.ended_on = "voted_down", day
    event_type = AngelInvestmentVoted if decision.passed else AngelInvestmentVotedDown
    await tell_investment(session, event_type, case.fund, investment, EventContext.of(step.principal, day), decision)
    return case.fund, investment


async def approve_investment(
    session: AsyncSession, investment_id: UUID, sent: InvestmentApproval, *, step: Step
) -> tuple[AngelFund, AngelInvestment]:
    """From here on tranches can be paid. Raises 404, 403 `four-eyes-required`, 409 as the proposal."""
    code = await _code_of(session, step, investment_id)
    case, enterprise = await _open(session, step, code)
    investment = await _in_state(session, case, investment_id, states.VOTED)
    four_eyes = require_another(case.edition, step, proposed=investment.proposed_by, voted=investment.voted_by)
    day = day_of(step, sent.decided_on, not_before=investment.voted_on)
    tenanted = await sits_in(session, enterprise.id, case.fund.centre_id, day)
    decision = require_passed(
        combine(
            four_eyes,
            decide_centre(case.edition, listed=case.centre.listed, stopped_on=case.fund.stopped_on),
            decide_investee(case.edition, tenanted=tenanted, day=day, survivor=enterprise.survivor),
        )
    )
    investment.status, investment.document_no = states.APPROVED, sent.document_no
    investment.approved_by, investment.approved_on = step.principal.account_id, day
    context = EventContext.of(step.principal, day)
    await tell_investment(session, AngelInvestmentApproved, case.fund, investment, context, decision)
    return case.fund, investment


async def refuse_investment(
    session: AsyncSession, investment_id: UUID, sent: Refusal, *, step: Step
) -> tuple[AngelFund, AngelInvestment]:
    """The proposal ends unpaid. Raises 404, 403 `four-eyes-required`."""
    case = await open_case(session, step, states.ACTIVE)
    investment = await _in_state(session, case, investment_id, *states.NOT_INVESTED)
    decision = require_another(case.edition, step, proposed=investment.proposed_by)
    day = day_of(step, sent.decided_on, not_before=investment.proposed_on)
    investment.status, investment.reason_code, investment.ended_on = states.REFUSED, sent.reason_code, day
    context = EventContext.of(step.principal, day)
    await tell_investment(session, AngelInvestmentRefused, case.fund, investment, context, decision)
    return case.fund, investment


async def _open(session: AsyncSession, step: Step, code: str) -> tuple[Case, Enterprise]:
    """Centre, enterprise and fund, locked in this order."""
    await read_centre(session, await centre_of(session, step.fund_id, step.principal), lock=True)
    enterprise = await read_enterprise(session, code, lock=True)
    return await open_case(session, step, states.ACTIVE), enterprise


async def _code_of(session: AsyncSession, step: Step, investment_id: UUID) -> str:
    await centre_of(session, step.fund_id, step.principal)
    query = select(AngelInvestment.enterprise_code).where(
        AngelInvestment.id == investment_id, AngelInvestment.fund_id == step.fund_id
    )
    code: str | None = await session.scalar(query)
    if code is None:
        raise not_found("angel-investment")
    return code


async def _in_state(session: AsyncSession, case: Case, investment_id: UUID, *from_states: str) -> AngelInvestment:
    investment = await investment_of(session, case.fund, investment_id)
    if investment.status not in from_states:
        raise invalid_transition(investment.status, from_states)
    return investment


async def _related(session: AsyncSession, case: Case, seat: AngelFundSeat, code: str, step: Step) -> bool:
    """Whether the seat's organisation is the enterprise, has its legal representative, or one holds of the other."""
    organisation = seat.organisation_code
    if organisation == code or await same_representative(session, organisation, code):
        return True
    percent = await recorded_holding(session, organisation, code, step.principal.today)
    return percent is not None and percent >= case.edition.investing.reward.related_holding_percent.value


def _require_words(case: Case, sent: InvestmentIn) -> None:
    known = case.edition.investing.fund.due_diligence
    if any(check.item not in known for check in sent.checklist):
        raise PayloadInvalid.at("checklist", "checklist_item_unknown")
