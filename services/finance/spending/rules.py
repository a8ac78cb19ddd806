"""Earmarking (专款专用, 3.1-4): what grant money may be spent on, and what becomes of money spent on something else."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from shared.policy.decision import Decision, RuleInput
from shared.policy.edition import Edition


def decide_planned_spending(
    edition: Edition, *, earmarked: str, purpose: str, amount: Decimal, spendable: Decimal
) -> Decision:
    """3.1-4: a planned payment is refused if it is off purpose or more than is left of the grant."""
    return edition.decision(
        edition.result(
            "grants.purpose",
            purpose == earmarked,
            {"purpose": purpose},
            message="rule-met" if purpose == earmarked else "spending-off-purpose",
            limit=earmarked,
        ),
        *decide_made_spending(edition, amount=amount, spendable=spendable).results,
    )


def decide_made_spending(edition: Edition, *, amount: Decimal, spendable: Decimal) -> Decision:
    """3.1-4: what is recorded as spent, on purpose or off, is never more than was paid."""
    return edition.decision(
        edition.result(
            "grants.spending",
            amount <= spendable,
            {"amount": amount, "spendable": spendable},
            message="rule-met" if amount <= spendable else "spending-above-balance",
            limit=spendable,
        )
    )


def decide_plan_line(edition: Edition, *, line: int, amount: Decimal, left: Decimal, made: bool) -> Decision:
    """3.1-4: a planned payment stays within the line of the plan that it names; one that was made beyond it is on
    purpose all the same, and shows."""
    fits = amount <= left
    message = "rule-met" if fits else "spending-beyond-plan-line" if made else "spending-above-plan-line"
    inputs: Mapping[str, RuleInput] = {"line": line, "amount": amount, "fits": fits}
    result = edition.result("grants.plan", fits or made, inputs, message=message, limit=max(left, Decimal(0)))
    return edition.decision(result)


def decide_unassigned(edition: Edition) -> Decision:
    """3.1-4: a payment need not name a line of the plan; the plan shows it apart."""
    return edition.decision(edition.result("grants.plan", True, {"line": None}, message="rule-met"))


def decide_eligible(edition: Edition, *, earmarked: str, purpose: str) -> Decision:
    """3.1-4: money already spent off purpose is recorded, counts as not accounted for and opens a finding (疑点)."""
    inputs: Mapping[str, str] = {"purpose": purpose}
    passed = purpose == earmarked
    message = "rule-met" if passed else "spending-off-purpose-made"
    return edition.decision(edition.result("grants.finding", passed, inputs, message=message, limit=earmarked))


def decide_counted_once(edition: Edition, *, counted_before: bool) -> Decision:
    """3.1-4, 4.3-2: an invoice, known by its number and seller, counts once."""
    message = "invoice-already-counted" if counted_before else "rule-met"
    result = edition.result(
        "documents.counted_once", not counted_before, {"counted_before": counted_before}, message=message
    )
    return edition.decision(result)
