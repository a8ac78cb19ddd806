"""What decides over a grant: who may have one, for what, how much, and who decides (3.1-1 to 3.1-4, 2.3-4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from shared.policy.decision import Decision, RuleInput, combine
from shared.policy.edition import Edition
from shared.policy.funding import GrantTier

MET = "rule-met"


@dataclass(frozen=True, slots=True)
class Applicant:
    """What is known of the centre on the day; `listed` is false as soon as its delisting is known here."""

    listed: bool
    tier: str
    listed_on: date | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for: yuan, purposes of the plan's lines, and how many items of each evidence were brought."""

    fiscal_year: int
    applied_on: date
    amount: Decimal
    planned_purposes: Sequence[str]
    evidence: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Moved:
    """What the conditional update of a ceiling found; `committed` includes the amount where it fitted."""

    fits: bool
    amount: Decimal
    committed: Decimal
    limit: Decimal


def decide_application(edition: Edition, applicant: Applicant, request: Request) -> Decision:
    """3.1-1 to 3.1-4: everything that is tested when a grant is applied for; the dry run asks the same."""
    return combine(
        decide_centre_listed(edition, applicant.listed),
        decide_application_year(edition, request.fiscal_year, request.applied_on, applicant.listed_on),
        decide_purpose(edition, applicant.tier, request.planned_purposes),
        decide_purpose_evidence(edition, applicant.tier, request.evidence),
        decide_requested_amount(edition, applicant.tier, request.amount),
    )


def decide_centre_listed(edition: Edition, listed: bool) -> Decision:
    """3.1-4, 2.3-5: grants go to listed centres; a delisted one has no more money coming."""
    return _one(edition, "grants.centre_listed", listed, {"listed": listed}, "grant-centre-not-listed")


def decide_application_year(
    edition: Edition, fiscal_year: int, applied_on: date, listed_on: date | None = None
) -> Decision:
    """3.1-4: support is given yearly, for a year of the edition that has begun and in which the centre was listed."""
    last = min(edition.last_day.year, applied_on.year)
    first = max(edition.first_day.year, listed_on.year if listed_on else edition.first_day.year)
    return _one(
        edition,
        "grants.application_year",
        first <= fiscal_year <= last,
        {"fiscal_year": fiscal_year, "applied_on": applied_on, "first_year": first, "last_year": last},
        "grant-year-not-open",
        limit=f"{first}-{last}",
    )


def decide_purpose(edition: Edition, tier: str, planned: Sequence[str]) -> Decision:
    """3.1-1 to 3.1-3: each tier's grant serves one purpose, and every line of the plan is for it."""
    grant = _tier(edition, tier)
    if grant is None:
        return _no_grant(edition, "grants.purpose", tier)
    allowed = grant.purpose.value
    other = next((purpose for purpose in planned if purpose != allowed), None)
    return _one(
        edition,
        "grants.purpose",
        other is None,
        {"tier": tier, "purpose": other or allowed},
        "grant-purpose-not-allowed",
        limit=allowed,
        clause=grant.purpose.clause,
    )


def decide_purpose_evidence(edition: Edition, tier: str, evidence: Mapping[str, int]) -> Decision:
    """3.1-2, 3.1-3: equipment is applied for with its list, cooperation with the partners' links."""
    grant = _tier(edition, tier)
    if grant is None:
        return _no_grant(edition, "grants.purpose_evidence", tier)
    wanted = edition.grants.purposes[grant.purpose.value].evidence
    return _one(
        edition,
        "grants.purpose_evidence",
        not wanted.value or evidence.get(wanted.value, 0) > 0,
        {"purpose": grant.purpose.value, "evidence": wanted.value, "items": evidence.get(wanted.value, 0)},
        "grant-evidence-missing",
        limit=wanted.value or None,
        clause=wanted.clause,
    )


def decide_requested_amount(edition: Edition, tier: str, amount: Decimal) -> Decision:
    """3.1-1 to 3.1-3: one application asks for no more than its tier's yearly cap."""
    grant = _tier(edition, tier)
    if grant is None:
        return _no_grant(edition, "grants.centre_year_ceiling", tier)
    return _one(
        edition,
        "grants.centre_year_ceiling",
        amount <= grant.cap.value,
        {"tier": tier, "amount": amount},
        "grant-amount-above-cap",
        limit=grant.cap.value,
        clause=grant.cap.clause,
    )


def decide_ceiling(edition: Edition, tier: str, scope: str, move: Moved) -> Decision:
    """3.1-4: the sum approved for a centre in a fiscal year stays within the cap; `scope` tells the ceiling of all
    purposes (`all`) from that of one."""
    grant = _tier(edition, tier)
    remaining = move.limit - move.committed
    return _one(
        edition,
        "grants.centre_year_ceiling",
        move.fits,
        {"scope": scope, "amount": move.amount, "committed": move.committed, "remaining": remaining},
        "grant-ceiling-exceeded",
        limit=move.limit,
        clause=grant.cap.clause if grant else None,
    )


