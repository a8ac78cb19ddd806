"""A bank changes what is due: its own plan, restructured terms, more time (3.2-3 to 3.2-5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.servicing import states
from services.finance.servicing.access import Case, Step, day_of_fact, open_loan
from services.finance.servicing.models import LoanExtension, LoanSchedule
from services.finance.servicing.replanning import capitalise, given, replan
from services.finance.servicing.rules import decide_extension, decide_plan_days, decide_schedule_sum
from services.finance.servicing.schedule import Instalment, Terms
from services.finance.servicing.scheduling import (
    arrears_of,
    drawdowns_of,
    extensions_of,
    instalments_of,
    last_schedule,
    payments_of,
    running_since,
    schedules_of,
    settle_standing,
    standing_on,
    terms_of,
    write_schedule,
)
from services.finance.servicing.schemas import LoanExtensionIn, LoanScheduleIn, PlannedInstalmentIn
from services.finance.servicing.telling import tell
from shared.calendar import roll_forward
from shared.db import constraint_of
from shared.errors import DomainError, invalid_transition
from shared.events.contracts.finance.loan_servicing import LoanExtended, LoanRescheduled
from shared.events.outbox import EventContext
from shared.ids import uuid7
from shared.money import ZERO
from shared.policy.decision import Decision, combine
from shared.refusals import require_passed


@dataclass(frozen=True, slots=True)
class _MoreTime:
    """A later maturity, as it was agreed."""

    agreed_on: date
    matures_on: date
    bank_reference: str
    reason: str
    rate: Decimal
    restructured: bool = False


async def change_schedule(session: AsyncSession, sent: LoanScheduleIn, *, step: Step) -> LoanSchedule:
    """The bank's own instalments for what is left, or restructured terms that take in what is overdue.

    A later maturity is more time, under the same conditions. Raises 404, 409 `invalid-transition`,
    `step-before-earlier-step`, `loan-schedule-does-not-add-up`, `loan-schedule-days`, and what `extend` refuses.
    """
    case = await open_loan(session, step, *states.CHANGEABLE)
    loan, edition = case.loan, case.edition
    last, before, anchor = await _so_far(session, case)
    day = await _day_of_change(session, case, step, sent.changed_on)
    payments = await payments_of(session, loan.id)
    standing = standing_on(day, before, payments, loan.disbursed)
    terms = terms_of(edition, loan, last, starts_on=running_since(before, day, anchor), anchor=anchor)
    if sent.instalments is not None:
        rows = _rows(sent.instalments, roll=edition.loan_servicing.roll_holidays.value)
        instalments, left = given(standing, rows, day)
        planned = sum((each.principal for each in sent.instalments), ZERO)
        days = [nominal for nominal, _, _, _ in rows]
        decision = combine(
            decide_schedule_sum(edition, loan.product, planned=planned, owed=left),
            decide_plan_days(edition, loan.product, days=days, changed_on=day),
        )
        terms = replace(terms, matures_on=max(days[-1], *_later(rows, case)))
        basis = states.BANK_PLAN
    else:
        assert sent.matures_on is not None, loan.no
        decision = combine(
            decide_schedule_sum(edition, loan.product, planned=standing.owed, owed=standing.owed),
            decide_plan_days(edition, loan.product, days=[sent.matures_on], changed_on=day),
        )
        require_passed(decision)
        terms = replace(
            terms,
            matures_on=sent.matures_on,
            method=sent.method or terms.method,
            every_months=sent.every_months or terms.every_months,
            starts_on=day,
            anchor=day,
        )
        instalments, basis = capitalise(standing, terms, day), states.RESTRUCTURED
    require_passed(decision)
    assert loan.maturity_on is not None, loan.no
    if terms.matures_on > loan.maturity_on:
        reference = f"schedule:{loan.no}:{last.revision + 1}"
        more_time = _MoreTime(day, terms.matures_on, reference, sent.reason, last.rate, basis == states.RESTRUCTURED)
        extension = await _give_time(session, case, step, more_time)
        decision = combine(decision, extension[1])
    return await _write(session, case, step, instalments, terms, day, basis, sent.reason, decision)


async def extend(session: AsyncSession, sent: LoanExtensionIn, *, step: Step) -> tuple[int, LoanExtension]:
    """The bank gives more time. Raises 404, 409 `invalid-transition`, `loan-extended-before`, `loan-in-arrears`,
    `loan-extension-after-maturity`, `loan-extension-too-long`, `loan-reference-used`, `step-before-earlier-step`."""
    case = await open_loan(session, step)
    loan = case.loan
    extensions = await extensions_of(session, loan.id)
    known = next((each for each in extensions if each.bank_reference == sent.bank_reference), None)
    if known is not None:
        if (known.agreed_on, known.matures_on) != (sent.agreed_on, sent.matures_on):
            raise _used(sent.bank_reference)
        return loan.version, known
    _require_changeable(loan.status)
    day = await _day_of_change(session, case, step, sent.agreed_on)
    last, before, anchor = await _so_far(session, case)
    more_time = _MoreTime(day, sent.matures_on, sent.bank_reference, sent.reason, last.rate)
    extension, decision = await _give_time(session, case, step, more_time)
    standing = standing_on(day, before, await payments_of(session, loan.id), loan.disbursed)
    terms = terms_of(case.edition, loan, last, starts_on=running_since(before, day, anchor), anchor=anchor)
    terms = replace(terms, matures_on=sent.matures_on)
    await write_schedule(
        session,
        loan,
        replan(standing, terms, day),
        basis=states.EXTENSION,
        terms=terms,
        changed_on=day,
        reported_on=step.principal.today,
        actor=step.principal.account_id,
        reason=sent.reason,
    )
    days = {name: getattr(extension, name) for name in ("agreed_on", "matured_on", "matures_on")}
    context = EventContext.of(step.principal, day)
    await tell(session, LoanExtended, loan, context, decision, {"extension_id": extension.id, **days})
    await settle_standing(session, loan)
    return loan.version, extension


async def _give_time(
    session: AsyncSession, case: Case, step: Step, given_time: _MoreTime
) -> tuple[LoanExtension, Decision]:
    """The loan matures later. Raises 409 as `extend`."""
    loan, day = case.loan, given_time.agreed_on
    assert loan.maturity_on is not None, loan.no
    extensions = await extensions_of(session, loan.id)
    behind = await arrears_of(session, loan.id, day)
    decision = require_passed(
        decide_extension(
            case.edition,
            loan.product,
            extended=len(extensions),
            days_in_arrears=behind.days,
            agreed_on=day,
            first_maturity=extensions[0].matured_on if extensions else loan.maturity_on,
            maturity=loan.maturity_on,
            to=given_time.matures_on,
            restructured=given_time.restructured,
        )
    )
    extension = LoanExtension(
        id=uuid7(),
        loan_id=loan.id,
        livemode=loan.livemode,
        line=len(extensions) + 1,
        bank=step.bank,
        bank_reference=given_time.bank_reference,
        agreed_on=day,
        matured_on=loan.maturity_on,
        matures_on=given_time.matures_on,
        rate=given_time.rate,
        reason=given_time.reason,
        recorded_by=step.principal.account_id,
        decision=decision.to_json(),
    )
    loan.maturity_on = given_time.matures_on
    await _add(session, extension)
    return extension, decision


async def _day_of_change(session: AsyncSession, case: Case, step: Step, sent: date) -> date:
    """Changes are reported in the order in which they were made, so that none reaches back behind another. Raises 409
    `step-before-earlier-step`."""
    day = day_of_fact(step.principal, sent)
    earlier = max((each.changed_on for each in await schedules_of(session, case.loan.id)), default=day)
    if day < earlier:
        raise DomainError("step-before-earlier-step", 409, params={"sent": day, "not_before": earlier})
    return day


async def _so_far(session: AsyncSession, case: Case) -> tuple[LoanSchedule, list[Instalment], date]:
    """The schedule that holds, its instalments, and the loan's first day."""
    last = await last_schedule(session, case.loan.id)
    assert last is not None, case.loan.no
    drawdowns = await drawdowns_of(session, case.loan.id)
    return last, await instalments_of(session, case.loan.id, last.revision), drawdowns[0].drawn_on


