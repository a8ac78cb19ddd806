"""How a bank's day is compared with ours, line by line and in total (3.2-1)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from services.finance.banks.rules import MET
from services.finance.reconciliation import states
from shared.money import ZERO
from shared.policy.decision import Decision
from shared.policy.edition import Edition

_SIGNS: Final[Mapping[str, tuple[int, int]]] = {
    states.DISBURSEMENT: (1, 0),
    states.REPAYMENT: (0, 1),
    states.DISBURSEMENT_REVERSAL: (-1, 0),
    states.REPAYMENT_REVERSAL: (0, -1),
}
"""What a line adds to the sums disbursed and repaid."""


@dataclass(frozen=True, slots=True)
class Movement:
    """Money of one day on one case, under the bank's reference; a positive amount in yuan."""

    kind: str
    reference: str
    case_no: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Totals:
    """Control totals of a day: sums net of reversals, and what is owed at its end."""

    count: int
    disbursed: Decimal
    repaid: Decimal
    outstanding: Decimal


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that differs; None for what a side does not know."""

    kind: str
    reference: str | None
    case_no: str | None
    our_kind: str | None
    their_kind: str | None
    ours: Decimal | None
    theirs: Decimal | None


def totals_of(movements: Iterable[Movement], outstanding: Decimal) -> Totals:
    """Count and sums of the movements."""
    count, disbursed, repaid = 0, ZERO, ZERO
    for movement in movements:
        out, back = _SIGNS[movement.kind]
        count, disbursed, repaid = count + 1, disbursed + out * movement.amount, repaid + back * movement.amount
    return Totals(count, disbursed, repaid, outstanding)


def decide_day(edition: Edition, *, day: date, today: date) -> Decision:
    """3.2-1: a day that has come, and not longer ago than the edition says; both ends inclusive."""
    earliest = today - timedelta(days=edition.banking.reconciliation_days_back.value)
    passed = earliest <= day <= today
    result = edition.result(
        "reconciliation.compared",
        passed,
        {"day": day, "today": today, "earliest": earliest},
        message=MET if passed else "reconciliation-day-outside",
        limit=earliest,
    )
    return edition.decision(result)


def wrong_totals(lines: Sequence[Movement], told: Totals) -> dict[str, str]:
    """Control totals that the file's own lines do not add up to, with what they do."""
    counted = totals_of(lines, told.outstanding)
    pairs = {
        "count": (told.count, counted.count),
        "disbursed": (told.disbursed, counted.disbursed),
        "repaid": (told.repaid, counted.repaid),
    }
    return {name: str(right) for name, (said, right) in pairs.items() if said != right}


def compare(
    ours: Sequence[Movement], theirs: Sequence[Movement], *, our_outstanding: Decimal, their_outstanding: Decimal
) -> list[Difference]:
    """3.2-1: by kind, reference and case, for a bank may give money out and money back the same number; where a
    reference stands for another kind, or on another case, that is one difference and not two."""
    left = {(movement.kind, movement.reference, movement.case_no): movement for movement in ours}
    unmatched: list[Movement] = []
    found: list[Difference] = []
    for line in theirs:
        mine = left.pop((line.kind, line.reference, line.case_no), None)
        if mine is None:
            unmatched.append(line)
        elif mine.amount != line.amount:
            found.append(_difference(states.AMOUNT_DIFFERS, mine, line))
    by_case = {(movement.reference, movement.case_no): key for key, movement in left.items()}
    elsewhere: list[Movement] = []
    for line in unmatched:
        key = by_case.pop((line.reference, line.case_no), None)
        if key is None:
            elsewhere.append(line)
        else:
            found.append(_difference(states.KIND_DIFFERS, left.pop(key), line))
    by_reference = {movement.reference: key for key, movement in left.items()}
    for line in elsewhere:
        key = by_reference.pop(line.reference, None)
        if key is None:
            found.append(_difference(states.MISSING_HERE, None, line))
        else:
            found.append(_difference(states.CASE_DIFFERS, left.pop(key), line))
    found += [_difference(states.MISSING_THERE, mine, None) for mine in left.values()]
    if our_outstanding != their_outstanding:
        found.append(Difference(states.OUTSTANDING_DIFFERS, None, None, None, None, our_outstanding, their_outstanding))
    return found


def _difference(kind: str, mine: Movement | None, line: Movement | None) -> Difference:
    known = mine or line
    return Difference(
        kind=kind,
        reference=known.reference if known else None,
        case_no=known.case_no if known else None,
        our_kind=mine.kind if mine else None,
        their_kind=line.kind if line else None,
        ours=mine.amount if mine else None,
        theirs=line.amount if line else None,
    )
