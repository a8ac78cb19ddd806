"""Who may mark what, who is drawn for it, and what several marks come to. Pure: no clock, no chance."""

from __future__ import annotations

from bisect import insort
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from hashlib import sha256
from statistics import median
from typing import Final, Literal
from uuid import UUID

from shared.calendar import add_working_days
from shared.policy.decision import Decision
from shared.policy.edition import Edition

LIVE: Final = ("assigned", "marked")
STATUSES: Final = ("assigned", "marked", "recused", "released")
EXPERT_STATUSES: Final = ("applied", "appointed", "ended")
THIRD: Final = 3
"""The slot of the expert who is called when two marks lie too far apart."""

_CENT: Final = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Interests:
    """An expert, with what keeps them away: own organisation, centres and organisations by declared conflicts."""

    id: UUID
    account_id: str
    org: str | None = None
    centres: frozenset[UUID] = frozenset()
    orgs: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Place:
    """A mark that somebody is to give. `operators` ran the centre at the year's end or run it now."""

    evaluation_id: UUID
    evaluation_no: str
    centre_id: UUID
    operators: frozenset[str]
    indicator: str
    round: int = 1
    slot: int = 1

    @property
    def marked(self) -> tuple[UUID, str]:
        """What nobody marks twice."""
        return (self.evaluation_id, self.indicator)


def decide_free_of_conflict(edition: Edition, expert: Interests, place: Place) -> Decision:
    """2.3-2: nobody marks a centre run by the own organisation, or one with a declared conflict of interest."""
    same = expert.org is not None and expert.org in place.operators
    declared = place.centre_id in expert.centres or not expert.orgs.isdisjoint(place.operators)
    results = (
        edition.result(
            "evaluation.expert_conflict",
            not same,
            {"same_organisation": same},
            message="expert-same-organisation" if same else "expert-other-organisation",
        ),
        edition.result(
            "evaluation.expert_conflict",
            not declared,
            {"declared_conflict": declared},
            message="expert-conflict-declared" if declared else "expert-without-conflict",
        ),
    )
    return edition.decision(*results)


def may_mark(expert: Interests, place: Place) -> bool:
    """The same as `decide_free_of_conflict`, for draws over many thousands of places."""
    return not (
        (expert.org is not None and expert.org in place.operators)
        or place.centre_id in expert.centres
        or not expert.orgs.isdisjoint(place.operators)
    )


def allot(
    seed: str,
    places: Iterable[Place],
    experts: Sequence[Interests],
    load: Mapping[UUID, int],
    seen: Mapping[tuple[UUID, str], Collection[UUID]],
) -> tuple[list[tuple[Place, Interests]], list[Place]]:
    """2.3-2: experts for the places, and the places that nobody is left for.

    Place by place in the order of evaluation numbers: among those free of conflict who have not had the indicator
    before, the least loaded. Equals stand in the order of the SHA-256 of seed and account, and that of seed and place,
    as a number, counts round among them: anybody who knows seed and pool gets the same draw. `load` is what each expert
    has to mark already, `seen` who has had what.
    """
    order = {expert.id: _hash(seed, expert.account_id) for expert in experts}
    by_load: dict[int, list[Interests]] = {}
    for expert in sorted(experts, key=lambda expert: order[expert.id]):
        by_load.setdefault(load.get(expert.id, 0), []).append(expert)
    had = {marked: set(ids) for marked, ids in seen.items()}
    drawn: list[tuple[Place, Interests]] = []
    left: list[Place] = []
    for place in sorted(places, key=lambda place: (place.evaluation_no, place.indicator, place.round, place.slot)):
        before = had.setdefault(place.marked, set())
        found = _least_loaded(by_load, place, before)
        if found is None:
            left.append(place)
            continue
        number, equals = found
        lot = _hash(seed, place.evaluation_no, place.indicator, str(place.round), str(place.slot))
        chosen = equals[int(lot, 16) % len(equals)]
        by_load[number].remove(chosen)
        insort(by_load.setdefault(number + 1, []), chosen, key=lambda expert: order[expert.id])
        before.add(chosen.id)
        drawn.append((place, chosen))
    return drawn, left


