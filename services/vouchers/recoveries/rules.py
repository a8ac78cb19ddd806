"""When a recovery may be decided, what may be paid back, and the terms that the provider is told (4.3-4)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from shared.calendar import CalendarWarning, WorkingDay, add_months, add_working_days, roll_forward
from shared.policy.decision import Decision
from shared.policy.edition import Edition


@dataclass(frozen=True, slots=True)
class Terms:
    """The last days of what follows a decision, all inclusive, and what they were counted without."""

    repay_until: date
    reconsideration_until: date
    litigation_until: date
    warnings: tuple[CalendarWarning, ...]


def statement_term(edition: Edition, opened_on: date) -> WorkingDay:
    """4.3-4: the last day for the provider's statement; the day of the notice is not counted."""
    return add_working_days(opened_on, edition.vouchers.settlements.recovery_statement_working_days.value)


def decision_terms(edition: Edition, decided_on: date) -> Terms:
    """4.3-4: to pay back, for reconsideration (复议) and for litigation (诉讼), from the day the decision is served; a
    term that ends on a holiday rolls forward."""
    procedure = edition.procedure
    days = (
        decided_on + timedelta(days=edition.vouchers.settlements.recovery_repay_days.value),
        decided_on + timedelta(days=procedure.reconsideration_days.value),
        add_months(decided_on, procedure.litigation_months.value),
    )
    repay, reconsideration, litigation = (
        roll_forward(day) if edition.notices.terms_roll_over_holidays.value else WorkingDay(day) for day in days
    )
    warnings = dict.fromkeys((*repay.warnings, *reconsideration.warnings, *litigation.warnings))
    return Terms(repay.day, reconsideration.day, litigation.day, tuple(warnings))


def decide_claim(edition: Edition, *, amount: Decimal, claimable: Decimal) -> Decision:
    """4.3-4: no more is claimed back than was paid and is not claimed back already."""
    passed = amount <= claimable
    message = "recovery-within-paid" if passed else "recovery-above-paid"
    return edition.decision(
        edition.result(
            "vouchers.recovery", passed, {"amount": amount, "claimable": claimable}, limit=claimable, message=message
        )
    )


def decide_decidable(
    edition: Edition, *, day: date, statement_until: date, stated: bool, due: Decimal, amount: Decimal
) -> Decision:
    """4.3-4: the provider was heard, or let the term for it pass; and no more is decided than was claimed."""
    heard = stated or day > statement_until
    statement = edition.result(
        "vouchers.recovery_statement",
        heard,
        {"day": day, "stated": stated, "statement_until": statement_until},
        limit=statement_until,
        message="recovery-provider-heard" if heard else "recovery-statement-term-runs",
    )
    within = due <= amount
    claim = edition.result(
        "vouchers.recovery",
        within,
        {"due": due, "amount": amount},
        limit=amount,
        message="recovery-within-claim" if within else "recovery-above-claim",
    )
    return edition.decision(statement, claim)


def decide_made_up(edition: Edition, rule: str, *, amount: Decimal, outstanding: Decimal) -> Decision:
    """4.3-4: no more comes back, or is given up, than is outstanding; what waits for a bank's answer is not."""
    passed = amount <= outstanding
    message = "recovery-within-outstanding" if passed else "recovery-above-outstanding"
    inputs = {"amount": amount, "outstanding": outstanding}
    return edition.decision(edition.result(rule, passed, inputs, limit=outstanding, message=message))
