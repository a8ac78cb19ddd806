"""Use reports: when they are due, what they must agree with, and what comes of a missing one (3.1-4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal

from shared.policy.decision import Decision, RuleInput
from shared.policy.edition import Edition


@dataclass(frozen=True, slots=True)
class Account:
    """One past grant of the applicant: when it was paid, when it ended, and the years it was reported on. `edition` is
    the one it was made under."""

    no: str
    edition: Edition
    paid_on: date
    ended_on: date | None
    reported: frozenset[int]


@dataclass(frozen=True, slots=True)
class Figures:
    """What a grant came to by the end of a year; yuan."""

    received: Decimal
    spent: Decimal
    ineligible: Decimal
    refunded: Decimal
    recovered: Decimal
    balance: Decimal


@dataclass(frozen=True, slots=True)
class Indicator:
    """One indicator of a self-review: what it can give and what it gave."""

    weight: Decimal
    score: Decimal


def due_day(edition: Edition, year: int) -> date:
    """3.1-4: the last day for the report on `year`, of the year after."""
    grants = edition.grants
    return date(year + 1, grants.use_report_due_month.value, grants.use_report_due_day.value)


def years_due(account: Account, day: date) -> list[int]:
    """The years of a grant whose reports should be in on `day`, the due day over."""
    last = account.ended_on.year if account.ended_on else day.year
    years = range(account.paid_on.year, last + 1)
    return [year for year in years if due_day(account.edition, year) < day]


def decide_reported(edition: Edition, day: date, accounts: Sequence[Account]) -> Decision:
    """3.1-4: who has not reported on a past grant by the due day gets no other; the day itself is still in time."""
    missing = [
        (account.no, year) for account in accounts for year in years_due(account, day) if year not in account.reported
    ]
    refused = bool(missing) and edition.grants.unreported_refused.value
    inputs: dict[str, RuleInput] = {"past_grants": len(accounts), "missing": len(missing)}
    if missing:
        inputs |= {"grant": missing[0][0], "year": missing[0][1]}
    message = "grant-unreported" if refused else "rule-met"
    return edition.decision(edition.result("grants.unreported", not refused, inputs, message=message, limit=0))


def decide_report_time(edition: Edition, *, year: int, day: date, paid_on: date, ended_on: date | None) -> Decision:
    """3.1-4: a year is reported on when it is over, or the grant is closed; not a year in which there was no grant."""
    inputs: dict[str, RuleInput] = {"year": year, "day": day, "paid_on": paid_on}
    first, last = paid_on.year, ended_on.year if ended_on else day.year
    if not first <= year <= last:
        return _one(edition, False, inputs, "use-report-other-year", limit=f"{first}-{last}")
    over = day > date(year, 12, 31) or ended_on is not None
    return _one(edition, over, inputs, "use-report-too-early", limit=date(year + 1, 1, 1))


def decide_figures(edition: Edition, *, sent: Figures, kept: Figures) -> Decision:
    """3.1-4: what is reported agrees with the spending lines and the journal, to the fen."""
    wrong = [field.name for field in fields(Figures) if getattr(sent, field.name) != getattr(kept, field.name)]
    first = wrong[0] if wrong else "balance"
    inputs: dict[str, RuleInput] = {"figure": first, "reported": getattr(sent, first), "wrong": len(wrong)}
    return _one(edition, not wrong, inputs, "use-report-figures-differ", limit=getattr(kept, first))


def decide_in_time(edition: Edition, *, due_on: date, day: date) -> Decision:
    """3.1-4: a report after the due day is taken and flagged."""
    late = day > due_on
    message = "use-report-late" if late else "rule-met"
    result = edition.result("grants.use_report", True, {"day": day, "late": late}, message=message, limit=due_on)
    return edition.decision(result)


def decide_performance(edition: Edition, indicators: Sequence[Indicator]) -> Decision:
    """3.1-4: the weights come to a hundred and no score is above its weight; the band is the edition's."""
    weights = sum((indicator.weight for indicator in indicators), Decimal(0))
    above = [indicator for indicator in indicators if indicator.score > indicator.weight]
    rule = "grants.performance"
    if weights != 100:
        inputs: dict[str, RuleInput] = {"weights": weights}
        return edition.decision(edition.result(rule, False, inputs, message="performance-weights-not-100", limit=100))
    if above:
        inputs = {"score": above[0].score}
        message = "performance-score-above-weight"
        return edition.decision(edition.result(rule, False, inputs, message=message, limit=above[0].weight))
    score = total(indicators)
    inputs = {"score": score, "band": band_of(edition, score)}
    return edition.decision(edition.result(rule, True, inputs, message="performance-banded"))


def total(indicators: Sequence[Indicator]) -> Decimal:
    """Of a hundred, to two places; indicators have no more."""
    return sum((indicator.score for indicator in indicators), Decimal("0.00"))


def band_of(edition: Edition, score: Decimal) -> str:
    """3.1-4: the highest band whose floor the score reaches; the score is not rounded before."""
    bands = edition.grants.performance_bands
    reached = [name for name in bands if bands[name].floor.value <= score]
    return max(reached, key=lambda name: bands[name].floor.value)


def _one(
    edition: Edition,
    passed: bool,
    inputs: Mapping[str, RuleInput],
    message: str,
    *,
    limit: Decimal | date | str | None = None,
) -> Decision:
    code = "rule-met" if passed else message
    return edition.decision(edition.result("grants.use_report", passed, inputs, message=code, limit=limit))