def _least_loaded(
    by_load: Mapping[int, Sequence[Interests]], place: Place, before: Collection[UUID]
) -> tuple[int, list[Interests]] | None:
    for number in sorted(by_load):
        free = [expert for expert in by_load[number] if expert.id not in before and may_mark(expert, place)]
        if free:
            return number, free
    return None


def _hash(*parts: str) -> str:
    return sha256("|".join(parts).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Agreement:
    """What the marks given so far come to. `spread` is that of the first two; None where one found nothing to mark."""

    state: Literal["waiting", "third", "agreed"]
    mark: Decimal | None = None
    spread: Decimal | None = None


def agree(edition: Edition, marks: Sequence[Decimal | None], wanted: int) -> Agreement:
    """2.3-2: two marks within the limit give their mean; a wider spread goes to a third, then the median counts.

    None says that there was nothing to check: two who say so agree, one alone is a difference for the third. Rounded
    half up to two places.
    """
    rules = edition.evaluation_cycle
    if len(marks) < wanted:
        return Agreement("waiting")
    numbers = sorted(mark for mark in marks if mark is not None)
    if len(marks) < THIRD:
        if not numbers:
            return Agreement("agreed", None, Decimal(0))
        spread = None if len(numbers) < len(marks) else numbers[-1] - numbers[0]
        if spread is None or spread > rules.spread_limit.value:
            return Agreement("third", None, spread)
        return Agreement("agreed", _of_two(numbers, rules.of_two.value), spread)
    first = [mark for mark in marks[:2] if mark is not None]
    spread = abs(first[0] - first[1]) if len(first) == len(marks[:2]) else None
    if len(numbers) < len(marks) - 1:
        return Agreement("agreed", None, spread)
    if len(numbers) < len(marks):
        return Agreement("agreed", _of_two(numbers, rules.of_two.value), spread)
    middle = Decimal(median(numbers)) if rules.of_three.value == "median" else sum(numbers, Decimal(0)) / len(numbers)
    return Agreement("agreed", _rounded(middle), spread)


def _of_two(numbers: Sequence[Decimal], rule: str) -> Decimal:
    if rule == "mean":
        return _rounded(sum(numbers, Decimal(0)) / len(numbers))
    return _rounded(numbers[0] if rule == "lower" else numbers[-1])


def _rounded(mark: Decimal) -> Decimal:
    return mark.quantize(_CENT, ROUND_HALF_UP)


def decide_spread(edition: Edition, agreement: Agreement) -> Decision:
    """2.3-2: whether the first two marks lie within the edition's limit."""
    limit = edition.evaluation_cycle.spread_limit.value
    within = agreement.spread is not None and agreement.spread <= limit
    result = edition.result(
        "evaluation.mark_spread",
        within,
        {"spread": agreement.spread},
        limit=limit,
        message="marks-close" if within else "marks-far-apart",
    )
    return edition.decision(result)


def decide_mark_in_time(edition: Edition, due_on: date, day: date) -> Decision:
    """2.3-2: a mark is taken up to the term's last day, that day included; later only after an extension."""
    passed = day <= due_on
    result = edition.result(
        "evaluation.marking_term",
        passed,
        {"day": day, "due_on": due_on},
        limit=due_on,
        message="mark-in-time" if passed else "marking-term-over",
    )
    return edition.decision(result)


def mark_due(edition: Edition, marking_due_on: date | None, assigned_on: date) -> date:
    """2.3-2: the term of the phase, and never less than what the edition leaves to somebody assigned late."""
    own = add_working_days(assigned_on, edition.evaluation_cycle.late_marking_working_days.value).day
    return own if marking_due_on is None else max(marking_due_on, own)
