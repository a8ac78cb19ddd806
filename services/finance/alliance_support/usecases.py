"""From the application to the payment of an alliance's support (4.6-3, 4.7-3)."""

from __future__ import annotations

import asyncio
from datetime import date
from decimal import Decimal
from time import monotonic
from typing import Final
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.alliance_support import states
from services.finance.alliance_support.cases import (
    Step,
    clause_of,
    day_of,
    enter,
    key_of,
    open_support,
    record,
    require_another,
    require_lead,
)
from services.finance.alliance_support.models import AllianceCitation, AllianceSupport
from services.finance.alliance_support.rules import (
    PUBLISHED,
    Request,
    Sheet,
    decide_activities,
    decide_application,
    decide_approved_amount,
    decide_assessed,
    decide_ceiling,
)
from services.finance.alliance_support.schemas import (
    SupportApplication,
    SupportApproval,
    SupportFacts,
    SupportPayment,
    SupportRefusal,
)
from services.finance.appropriations.commitments import (
    ALLIANCE_SUPPORT,
    Claim,
    commit_budget,
    pay_budget,
    release_budget,
)
from services.finance.ceilings.models import ALLIANCE_YEAR, ceiling
from services.finance.centres import WAIT_SECONDS
from services.finance.grants.schemas import StepRequest
from services.finance.journal.entries import Movement
from services.finance.notices.usecases import require_notice_over
from services.finance.papers import require_papers
from services.finance.payments.references import require_unpaid_with
from services.finance.projections import known_alliance_assessment, known_alliance_record
from shared.auth.principal import Principal
from shared.ceilings import commit_amount, release_amount
from shared.clock import effective_date
from shared.db import constraint_of
from shared.errors import DomainError
from shared.events.contracts.finance import financing_support as contracts
from shared.events.outbox import EventContext
from shared.ids import next_case_no, uuid7
from shared.money import ZERO
from shared.policy.decision import Decision, combine
from shared.policy.edition import Edition, Editions
from shared.refusals import require_passed

KIND: Final = "alliance-support"
STRUCK: Final = "struck"
_STEP_SECONDS: Final = 0.05


async def try_support(
    session: AsyncSession, sent: SupportFacts, *, principal: Principal, editions: Editions
) -> Decision:
    """The dry run of an application; changes nothing. Raises 403, 409 `policy-not-in-force`."""
    edition = editions.require_in_force(principal.today)
    require_lead(edition, sent.alliance, principal, "officer")
    _, decision = await _decide(session, edition, sent, principal.today)
    return combine(decision, await room(session, edition, sent))


async def apply_for_support(
    session: AsyncSession, sent: SupportApplication, *, principal: Principal, editions: Editions
) -> AllianceSupport:
    """An officer of the leading bureau applies for the alliance.

    Raises 403, 409 `alliance-not-assessed`, `alliance-grade-not-supported`, `alliance-activities-not-counted`,
    `alliance-activity-cited`, `alliance-above-cap`.
    """
    day = effective_date(principal, sent.applied_on)
    edition = editions.require_in_force(day)
    require_lead(edition, sent.alliance, principal, "officer")
    sheet_id, decision = await _decide(session, edition, sent, day)
    require_passed(decision)
    assert sheet_id is not None, "the decision rests on it"
    support = AllianceSupport(
        id=uuid7(),
        version=0,
        no=await next_case_no(session, "AS", day.year),
        edition=edition.id,
        status=states.APPLIED,
        assessment_id=sheet_id,
        requested=sent.amount,
        applied_by=principal.account_id,
        applied_on=day,
        report_lines=[],
        decisions=[],
        **sent.model_dump(include={"alliance", "year", "record_ids", "recipient_code", "recipient_name"}),
    )
    session.add(support)
    await session.flush()
    session.add_all(AllianceCitation(support_id=support.id, record_id=cited, live=True) for cited in sent.record_ids)
    try:
        await session.flush()
    except IntegrityError as error:
        if constraint_of(error) != "uq_alliance_citation_live":
            raise
        raise DomainError("alliance-activity-cited", 409, clauses=[clause_of(edition, sent.alliance)]) from error
    await session.refresh(support)
    await record(session, contracts.SupportApplied, support, EventContext.of(principal, day), decision)
    return support