async def _write(
    session: AsyncSession,
    case: Case,
    step: Step,
    instalments: Sequence[Instalment],
    terms: Terms,
    day: date,
    basis: str,
    reason: str,
    decision: Decision,
) -> LoanSchedule:
    loan = case.loan
    schedule = await write_schedule(
        session,
        loan,
        instalments,
        basis=basis,
        terms=terms,
        changed_on=day,
        reported_on=step.principal.today,
        actor=step.principal.account_id,
        reason=reason,
    )
    more = {
        "revision": schedule.revision,
        "basis": basis,
        "changed_on": day,
        "instalments": len(instalments),
        "last_due_on": instalments[-1].due_on,
    }
    await tell(session, LoanRescheduled, loan, EventContext.of(step.principal, day), decision, more)
    await settle_standing(session, loan)
    return schedule


def _rows(sent: Sequence[PlannedInstalmentIn], *, roll: bool) -> list[tuple[date, date, Decimal, Decimal]]:
    rows = []
    for each in sent:
        due = each.due_on or (roll_forward(each.nominal_on).day if roll else each.nominal_on)
        rows.append((each.nominal_on, due, each.principal, each.interest))
    return rows


def _later(rows: Sequence[tuple[date, date, Decimal, Decimal]], case: Case) -> list[date]:
    """Days due that are later than a holiday makes them: they are more time as well. At least the first day."""
    roll = case.edition.loan_servicing.roll_holidays.value
    late = [due for nominal, due, _, _ in rows if due > (roll_forward(nominal).day if roll else nominal)]
    return [rows[0][0], *late]


def _require_changeable(status: str) -> None:
    if status not in states.CHANGEABLE:
        raise invalid_transition(status, states.CHANGEABLE)


def _used(reference: str) -> DomainError:
    return DomainError("loan-reference-used", 409, params={"bank_reference": reference})


async def _add(session: AsyncSession, extension: LoanExtension) -> None:
    session.add(extension)
    try:
        await session.flush()
    except IntegrityError as error:
        if constraint_of(error) != "uq_loan_extension_bank_reference":
            raise
        raise _used(extension.bank_reference) from error
