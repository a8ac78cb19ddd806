"""A year's matching budget: recorded by the division's officer, approved by another person, revised forward (5.1-2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.grants.schemas import MoneyDecision
from services.finance.journal.entries import Booking, Movement, book
from services.finance.matching_funds.commitments import set_limit
from services.finance.matching_funds.models import MatchingFund, MatchingFundRevision
from services.finance.matching_funds.queries import lock_own, pending_revision
from services.finance.matching_funds.rules import decide_another_person, decide_budget_year, decide_lowered
from services.finance.matching_funds.schemas import BudgetAmount, BudgetIn, BudgetRefusal
from services.finance.matching_funds.states import APPROVED, RECORDED, REFUSED
from services.finance.papers import require_papers
from shared.auth.principal import Principal
from shared.clock import effective_date
from shared.db import constraint_of
from shared.errors import DomainError, forbidden, invalid_transition
from shared.events import outbox
from shared.events.contracts.finance.matching_funds import (
    MatchingFundApproved,
    MatchingFundRecorded,
    MatchingFundRefused,
    MatchingFundRevised,
    MatchingFundState,
)
from shared.events.outbox import EventContext
from shared.events.types import EventType
from shared.http.etag import honour_match
from shared.ids import next_case_no, uuid7
from shared.money import ZERO
from shared.policy.decision import Decision, combine
from shared.policy.edition import Edition, Editions
from shared.refusals import require_passed

RULES: Final = ("matching_funds.budget",)

_TAKEN: Final[Mapping[str | None, str]] = {
    "uq_matching_fund_division_year": "matching-fund-exists",
    "uq_matching_fund_revision_document": "matching-fund-document-used",
}


@dataclass(frozen=True, slots=True)
class Step:
    """Who takes a step, on which funds, knowing which version, under which editions."""

    fund_id: UUID
    principal: Principal
    editions: Editions
    if_match: str | None = None

    @property
    def division(self) -> str:
        """Raises 403 for a division's account without one."""
        return own_division(self.principal)


def own_division(principal: Principal) -> str:
    """The division of the caller's account. Raises 403 for an account without one."""
    if not principal.division:
        raise forbidden()
    return principal.division


async def record_budget(
    session: AsyncSession, sent: BudgetIn, *, principal: Principal, editions: Editions
) -> MatchingFund:
    """Open the division's year with its first amount; it counts once somebody else approves it.

    Raises 409 `matching-fund-exists`, `matching-fund-year-not-open`, `policy-not-in-force`.
    """
    division, day = own_division(principal), effective_date(principal, sent.recorded_on)
    edition = editions.require_in_force(day)
    require_passed(decide_budget_year(edition, division=division, year=sent.year, today=principal.today))
    fund = MatchingFund(
        id=uuid7(),
        version=0,
        no=await next_case_no(session, "MF", sent.year),
        division=division,
        year=sent.year,
        edition=edition.id,
        status=RECORDED,
        revision=0,
        budget=ZERO,
        spent=ZERO,
        waiting=ZERO,
    )
    session.add(fund)
    await _flush(session, {"division": division, "year": sent.year})
    revision = await _add_revision(session, fund, sent, principal, day)
    await tell(session, MatchingFundRecorded, fund, EventContext.of(principal, day), RULES, revision)
    return fund


async def revise_budget(session: AsyncSession, sent: BudgetAmount, *, step: Step) -> MatchingFund:
    """Propose another amount by another document; what is approved counts until this one is.

    Raises 409 `matching-fund-pending`, `matching-fund-document-used`, `step-before-earlier-step`.
    """
    fund, edition = await lock_for(session, step)
    if await pending_revision(session, fund.id) is not None:
        raise DomainError("matching-fund-pending", 409, clauses=["5.1-2"])
    last = await session.get_one(MatchingFundRevision, (fund.id, fund.revision))
    day = day_of(step.principal, sent.recorded_on, not_before=last.decided_on)
    require_passed(decide_lowered(edition, amount=sent.amount, spent=fund.spent + fund.waiting))
    if fund.status == REFUSED:
        fund.status, fund.reason_code = RECORDED, None
    revision = await _add_revision(session, fund, sent, step.principal, day)
    await tell(session, MatchingFundRevised, fund, EventContext.of(step.principal, day), RULES, revision)
    return fund


async def approve_budget(session: AsyncSession, sent: MoneyDecision, *, step: Step) -> MatchingFund:
    """The amount that waits becomes the budget. Raises 403 `four-eyes-required` to whoever recorded it, 409
    `matching-fund-below-spent`, and as `require_papers`."""
    fund, edition = await lock_for(session, step)
    revision = await _waiting(session, fund)
    four_eyes = _decide_four_eyes(edition, revision, step)
    named = revision.document_no
    papers = require_papers(edition, "matching_fund.approved", sent, clause="5.1-2", document_no=named)
    day = day_of(step.principal, sent.decided_on, not_before=revision.recorded_on)
    covers = require_passed(decide_lowered(edition, amount=revision.amount, spent=fund.spent + fund.waiting))
    decision = combine(four_eyes, covers, papers)
    change = revision.amount - fund.budget
    await set_limit(session, fund, revision.amount)
    revision.status, revision.decided_by, revision.decided_on = APPROVED, step.principal.account_id, day
    revision.decision = decision.to_json()
    fund.status, fund.budget, fund.document_no = APPROVED, revision.amount, revision.document_no
    fund.approved_by, fund.approved_on, fund.reason_code = step.principal.account_id, day, None
    fund.first_approved_on = fund.first_approved_on or day
    context = EventContext.of(step.principal, day)
    await tell(session, MatchingFundApproved, fund, context, decision.rules, None)
    if change:
        movement = Movement.MATCHING_BUDGETED if change > 0 else Movement.MATCHING_LOWERED
        await book(session, [booking(movement, fund, abs(change), context)])
    return fund


