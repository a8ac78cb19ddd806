"""The check of a batch, its sample, and what inspections find (4.3-4)."""

from __future__ import annotations

from collections import defaultdict
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.settlements import lines, rules, states
from services.vouchers.settlements.cases import Case, Step, open_case
from services.vouchers.settlements.facts import facts_of
from services.vouchers.settlements.models import Settlement, SettlementLine
from services.vouchers.settlements.schemas import InspectionIn
from shared.errors import DomainError, invalid_transition, not_found
from shared.events.contracts import vouchers as vc
from shared.policy.decision import Decision

CHECKED = (
    "vouchers.settlement_documents",
    "vouchers.settlement_invoice",
    "vouchers.settlement_account",
    "documents.counted_once",
)
SAMPLED = ("vouchers.settlement_sample",)


async def check(session: AsyncSession, *, step: Step) -> Settlement:
    """Look at every line: its documents, its invoice, all claims on it, the payee's account. What does not hold goes
    out, with everything that was found; what would go by itself comes back with the next batch.

    May be repeated until the payment file is made: something may have changed since.
    """
    case = await open_case(session, step, *states.BEFORE_APPROVAL, states.APPROVED)
    case.note_hand()
    settlement, today = case.settlement, step.principal.today
    found_of = await find_faults(session, case)
    failed = {line_id: found for line_id, found in found_of.items() if found}
    if settlement.status in (states.DRAFT, states.CHECKING):
        settlement.status = states.CHECKING
        settlement.checked_by, settlement.checked_on = step.principal.account_id, case.day(None, settlement.drafted_on)
    passed = update(SettlementLine).where(
        SettlementLine.settlement_id == settlement.id, SettlementLine.status == states.INCLUDED
    )
    await session.flush()
    await session.execute(passed.values(check_status=states.PASSED), execution_options={"synchronize_session": False})
    await _take_out_failed(session, case, failed)
    await lines.refresh(session, settlement)
    await lines.tell(session, vc.SettlementChecked, settlement, case.context(today), CHECKED)
    return settlement


async def find_faults(session: AsyncSession, case: Case) -> dict[UUID, tuple[str, ...]]:
    """What is found of each line now."""
    facts = await facts_of(session, case.settlement.id)
    return {line_id: rules.faults_of(case.edition, found) for line_id, found in facts.items()}


async def _take_out_failed(session: AsyncSession, case: Case, failed: dict[UUID, tuple[str, ...]]) -> None:
    """One event for each reason; the first fault names it."""
    by_reason: defaultdict[str, list[SettlementLine]] = defaultdict(list)
    query = select(SettlementLine).where(
        SettlementLine.settlement_id == case.settlement.id, SettlementLine.status == states.INCLUDED
    )
    if failed:
        for line in await session.scalars(query.execution_options(populate_existing=True)):
            if found := failed.get(line.id):
                line.check_status, line.faults = states.FAILED, list(found)
                by_reason[found[0]].append(line)
    for reason, found_lines in by_reason.items():
        status = states.BARRED if reason in states.BARRING else states.BACK
        context = case.context(case.principal.today)
        await lines.take_out(session, case.settlement, found_lines, status, reason, context=context, cited=CHECKED)


async def draw(session: AsyncSession, *, step: Step) -> Settlement:
    """Draw the sample, once; asked again it is the same. Raises 409 `settlement-empty`."""
    case = await open_case(session, step, states.CHECKING, states.NOTICED)
    settlement = case.settlement
    if settlement.sample_size is not None:
        return settlement
    if settlement.line_count == 0:
        params = {"period": settlement.period, "collects_to": settlement.collects_to}
        raise DomainError("settlement-empty", 409, params=params, clauses=["4.3-4"])
    case.note_hand()
    settlement.sample_size = rules.sample_size(case.edition, settlement.line_count)
    await lines.complete_sample(session, settlement)
    await lines.tell(session, vc.SettlementSampled, settlement, case.context(step.principal.today), SAMPLED)
    return settlement


async def inspect(session: AsyncSession, *, step: Step, sent: InspectionIn) -> tuple[Settlement, SettlementLine]:
    """Record what the inspection of a line found; any line may be inspected. A failed one goes out: back to the queue
    where it can be mended, else barred.

    Raises 404, 409 `invalid-transition` for a line that is out.
    """
    case = await open_case(session, step, states.CHECKING, states.NOTICED)
    case.note_hand()
    line = await line_of(session, case.settlement, sent.line_id, states.INCLUDED)
    day = case.day(sent.inspected_on, case.settlement.drafted_on)
    line.inspection, line.inspected_by, line.inspected_on = sent.outcome, step.principal.account_id, day
    line.findings = sent.findings
    context = case.context(day)
    reason = None
    if sent.outcome == "failed":
        reason = states.FRAUD_SUSPECTED if sent.fraud_suspected else states.INSPECTION_FAILED
        status = states.BACK if sent.can_be_mended and not sent.fraud_suspected else states.BARRED
        await lines.take_out(session, case.settlement, [line], status, reason, context=context, cited=SAMPLED)
    await session.flush()
    redemptions = [line.redemption_id]
    await lines.tell_lines(session, vc.SettlementInspected, case.settlement, redemptions, reason, context, SAMPLED)
    return case.settlement, line


async def line_of(session: AsyncSession, settlement: Settlement, line_id: UUID, *allowed: str) -> SettlementLine:
    """A line of a batch that is held locked. Raises 404, 409 `invalid-transition`."""
    line = await session.get(SettlementLine, line_id, populate_existing=True)
    if line is None or line.settlement_id != settlement.id:
        raise not_found("settlement-line")
    if line.status not in allowed:
        raise invalid_transition(line.status, list(allowed))
    return line


async def sample_decision(session: AsyncSession, case: Case) -> Decision:
    """Whether what has to be inspected was. A batch without a draw has inspected nothing."""
    line = SettlementLine
    counted = select(
        func.count().filter(line.inspection.is_not(None), line.sampled, ~line.flagged),
        func.count().filter(line.sampled, line.inspection.is_(None), line.status == states.INCLUDED),
    ).where(line.settlement_id == case.settlement.id)
    inspected, waiting = (await session.execute(counted)).one()
    settlement = case.settlement
    size = settlement.sample_size
    if size is None:
        return rules.decide_sample(case.edition, required=1, inspected=0, waiting=0)
    unflagged = select(func.count()).where(
        line.settlement_id == settlement.id,
        ~line.flagged,
        (line.status == states.INCLUDED) | line.inspection.is_not(None),
    )
    there = await session.scalar(unflagged) or 0
    return rules.decide_sample(case.edition, required=min(size, there), inspected=inspected, waiting=waiting)
