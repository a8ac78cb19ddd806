"""Whether a centre may have a tier, criterion by criterion."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from services.registry.grades.rules import Grade, decide_grade
from shared.calendar import add_months
from shared.policy.carriers import TierCriteria
from shared.policy.decision import Decision, RuleResult
from shared.policy.edition import Edition

STATUSES: Final = ("applied", "reviewed", "announced", "approved", "refused", "withdrawn")
PENDING: Final = ("applied", "reviewed", "announced")
"""States that a ban ends."""
REVIEWABLE: Final = ("applied",)
ANNOUNCEABLE: Final = ("reviewed",)
APPROVABLE: Final = ("announced",)

DESIGNATION_STATUSES: Final = ("recorded", "confirmed", "rejected", "ended")
PUBLIC_DESIGNATIONS: Final = ("confirmed", "ended")
"""What the register shows everybody."""
CONFIRMABLE: Final = ("recorded",)
ENDABLE: Final = ("confirmed", "ended")
"""States in which it can be recorded that a designation ended before its time."""


@dataclass(frozen=True, slots=True)
class TierFacts:
    """A centre as its criteria see it: `services` are confirmed records of the window by type, `incubatees` the
    enterprises there on the day, `same_industry` those of the centre's own industry. `admissions_due` are the window's
    admissions whose filing is due or done, `exits` those who left in it."""

    centre_status: str
    current_tier: str
    industry_code: str | None
    services: Mapping[str, int]
    incubatees: int
    same_industry: int
    admissions_due: int = 0
    admissions_filed: int = 0
    exits: int = 0
    exits_documented: int = 0
    incubator_agreements: int = 0
    grade: Grade | None = None


def entry_tiers(edition: Edition) -> tuple[str, ...]:
    """2.1-1: what a centre is listed as: the tiers that the city approves without an application of their own."""
    applied_for = edition.tier_applications.criteria
    return tuple(name for name, tier in edition.tiers.items() if tier.city_approves.value and name not in applied_for)


def designated_tiers(edition: Edition) -> tuple[str, ...]:
    """2.1-3: what the city does not approve and only records."""
    return tuple(name for name, tier in edition.tiers.items() if not tier.city_approves.value)


def window_start(edition: Edition, day: date) -> date:
    """2.1-1: the first day on which a service counts for a test on `day`; the corresponding day itself counts."""
    return add_months(day, -edition.tier_applications.window_months.value)


def industry_prefix(edition: Edition, code: str) -> str:
    """2.1-2: what two codes of GB/T 4754 have in common if they are of the same industry."""
    return code[: edition.tier_applications.industry_code_length.value]


def decide_tier(edition: Edition, tier: str, facts: TierFacts) -> Decision:
    """2.1-0 to 2.1-2: the tier is applied for, the centre listed and of a lower one, and each criterion is met."""
    criteria = edition.tier_applications.criteria.get(tier)
    results = [_applied_for(edition, tier), _listed(edition, facts.centre_status), _higher(edition, tier, facts)]
    if criteria is not None:
        results += [
            _service_system(edition, criteria, facts.services),
            _admissions_filed(edition, criteria, facts),
            _exits_documented(edition, criteria, facts),
            _incubator_agreements(edition, criteria, facts),
            _same_industry(edition, criteria, facts),
            _technology_transfer(edition, criteria, facts.services),
            decide_grade(edition, "tiers.grade", criteria.minimum_grade.value, facts.grade),
        ]
    return edition.decision(*results)


def decide_period(edition: Edition, current_from: date, day: date) -> Decision:
    """2.1-0: a new tier begins after the first day of the present one, so that every day has exactly one."""
    first = current_from + timedelta(days=1)
    passed = day >= first
    message = "tier-period-follows" if passed else "tier-change-too-early"
    return edition.decision(edition.result("tiers.history", passed, {"day": day}, limit=first, message=message))


def decide_designation(
    edition: Edition, tier: str, designated_on: date, day: date, valid_until: date | None = None
) -> Decision:
    """2.1-3: the tier is one that is designated from above, and takes effect here no earlier than the designation and
    no later than its last day."""
    known = edition.result(
        "tiers.designation",
        tier in designated_tiers(edition),
        {"tier": tier},
        limit=", ".join(designated_tiers(edition)),
        message="tier-is-designated" if tier in designated_tiers(edition) else "tier-not-designated",
    )
    in_time = edition.result(
        "tiers.designation",
        day >= designated_on,
        {"day": day, "designated_on": designated_on},
        limit=designated_on,
        message="designation-in-effect" if day >= designated_on else "designation-not-yet-in-effect",
    )
    runs = valid_until is None or day <= valid_until
    running = edition.result(
        "tiers.designation_end",
        runs,
        {"day": day, "valid_until": valid_until},
        limit=valid_until,
        message="designation-runs" if runs else "designation-over",
    )
    return edition.decision(known, in_time, running)


def decide_end(edition: Edition, effective_on: date, valid_until: date | None, ends_from: date) -> Decision:
    """2.1-3: a designation that ends before its time has held for a day at least, and would have gone on."""
    first = effective_on + timedelta(days=1)
    held, runs = ends_from >= first, valid_until is None or ends_from <= valid_until
    inputs = {"ends_from": ends_from, "effective_on": effective_on, "valid_until": valid_until}
    message = "designation-held-before" if held else "designation-ends-too-early"
    begun = edition.result("tiers.designation_end", held, inputs, limit=first, message=message)
    message = "designation-would-run" if runs else "designation-ends-by-itself"
    early = edition.result("tiers.designation_end", runs, inputs, limit=valid_until, message=message)
    return edition.decision(begun, early)


def _applied_for(edition: Edition, tier: str) -> RuleResult:
    tiers: Collection[str] = edition.tier_applications.criteria
    message = "tier-applied-for" if tier in tiers else "tier-not-applied-for"
    return edition.result("tiers.applied_for", tier in tiers, {"tier": tier}, limit=", ".join(tiers), message=message)


def _listed(edition: Edition, status: str) -> RuleResult:
    listed = status == "listed"
    message = "centre-listed" if listed else "centre-not-listed"
    return edition.result("tiers.centre_listed", listed, {"status": status}, message=message)


def _higher(edition: Edition, tier: str, facts: TierFacts) -> RuleResult:
    wanted, current = edition.tiers[tier].rank.value, edition.tiers[facts.current_tier].rank.value
    return edition.result(
        "tiers.higher_than_current",
        wanted > current,
        {"tier": tier, "current": facts.current_tier},
        limit=facts.current_tier,
        message="tier-is-higher" if wanted > current else "tier-held-already",
    )


def _service_system(edition: Edition, criteria: TierCriteria, services: Mapping[str, int]) -> RuleResult:
    needed = criteria.services_of_each_type.value
    counts = {name: services.get(name, 0) for name in criteria.service_system.value}
    missing = [name for name, count in counts.items() if count < needed]
    return edition.result(
        "tiers.service_system",
        not missing,
        {**counts, "missing": ", ".join(missing), "months": edition.tier_applications.window_months.value},
        limit=needed,
        message="service-system-incomplete" if missing else "service-system-complete",
    )


def _admissions_filed(edition: Edition, criteria: TierCriteria, facts: TierFacts) -> RuleResult:
    """2.1-1, the admission mechanism: of the admissions whose filing was due, so many percent are filed."""
    percent = criteria.admissions_filed_percent.value
    enough = 100 * facts.admissions_filed >= percent * facts.admissions_due
    return edition.result(
        "tiers.admissions_filed",
        enough,
        {
            "due": facts.admissions_due,
            "filed": facts.admissions_filed,
            "months": edition.tier_applications.window_months.value,
        },
        limit=percent,
        message="admissions-filed" if enough else "admissions-not-filed",
    )


def _exits_documented(edition: Edition, criteria: TierCriteria, facts: TierFacts) -> RuleResult:
    """2.1-1, the exit mechanism: of those who left, so many percent with a document on file."""
    percent = criteria.exits_documented_percent.value
    enough = 100 * facts.exits_documented >= percent * facts.exits
    return edition.result(
        "tiers.exits_documented",
        enough,
        {
            "exits": facts.exits,
            "documented": facts.exits_documented,
            "months": edition.tier_applications.window_months.value,
        },
        limit=percent,
        message="exits-documented" if enough else "exits-not-documented",
    )


def _incubator_agreements(edition: Edition, criteria: TierCriteria, facts: TierFacts) -> RuleResult:
    """2.1-1, cooperation with incubators: so many agreements with them in force on the day."""
    needed = criteria.incubator_agreements.value
    enough = facts.incubator_agreements >= needed
    return edition.result(
        "tiers.incubator_agreements",
        enough,
        {"agreements": facts.incubator_agreements},
        limit=needed,
        message="incubator-agreements-enough" if enough else "incubator-agreements-too-few",
    )


def _same_industry(edition: Edition, criteria: TierCriteria, facts: TierFacts) -> RuleResult:
    percent = criteria.same_industry_percent.value
    enough = facts.incubatees > 0 and 100 * facts.same_industry >= percent * facts.incubatees
    return edition.result(
        "tiers.same_industry",
        percent == 0 or (facts.industry_code is not None and enough),
        {
            "industry_code": facts.industry_code,
            "same_industry": facts.same_industry,
            "incubatees": facts.incubatees,
        },
        limit=percent,
        message="same-industry-enough" if enough or percent == 0 else "same-industry-too-few",
    )


def _technology_transfer(edition: Edition, criteria: TierCriteria, services: Mapping[str, int]) -> RuleResult:
    needed = criteria.technology_transfers.value
    count = sum(services.get(name, 0) for name in edition.tier_applications.transfer_types.value)
    return edition.result(
        "tiers.technology_transfer",
        count >= needed,
        {"transfers": count, "months": edition.tier_applications.window_months.value},
        limit=needed,
        message="technology-transfer-enough" if count >= needed else "technology-transfer-too-few",
    )
