"""Whether anybody may apply for a municipal carrier today."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal

from pydantic import JsonValue

from shared.policy.decision import Decision, RuleInput, RuleResult, combine
from shared.policy.edition import Edition
from shared.policy.rules import BanPeriod, decide_in_force, decide_not_barred

CENTRE: Final = "centre"
TIER: Final = "tier_application"
TITLE: Final = "qualification_application"
"""What is applied for, as an edition's `ban.bars` names it."""

STATUSES: Final = ("in_force", "stayed", "lifted")
LIFTINGS: Final = ("stay", "stay_ended", "review", "court")
RESULT: Final = {"stay": "stayed", "stay_ended": "in_force", "review": "lifted", "court": "lifted"}
"""What a confirmed order makes of the ban."""

Relation = Literal["same_legal_representative", "earlier_operator", "run_by_barred_operator"]
_DAY: Final = timedelta(days=1)
_WARNING: Final = "ban.warning_"


@dataclass(frozen=True, slots=True)
class Break:
    """Days on which a ban does not bar, both included; without a last day, for good."""

    first_day: date
    last_day: date | None


@dataclass(frozen=True, slots=True)
class RelatedBan:
    """A running ban on somebody to whom the applicant has a relation that bars nothing."""

    relation: Relation
    centre_no: str
    operator_code: str | None
    last_barred_day: date


def barred_periods(ban: BanPeriod, breaks: Iterable[Break]) -> list[BanPeriod]:
    """2.3-6: what a ban leaves barred around its stays, and before the day on which review or court undid it. A stay
    does not make the ban longer."""
    periods: list[BanPeriod] = []
    first: date | None = ban.first_day
    for gap in sorted(breaks, key=lambda gap: gap.first_day):
        if first is None or gap.first_day > ban.last_barred_day:
            break
        if gap.first_day > first:
            last = gap.first_day - _DAY
            periods.append(BanPeriod(first, last, gap.first_day))
        first = None if gap.last_day is None else max(first, gap.last_day + _DAY)
    if first is not None and first <= ban.last_barred_day:
        periods.append(BanPeriod(first, ban.last_barred_day, ban.first_open_day))
    return periods


def day_to_test(bans: Sequence[BanPeriod], applied_on: date, today: date) -> date:
    """2.3-6: a ban is tested at submission and again at approval, and ends what was pending: so any barred day from the
    application to today counts. The last such day, or today where there is none."""
    overlapping = [
        min(ban.last_barred_day, today)
        for ban in bans
        if ban.first_day <= today and ban.last_barred_day >= min(applied_on, today)
    ]
    return max(overlapping, default=today)


def decide_not_barred_from(
    edition: Edition, what: str, bans: Sequence[BanPeriod], applied_on: date, today: date
) -> Decision:
    """2.3-6: no ban stands in the way of applying for `what`, if that is among the things the edition bars."""
    barring = bans if what in edition.ban.bars.value else ()
    return decide_not_barred(edition, barring, day_to_test(barring, applied_on, today))


def decide_application(
    edition: Edition,
    what: str,
    bans: Sequence[BanPeriod],
    applied_on: date,
    today: date,
    related: Sequence[RelatedBan] = (),
) -> Decision:
    """2.3-6 and 6-1: no ban stands in the way, and the policy was in force on the day of the application. `edition` is
    the one pinned, or the closest one for a new application; `related` bans are shown and refuse nothing."""
    not_barred = decide_not_barred_from(edition, what, bans, applied_on, today)
    return combine(not_barred, decide_in_force(edition, applied_on), *_warnings(edition, related))


def decide_lifting(
    edition: Edition, kind: str, effective_on: date, *, published_on: date, status: str, stayed_from: date | None
) -> Decision:
    """2.3-6: an order takes effect no earlier than the ban; a stay meets a ban in force, its end a stayed one, and each
    change comes after the one before. A lifted ban is lifted."""
    earliest = published_on if stayed_from is None else stayed_from + _DAY
    fits = {"stay": status == "in_force", "stay_ended": status == "stayed"}.get(kind, status != "lifted")
    in_time = effective_on >= earliest
    message = "ban-lifting-possible"
    if not fits:
        message = "ban-lifting-does-not-fit"
    elif not in_time:
        message = "ban-lifting-too-early"
    inputs: dict[str, RuleInput] = {"kind": kind, "status": status, "effective_on": effective_on}
    result = edition.result("ban.lifting", fits and in_time, inputs, limit=earliest, message=message)
    return edition.decision(result)


def _warnings(edition: Edition, related: Sequence[RelatedBan]) -> list[Decision]:
    if not edition.ban.warns_same_legal_representative.value:
        related = [ban for ban in related if ban.relation != "same_legal_representative"]
    return [edition.decision(_warning(edition, ban)) for ban in related]


def _warning(edition: Edition, ban: RelatedBan) -> RuleResult:
    return edition.result(
        f"{_WARNING}{ban.relation}",
        True,
        {"centre_no": ban.centre_no, "operator_code": ban.operator_code, "last_barred_day": ban.last_barred_day},
        message=f"ban-warning-{ban.relation.replace('_', '-')}",
    )


def warnings_of(decision: Mapping[str, JsonValue] | None) -> list[dict[str, JsonValue]]:
    """2.3-6: the results of a stored decision that refused nothing but that an official should see."""
    results = decision.get("results") if decision else None
    found = results if isinstance(results, list) else []
    return [result for result in found if isinstance(result, dict) and str(result.get("rule")).startswith(_WARNING)]