async def review_support(session: AsyncSession, sent: StepRequest, *, step: Step) -> AllianceSupport:
    """Another officer of the bureau compares it with the sheet. Raises 403, 404, 412."""
    support, edition = await open_support(session, step, states.APPLIED)
    require_lead(edition, support.alliance, step.principal, "officer")
    four_eyes = require_another(edition, support, step)
    sheet = await _sheet(session, support.alliance, support.year)
    assessed = decide_assessed(edition, support.alliance, support.year, sheet[1] if sheet else None)
    decision = require_passed(combine(four_eyes, assessed))
    day = day_of(step, sent.decided_on, support.applied_on)
    support.status, support.reviewed_by, support.reviewed_on = states.REVIEWED, step.principal.account_id, day
    await record(session, contracts.SupportReviewed, support, EventContext.of(step.principal, day), decision)
    return support


async def approve_support(session: AsyncSession, sent: SupportApproval, *, step: Step) -> AllianceSupport:
    """The amount is held of the alliance's ceiling of the year and of the budget.

    Raises 403, 404, 412, 409 `notice-missing`, `notice-running`, `alliance-not-assessed`,
    `alliance-activities-not-counted`, `alliance-above-requested`, `alliance-ceiling-exceeded`,
    `appropriation-exhausted`, and as `require_papers`.
    """
    support, edition = await open_support(session, step, states.REVIEWED)
    require_lead(edition, support.alliance, step.principal, "approver")
    four_eyes = require_another(edition, support, step)
    day = day_of(step, sent.decided_on, support.reviewed_on)
    clause, rules = clause_of(edition, support.alliance), edition.investing.alliance_support
    papers = require_papers(edition, "alliance_support.approved", sent, clause=clause)
    required = rules.needs_public_notice.value
    notice = await require_notice_over(session, edition, KIND, support.id, day, clause=clause, required=required)
    amounts = (support.requested, sent.amount)
    within = decide_approved_amount(edition, support.alliance, requested=amounts[0], approved=amounts[1])
    counts = await _decide_cited(session, edition, support, day)
    decision = require_passed(combine(four_eyes, notice, papers, counts, within))
    held = await _commit(session, edition, support, sent.amount)
    context = EventContext.of(step.principal, day)
    claim = Claim.before(support)
    budget = await commit_budget(
        session,
        edition,
        programme=ALLIANCE_SUPPORT,
        year=day.year,
        amount=sent.amount,
        case=claim,
        context=context,
    )
    support.status, support.approved, support.document_no = states.APPROVED, sent.amount, sent.document_no
    support.approved_by, support.approved_on, support.fiscal_year = step.principal.account_id, day, day.year
    await record(session, contracts.SupportApproved, support, context, combine(decision, held, budget))
    await enter(session, [(Movement.ALLIANCE_COMMITTED, sent.amount)], support, context)
    return support


async def refuse_support(session: AsyncSession, sent: SupportRefusal, *, step: Step) -> AllianceSupport:
    """It ends unpaid; the activities can be cited again. Raises 403, 404, 412."""
    support, edition = await open_support(session, step, *states.UNPAID)
    require_lead(edition, support.alliance, step.principal, "approver")
    four_eyes = require_another(edition, support, step)
    day = day_of(step, sent.decided_on, support.applied_on)
    support.status, support.reason_code, support.ended_on = states.REFUSED, sent.reason_code, day
    freed = update(AllianceCitation).where(AllianceCitation.support_id == support.id).values(live=False)
    await session.execute(freed)
    context = EventContext.of(step.principal, day)
    await record(session, contracts.SupportRefused, support, context, four_eyes)
    if support.approved is not None and support.fiscal_year is not None:
        move = await release_amount(session, ceiling, **key_of(support), amount=support.approved)
        assert move.ok, f"{support.no}: {support.approved} is given back, {move.committed} was held"
        await release_budget(
            session,
            programme=ALLIANCE_SUPPORT,
            year=support.fiscal_year,
            amount=support.approved,
            case=Claim.of(support),
            context=context,
        )
        await enter(session, [(Movement.ALLIANCE_RELEASED, support.approved)], support, context)
    return support


