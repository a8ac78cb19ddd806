"""When an alliance is supported, and with how much (4.6-3, 4.7-3)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final
from uuid import UUID

from shared.policy.alliances import Alliance
from shared.policy.decision import Decision, RuleInput, combine
from shared.policy.edition import Edition

MET: Final = "rule-met"
PUBLISHED: Final = "published"


@dataclass(frozen=True, slots=True)
class Sheet:
    """The year's assessment sheet of an alliance, as evaluation tells it."""

    alliance: str
    year: int
    status: str
    grade: str
    record_ids: Collection[UUID]


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for; yuan. `struck` counts cited activities that do not count any more."""

    alliance: str
    year: int
    amount: Decimal
    record_ids: Sequence[UUID]
    struck: int
    day: date


def kind_of(edition: Edition, alliance: str) -> Alliance | None:
    """The alliance among those of the edition."""
    return edition.alliances.kinds.get(alliance)


def decide_application(edition: Edition, request: Request, sheet: Sheet | None) -> Decision:
    """4.6-3, 4.7-3: everything that is tested when support is applied for; the dry run asks the same."""
    return combine(
        decide_assessed(edition, request.alliance, request.year, sheet),
        decide_activities(edition, request, sheet),
        decide_requested(edition, request.alliance, request.amount),
    )


def decide_assessed(edition: Edition, alliance: str, year: int, sheet: Sheet | None) -> Decision:
    """4.6-3: support rests on the published sheet of that alliance and year, with a grade that is supported."""
    grades = edition.investing.alliance_support.assessment_grades.value
    if sheet is None or (sheet.alliance, sheet.year) != (alliance, year) or sheet.status != PUBLISHED:
        message = "alliance-not-assessed"
    else:
        message = MET if sheet.grade in grades else "alliance-grade-not-supported"
    inputs: dict[str, RuleInput] = {
        "alliance": alliance,
        "year": year,
        "status": sheet.status if sheet else None,
        "grade": sheet.grade if sheet else None,
    }
    return _one(
        edition, "alliances.support_assessed", message == MET, inputs, message, alliance, limit=", ".join(grades)
    )


def decide_activities(edition: Edition, request: Request, sheet: Sheet | None) -> Decision:
    """4.6-3: by actual activities: each one cited is on the sheet, and at least one is."""
    known = set(sheet.record_ids) if sheet else set()
    foreign = len(set(request.record_ids) - known)
    passed = bool(request.record_ids) and not foreign and not request.struck
    inputs: dict[str, RuleInput] = {"cited": len(request.record_ids), "foreign": foreign, "struck": request.struck}
    return _one(
        edition, "alliances.support_activities", passed, inputs, "alliance-activities-not-counted", request.alliance
    )


def decide_requested(edition: Edition, alliance: str, amount: Decimal) -> Decision:
    """4.6-3, 4.7-3: one application asks for no more than the cap of a year."""
    cap = edition.alliances.kinds[alliance].support_cap.value
    inputs: dict[str, RuleInput] = {"alliance": alliance, "amount": amount}
    return _one(edition, "alliances.support_ceiling", amount <= cap, inputs, "alliance-above-cap", alliance, limit=cap)


def decide_ceiling(
    edition: Edition, alliance: str, *, fits: bool, amount: Decimal, committed: Decimal, limit: Decimal
) -> Decision:
    """4.6-3, 4.7-3: what an alliance is supported with in a year stays within the cap; `committed` is without the
    amount."""
    inputs: dict[str, RuleInput] = {"amount": amount, "committed": committed, "remaining": limit - committed}
    return _one(edition, "alliances.support_ceiling", fits, inputs, "alliance-ceiling-exceeded", alliance, limit=limit)


def decide_approved_amount(edition: Edition, alliance: str, *, requested: Decimal, approved: Decimal) -> Decision:
    """4.6-3: no more is given than was applied for."""
    inputs: dict[str, RuleInput] = {"amount": approved}
    passed = approved <= requested
    return _one(
        edition, "alliances.support_ceiling", passed, inputs, "alliance-above-requested", alliance, limit=requested
    )


def decide_four_eyes(edition: Edition, alliance: str, actor: str, handled_by: Mapping[str, str | None]) -> Decision:
    """4.6-3: whoever took an earlier step does not take this one, whatever the role."""
    own = next((step for step, account in handled_by.items() if account == actor), None)
    inputs: dict[str, RuleInput] = {"own_step": own}
    return _one(edition, "alliances.support_four_eyes", own is None, inputs, "four-eyes-required", alliance)


def decide_report(
    edition: Edition, alliance: str, *, purposes: Collection[str], spent: Decimal, paid: Decimal
) -> Decision:
    """4.6-3: the money went to purposes of the edition, and no more of it than was paid."""
    known = edition.investing.alliance_support.purposes
    other = next((purpose for purpose in purposes if purpose not in known), None)
    message = "alliance-purpose-unknown" if other is not None else "alliance-spent-above-paid"
    passed = other is None and spent <= paid
    inputs: dict[str, RuleInput] = {"purpose": other, "spent": spent, "paid": paid}
    limit = ", ".join(known) if other is not None else paid
    return _one(edition, "alliances.support_report", passed, inputs, message, alliance, limit=limit)


def decide_refunded(edition: Edition, alliance: str, *, unspent: Decimal) -> Decision:
    """4.6-3: what was not used went back, and the treasury confirmed it, before the report is accepted."""
    inputs: dict[str, RuleInput] = {"unspent": unspent}
    return _one(edition, "alliances.support_report", not unspent, inputs, "alliance-refund-missing", alliance)


def decide_refund(edition: Edition, alliance: str, *, spent: Decimal, refunded: Decimal, unspent: Decimal) -> Decision:
    """4.6-3: what is confirmed as refunded is what the report leaves of the payment."""
    inputs: dict[str, RuleInput] = {"spent": spent, "refunded": refunded, "unspent": unspent}
    return _one(edition, "alliances.support_report", unspent > 0, inputs, "alliance-nothing-to-refund", alliance)


def _one(
    edition: Edition,
    rule: str,
    passed: bool,
    inputs: Mapping[str, RuleInput],
    message: str,
    alliance: str,
    *,
    limit: RuleInput = None,
) -> Decision:
    """Under the clause of the alliance's own cap."""
    kind = kind_of(edition, alliance)
    clause = kind.support_cap.clause if kind else None
    code = MET if passed else message
    return edition.decision(edition.result(rule, passed, inputs, message=code, limit=limit, clause=clause))