async def refuse_budget(session: AsyncSession, sent: BudgetRefusal, *, step: Step) -> MatchingFund:
    """The amount is not approved; an earlier approved one stays. Raises as `approve_budget`."""
    fund, edition = await lock_for(session, step)
    revision = await _waiting(session, fund)
    decision = _decide_four_eyes(edition, revision, step)
    day = day_of(step.principal, sent.decided_on, not_before=revision.recorded_on)
    revision.status, revision.decided_by, revision.decided_on = REFUSED, step.principal.account_id, day
    revision.reason_code, revision.decision = sent.reason_code, decision.to_json()
    fund.reason_code = sent.reason_code
    if fund.status != APPROVED:
        fund.status = REFUSED
    await tell(session, MatchingFundRefused, fund, EventContext.of(step.principal, day), decision.rules, None)
    return fund


async def lock_for(session: AsyncSession, step: Step) -> tuple[MatchingFund, Edition]:
    """The division's funds, locked, under the edition they were opened under. Raises 404, 412."""
    fund = await lock_own(session, step.fund_id, step.division)
    honour_match(step.if_match, fund.version)
    return fund, step.editions.get(fund.edition)


def day_of(principal: Principal, sent: date | None, *, not_before: date | None) -> date:
    """The day a step counts for. Raises 422 as `effective_date`, 409 `step-before-earlier-step`."""
    day = effective_date(principal, sent)
    if not_before is not None and day < not_before:
        raise DomainError("step-before-earlier-step", 409, params={"sent": day, "not_before": not_before})
    return day


def booking(
    movement: Movement, fund: MatchingFund, amount: Decimal, context: EventContext, reverses_id: UUID | None = None
) -> Booking:
    """An entry of the division's accounts, after the event it belongs to was appended."""
    return Booking(
        movement=movement,
        case_id=fund.id,
        case_no=fund.no,
        case_version=fund.version,
        subject=fund.division,
        period=str(fund.year),
        amount=amount,
        effective_on=context.effective_on,
        actor=context.actor,
        reverses_id=reverses_id,
    )


def fund_state(fund: MatchingFund, waiting: MatchingFundRevision | None) -> dict[str, object]:
    """The funds as their events carry them."""
    pending = {
        "pending_document_no": waiting.document_no if waiting else None,
        "pending_amount": waiting.amount if waiting else None,
    }
    names = MatchingFundState.model_fields.keys() - pending.keys()
    return {name: getattr(fund, name) for name in names} | pending


async def tell(
    session: AsyncSession,
    event_type: EventType[MatchingFundState],
    fund: MatchingFund,
    context: EventContext,
    rules: tuple[str, ...],
    waiting: MatchingFundRevision | None,
) -> None:
    """Append the event with the funds as they now stand."""
    data = MatchingFundState.model_validate(fund_state(fund, waiting))
    await outbox.append(session, event_type, fund, data, context=context, rules=rules, edition=fund.edition)


async def _add_revision(
    session: AsyncSession, fund: MatchingFund, sent: BudgetAmount, principal: Principal, day: date
) -> MatchingFundRevision:
    fund.revision += 1
    revision = MatchingFundRevision(
        fund_id=fund.id,
        revision=fund.revision,
        status=RECORDED,
        document_no=sent.document_no,
        amount=sent.amount,
        recorded_by=principal.account_id,
        recorded_on=day,
    )
    session.add(revision)
    await _flush(session, {"document_no": sent.document_no})
    return revision


async def _flush(session: AsyncSession, params: Mapping[str, object]) -> None:
    """The unique keys decide, also between two that come at the same moment."""
    try:
        await session.flush()
    except IntegrityError as error:
        code = _TAKEN.get(constraint_of(error))
        if code is None:
            raise
        raise DomainError(code, 409, params=params, clauses=["5.1-2"]) from error


async def _waiting(session: AsyncSession, fund: MatchingFund) -> MatchingFundRevision:
    revision = await pending_revision(session, fund.id)
    if revision is None:
        raise invalid_transition(fund.status, ["recorded"])
    return revision


def _decide_four_eyes(edition: Edition, revision: MatchingFundRevision, step: Step) -> Decision:
    """Raises 403 `four-eyes-required`."""
    handled_by = {"recorded": revision.recorded_by}
    return require_passed(decide_another_person(edition, actor=step.principal.account_id, handled_by=handled_by), 403)