async def pay_support(session: AsyncSession, sent: SupportPayment, *, step: Step) -> AllianceSupport:
    """The treasury pays the approved amount, once. Raises 403 `four-eyes-required`, 404, 412, 409
    `alliance-activities-not-counted` where one was struck since, `payment-reference-used`."""
    support, edition = await open_support(session, step, states.APPROVED)
    four_eyes = require_another(edition, support, step)
    day = day_of(step, sent.paid_on, support.approved_on)
    counts = require_passed(await _decide_cited(session, edition, support, day))
    await require_unpaid_with(session, sent.reference)
    assert support.approved is not None, "an approved support has its amount"
    assert support.fiscal_year is not None, "and its budget's year"
    context = EventContext.of(step.principal, day)
    paid = await pay_budget(
        session,
        edition,
        programme=ALLIANCE_SUPPORT,
        year=support.fiscal_year,
        amount=support.approved,
        case=Claim.before(support),
        context=context,
    )
    support.status, support.paid, support.paid_on = states.PAID, support.approved, day
    support.paid_by, support.payment_reference = step.principal.account_id, sent.reference
    await record(session, contracts.SupportPaid, support, context, combine(four_eyes, counts, paid))
    await enter(session, [(Movement.ALLIANCE_PAID, support.paid)], support, context)
    return support


async def room(session: AsyncSession, edition: Edition, sent: SupportFacts) -> Decision:
    """Whether the amount would fit into the alliance's year now."""
    key = {"kind": ALLIANCE_YEAR, "subject": sent.alliance, "period": str(sent.year)}
    committed = await session.scalar(select(ceiling.c.committed).filter_by(**key)) or ZERO
    cap = edition.alliances.kinds[sent.alliance].support_cap.value
    fits = committed + sent.amount <= cap
    return decide_ceiling(edition, sent.alliance, fits=fits, amount=sent.amount, committed=committed, limit=cap)


async def _decide(
    session: AsyncSession, edition: Edition, sent: SupportFacts, day: date
) -> tuple[UUID | None, Decision]:
    found = await _arrived_sheet(session, sent.alliance, sent.year)
    table = known_alliance_record.c
    struck = await session.scalar(select(func.count()).where(table.id.in_(sent.record_ids), table.status == STRUCK))
    request = Request(sent.alliance, sent.year, sent.amount, sent.record_ids, struck or 0, day)
    sheet_id, sheet = found or (None, None)
    return sheet_id, decide_application(edition, request, sheet)


async def _decide_cited(session: AsyncSession, edition: Edition, support: AllianceSupport, day: date) -> Decision:
    """Whether the sheet and the activities still stand. They stay locked: one is struck before this step, or after."""
    table = known_alliance_record.c
    cited = select(table.id, table.status).where(table.id.in_(support.record_ids)).order_by(table.id)
    rows = (await session.execute(cited.with_for_update(read=True))).all()
    struck = sum(row.status == STRUCK for row in rows)
    request = Request(support.alliance, support.year, support.requested, support.record_ids, struck, day)
    found = await _sheet(session, support.alliance, support.year)
    sheet = found[1] if found else None
    assessed = decide_assessed(edition, support.alliance, support.year, sheet)
    return combine(assessed, decide_activities(edition, request, sheet))


async def _arrived_sheet(session: AsyncSession, alliance: str, year: int) -> tuple[UUID, Sheet] | None:
    """The published sheet; evaluation's event is waited for a second, while no lock is held."""
    deadline = monotonic() + WAIT_SECONDS
    while True:
        found = await _sheet(session, alliance, year)
        published = found is not None and found[1].status == PUBLISHED
        if published or monotonic() >= deadline:
            return found
        await asyncio.sleep(_STEP_SECONDS)


async def _sheet(session: AsyncSession, alliance: str, year: int) -> tuple[UUID, Sheet] | None:
    table = known_alliance_assessment.c
    mine = select(known_alliance_assessment).where(table.alliance == alliance, table.year == year)
    published_first = (table.status != PUBLISHED, table.version.desc())
    row = (await session.execute(mine.order_by(*published_first).limit(1))).one_or_none()
    if row is None:
        return None
    return row.id, Sheet(row.alliance, row.year, row.status, row.grade, frozenset(row.record_ids))


async def _commit(session: AsyncSession, edition: Edition, support: AllianceSupport, amount: Decimal) -> Decision:
    cap = edition.alliances.kinds[support.alliance].support_cap.value
    move = await commit_amount(session, ceiling, **key_of(support), amount=amount, limit=cap)
    committed = move.committed - amount if move.ok else move.committed
    figures = {"amount": amount, "committed": committed, "limit": move.limit}
    return require_passed(decide_ceiling(edition, support.alliance, fits=move.ok, **figures))