def total_limit(edition: Edition, tier: str, stored: Decimal | None) -> Decimal:
    """3.1-4: the year's cap for a centre of this tier; after a change of tier the higher one holds once, unless the
    edition keeps the cap that the year began with. `stored` is the limit of the year's ceiling so far."""
    cap = edition.grants.tiers[tier].cap.value
    if stored is None:
        return cap
    return max(cap, stored) if edition.grants.higher_cap_after_tier_change.value else stored


def decide_approved_amount(edition: Edition, requested: Decimal, approved: Decimal) -> Decision:
    """3.1-4: nobody is given more than was applied for."""
    return _one(
        edition,
        "grants.centre_year_ceiling",
        approved <= requested,
        {"requested": requested, "amount": approved},
        "grant-approved-above-requested",
        limit=requested,
    )


def decide_four_eyes(edition: Edition, actor: str, handled_by: Mapping[str, str | None]) -> Decision:
    """3.1-4: whoever took an earlier step (`handled_by`, step → account) does not take this one, whatever the role."""
    own = next((step for step, account in handled_by.items() if account == actor), None)
    return _one(edition, "grants.four_eyes", own is None, {"own_step": own}, "four-eyes-required")


def decide_other_bureau(edition: Edition, approved: str, countersigning: Sequence[str]) -> Decision:
    """3.1-4: a grant approved by one bureau is countersigned by the other. `countersigning` are the bureaus the actor
    may sign for."""
    others = [bureau for bureau in countersigning if bureau != approved]
    return _one(
        edition,
        "grants.countersigned",
        bool(others),
        {"approved_bureau": approved, "bureau": others[0] if others else approved},
        "grant-countersigned-by-same-bureau",
        limit=approved,
    )


def decide_not_held(edition: Edition, failed_year: int | None) -> Decision:
    """2.3-4: a failed centre's grant rests until the rectification is accepted."""
    return _one(
        edition,
        "grants.held_until_rectified",
        failed_year is None,
        {"failed_year": failed_year},
        "grant-held-until-rectified",
    )


@dataclass(frozen=True, slots=True)
class LastGrade:
    """The centre's last published result (2.3-3); `version` is the result's."""

    grade: str
    year: int
    version: int


def decide_grade(edition: Edition, last: LastGrade | None) -> Decision:
    """2.3-3: the last published grade is the basis for support: it is shown, and ranks the case (`priority`, 1 first;
    None for a grade that does not go first). A failed centre's grant is held by a rule of its own."""
    rule = "grants.grade"
    if last is None:
        return edition.decision(edition.result(rule, True, {"grade": None}, message="grant-grade-none"))
    inputs: dict[str, RuleInput] = {
        "grade": last.grade,
        "year": last.year,
        "version": last.version,
        "priority": priority_of(edition, last.grade),
    }
    limit = ", ".join(edition.grants.priority_grades.value)
    return edition.decision(edition.result(rule, True, inputs, message="grant-grade-shown", limit=limit))


def priority_of(edition: Edition, grade: str) -> int | None:
    """2.3-3: the grade's place among those that go first; None for any other."""
    first = edition.grants.priority_grades.value
    return first.index(grade) + 1 if grade in first else None


def decide_papers(edition: Edition, step: str, *, document_no: str | None, minutes_no: str | None) -> Decision:
    """3.1-4: document number and minutes of a money decision, where the edition requires them."""
    grants = edition.grants
    inputs = {"step": step, "document_no": document_no, "minutes_no": minutes_no}
    if document_no is None and step in grants.document_no_required_at.value:
        return _one(edition, "grants.papers", False, inputs, "grant-document-no-missing")
    missing = minutes_no is None and step in grants.minutes_required_at.value
    return _one(edition, "grants.papers", not missing, inputs, "grant-minutes-missing")


def bureaus_of(edition: Edition, roles: frozenset[str]) -> list[str]:
    """The approving bureaus that an approver with these roles may sign for, in the edition's order (3.1-4)."""
    return [
        department
        for department in edition.grants.approving_departments.value
        if f"{edition.departments[department].role_prefix}_approver" in roles
    ]


def _tier(edition: Edition, tier: str) -> GrantTier | None:
    return edition.grants.tiers.get(tier)


def _no_grant(edition: Edition, rule: str, tier: str) -> Decision:
    return _one(edition, rule, False, {"tier": tier}, "grant-tier-unknown")


def _one(
    edition: Edition,
    rule: str,
    passed: bool,
    inputs: Mapping[str, RuleInput],
    message: str,
    *,
    limit: Decimal | str | None = None,
    clause: str | None = None,
) -> Decision:
    code = MET if passed else message
    return edition.decision(edition.result(rule, passed, inputs, message=code, limit=limit, clause=clause))
