"""Rules that more than one service applies: whether the policy is in force, and whether a ban stands in the way."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from shared.calendar import add_months
from shared.policy.decision import Decision, RuleResult
from shared.policy.edition import Edition


@dataclass(frozen=True, slots=True)
class BanPeriod:
    """All days inclusive; `first_day` is the day of publication itself."""

    first_day: date
    last_barred_day: date
    first_open_day: date

    def bars(self, day: date) -> bool:
        return self.first_day <= day <= self.last_barred_day


def ban_period(published_on: date, years: int) -> BanPeriod:
    """2.3-6, counted by arts. 201-202 of the Civil Code: the first day is not counted, the last is the corresponding
    day, or the month's last day where there is none; it does not roll over holidays. Raises ValueError for less than
    one year."""
    if years < 1:
        raise ValueError("a ban lasts at least one year")
    last_barred_day = add_months(published_on, 12 * years)
    return BanPeriod(published_on, last_barred_day, last_barred_day + timedelta(days=1))


def decide_not_barred(edition: Edition, bans: Iterable[BanPeriod], day: date) -> Decision:
    """2.3-6: no application while any of the bans runs; the one that ends last is named."""
    running = [ban for ban in bans if ban.bars(day)]
    longest = max(running, key=lambda ban: ban.last_barred_day, default=None)
    result = edition.result(
        "ban.application_barred",
        longest is None,
        {
            "day": day,
            "last_barred_day": longest.last_barred_day if longest else None,
            "first_open_day": longest.first_open_day if longest else None,
        },
        limit=longest.last_barred_day if longest else None,
        message="carrier-ban-in-force" if longest else "no-ban-in-force",
    )
    return edition.decision(result)


def decide_in_force(edition: Edition | None, day: date, *, closest: Edition | None = None) -> Decision:
    """6-1: a new case needs an edition in force on the day of the event. `edition` is what `Editions.in_force_on` says,
    `closest` what `closest_to` says, for its clause when there is none in force; with neither, the decision cites no
    clause because no policy was ever loaded."""
    cited = edition or closest
    if cited is None:
        nothing = RuleResult("policy.in_force", "", False, {"day": day.isoformat()}, None, "policy-not-in-force")
        return Decision.of("", nothing)
    passed = edition is not None and edition.is_valid_on(day)
    result = cited.result(
        "policy.in_force",
        passed,
        {"day": day, "first_day": cited.first_day, "last_day": cited.last_day},
        limit=cited.last_day,
        message="policy-in-force" if passed else "policy-not-in-force",
    )
    return cited.decision(result)


def decide_adverse_decision(edition: Edition, day: date, continuation_basis: str | None) -> Decision:
    """6-1: cases finish under the edition they are pinned to, but a decision against somebody after its last day names
    the document under which it goes on (`Editions.continuation_basis`)."""
    within = day <= edition.last_day
    result = edition.result(
        "policy.continuation",
        within or bool(continuation_basis),
        {"day": day, "last_day": edition.last_day, "continuation_basis": continuation_basis},
        limit=edition.last_day,
        message="decision-has-basis" if within or continuation_basis else "continuation-basis-missing",
    )
    return edition.decision(result)


def counting_division(edition: Edition, owner_division: str) -> str:
    """1.2-5, 1.2-6: the county or district that a centre counts for: its owner wherever it stands, and for a park the
    district around it."""
    unit = edition.divisions.units.get(owner_division)
    return unit.within if unit is not None and unit.within else owner_division
