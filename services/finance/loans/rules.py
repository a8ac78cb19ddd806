"""Who may have a loan with public backing, and how much (3.2-3 to 3.2-5). The hire ratio itself is in `hires`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Final

from services.finance.loans.hires import Calculation
from services.finance.loans.states import GRADUATE, GRADUATE_JOINT, GUARANTEED, SMALL_MICRO
from shared.calendar import add_months
from shared.policy.decision import Decision, RuleInput
from shared.policy.edition import Edition

MET: Final = "rule-met"

CLAUSES: Final[Mapping[str, str]] = {
    GUARANTEED: "3.2-3",
    SMALL_MICRO: "3.2-4",
    GRADUATE: "3.2-5",
    GRADUATE_JOINT: "3.2-5",
}
_CAPS: Final[Mapping[str, str]] = {
    GUARANTEED: "loans.guaranteed_cap",
    SMALL_MICRO: "loans.small_micro_cap",
    GRADUATE: "loans.graduate_cap",
    GRADUATE_JOINT: "loans.joint_cap",
}


def decide_applicant(
    edition: Edition, product: str, *, enterprise: bool, person: bool, behind: bool | None = None
) -> Decision:
    """3.2-3 to 3.2-5: an enterprise with a code borrows, for a project its founder; a small or micro firm's loan is an
    enterprise's, a graduate's a person's. `behind`: whether whoever borrows without a code stands behind the project.
    """
    wanted = {SMALL_MICRO: enterprise, GRADUATE: person, GRADUATE_JOINT: person}.get(product, enterprise or person)
    message = "loan-enterprise-needed" if product == SMALL_MICRO else "loan-person-needed"
    inputs: dict[str, RuleInput] = {"product": product, "enterprise": enterprise, "person": person}
    if wanted and not enterprise and behind is not None:
        wanted, message, inputs["behind_project"] = behind, "loan-project-not-own", behind
    return _one(edition, "loans.applicant", wanted, inputs, message, clause=CLAUSES[product])


def decide_consent(edition: Edition, product: str, *, missing: str | None) -> Decision:
    """3.2-5: nobody borrows who has not agreed to it; `missing` is the first who has not."""
    inputs: dict[str, RuleInput] = {"person_ref": missing}
    clause = CLAUSES[product]
    return _one(edition, "loans.consent", missing is None, inputs, "loan-consent-missing", clause=clause)


def decide_tenor(edition: Edition, product: str, months: int) -> Decision:
    """3.2-3 to 3.2-5: how long the loan may run."""
    limit = edition.lending.products[product].max_tenor_months
    inputs = {"tenor_months": months}
    return _one(
        edition,
        "loans.tenor",
        months <= limit.value,
        inputs,
        "loan-tenor-too-long",
        limit=limit.value,
        clause=limit.clause,
    )


def decide_bank_refusal(edition: Edition, *, refused_on: date | None, applied_on: date) -> Decision:
    """3.2-3: a bank has refused this borrower within six months before the application, to the day."""
    months = edition.loans.refusal_valid_months.value
    since = add_months(applied_on, -months)
    passed = refused_on is not None and refused_on <= applied_on <= add_months(refused_on, months)
    inputs = {"refused_on": refused_on, "applied_on": applied_on}
    message = "loan-refusal-missing" if refused_on is None else "loan-refusal-too-old"
    return _one(edition, "loans.bank_refusal", passed, inputs, message, limit=since)


def decide_refusal_seen(edition: Edition, *, source: str, seen: bool) -> Decision:
    """3.2-3: a refusal that only the borrower's letter tells of was compared with that letter."""
    passed = seen or source != "document"
    return _one(edition, "loans.refusal_seen", passed, {"source": source, "seen": seen}, "loan-refusal-unseen")


def decide_in_centre(edition: Edition, product: str, *, tenanted: bool, listed: bool) -> Decision:
    """3.2-3, 3.2-5: the borrower sits in a listed centre that day."""
    passed = tenanted and listed
    message = "loan-centre-not-listed" if tenanted else "loan-not-in-centre"
    inputs = {"tenanted": tenanted, "listed": listed}
    return _one(edition, "loans.in_centre", passed, inputs, message, clause=CLAUSES[product])


def decide_size(edition: Edition, *, size_class: str | None, year: int | None, declared: bool = False) -> Decision:
    """3.2-4: a small or micro enterprise by the standard of 2011."""
    small = edition.enterprise_size.small_classes.value
    message = "loan-size-unknown" if size_class is None else "loan-not-small"
    inputs: dict[str, RuleInput] = {
        "size_class": size_class,
        "year": year,
        "declared": declared,
        "standard": edition.enterprise_size.standard.value,
    }
    return _one(edition, "loans.enterprise_size", size_class in small, inputs, message, limit=", ".join(small))


def decide_size_age(edition: Edition, *, year: int | None, day: date) -> Decision:
    """3.2-4: the figures that the size class rests on are not too old; the limit is their last day."""
    months = edition.enterprise_size.figures_age_months.value
    last = None if year is None else add_months(date(year, 12, 31), months)
    passed = year is not None and last is not None and day <= last and year <= day.year
    return _one(edition, "loans.size_age", passed, {"year": year, "day": day}, "loan-size-outdated", limit=last)


def decide_staff_on_record(edition: Edition, *, staff: int, year: int | None, on_record: int | None) -> Decision:
    """3.2-4: the declared staff beside those of the registry's newest year, with a warning where they lie further apart
    than the edition allows. The declared ones count; whoever decides has both before them."""
    percent = edition.hire_ratio.staff_difference_percent.value
    inputs: dict[str, RuleInput] = {"staff": staff, "on_record": on_record, "year": year}
    message = "loan-staff-not-on-record" if on_record is None else MET
    if on_record is not None and 100 * abs(staff - on_record) > percent * on_record:
        message = "loan-staff-differs"
    return edition.decision(edition.result("loans.staff_on_record", True, inputs, message=message, limit=percent))


def decide_staff(edition: Edition, *, staff: int | None, employed: int) -> Decision:
    """3.2-4: staff are all employees on the day, hires included."""
    passed = staff is not None and staff >= max(employed, 1)
    message = "loan-staff-missing" if staff is None else "loan-staff-fewer-than-hires"
    return _one(edition, "loans.staff", passed, {"staff": staff, "employed_hires": employed}, message, limit=employed)


def decide_hire_ratio(edition: Edition, calculation: Calculation, *, window: str | None) -> Decision:
    """3.2-4: by the reading that an officer has chosen; before that it is enough that one of the two is met."""
    rolling, calendar = calculation.readings
    chosen = calculation.reading(window)
    passed = chosen.passed or (window is None and (rolling.passed or calendar.passed))
    inputs: dict[str, RuleInput] = {
        "staff": calculation.staff,
        "percent": calculation.percent,
        "required": calculation.required,
        "counted_rolling": rolling.counted,
        "counted_calendar": calendar.counted,
        "window": window or calculation.default,
    }
    return _one(edition, "loans.hire_ratio", passed, inputs, "loan-hires-too-few", limit=calculation.required)


def decide_window(edition: Edition, calculation: Calculation, *, window: str | None) -> Decision:
    """3.2-4: where the two readings of the year lead to different answers, an officer has recorded which counts."""
    passed = window is not None or not calculation.differ
    inputs: dict[str, RuleInput] = {"differ": calculation.differ, "window": window, "default": calculation.default}
    return _one(edition, "loans.hire_window", passed, inputs, "loan-window-not-chosen")


def decide_graduate(edition: Edition, *, person_ref: str, graduate: bool, behind: bool) -> Decision:
    """3.2-5: the person's graduation is confirmed, and it stands behind the enterprise or project."""
    message = "loan-graduate-not-confirmed" if not graduate else "loan-graduate-not-behind"
    inputs: dict[str, RuleInput] = {"person_ref": person_ref, "graduate": graduate, "behind_enterprise": behind}
    return _one(edition, "loans.graduate", graduate and behind, inputs, message)


def decide_joint_partners(edition: Edition, *, partners: int) -> Decision:
    """3.2-5: at least two borrow jointly."""
    least = edition.loans.joint_minimum_partners.value
    passed = partners >= least
    return _one(edition, "loans.joint_partners", passed, {"partners": partners}, "loan-partners-too-few", limit=least)


def decide_joint_group(edition: Edition, *, in_another: str | None) -> Decision:
    """3.2-5: nobody of the partners borrows jointly with others already."""
    inputs = {"person_ref": in_another}
    return _one(edition, "loans.joint_group", in_another is None, inputs, "loan-partner-in-another-group")


def decide_joint_share(edition: Edition, *, amount: Decimal, partners: int) -> Decision:
    """3.2-5: where the edition has a cap per partner, the loan's equal share of each is within it."""
    applies, cap = edition.loans.joint_partner_cap_applies.value, edition.loans.joint_partner_cap.value
    passed = not applies or amount <= cap * partners
    inputs: dict[str, RuleInput] = {"applies": applies, "amount": amount, "partners": partners}
    return _one(edition, "loans.joint_partner_cap", passed, inputs, "loan-partner-cap-exceeded", limit=cap * partners)


def decide_cap(
    edition: Edition,
    product: str,
    *,
    borrower: str,
    outstanding: Decimal,
    amount: Decimal,
    counted: Decimal | None = None,
) -> Decision:
    """3.2-3 to 3.2-5: outstanding principal of the borrower, approved and unpaid included, and the amount on top.

    `counted` is what of it partners owe by themselves, which counts within a joint total.
    """
    cap = edition.loans.products[product].cap
    inputs: dict[str, RuleInput] = {
        "borrower": borrower,
        "outstanding": outstanding,
        "amount": amount,
        "remaining": max(cap.value - outstanding, Decimal("0.00")),
    }
    if counted is not None:
        inputs["of_partners"] = counted
    return _one(
        edition,
        _CAPS[product],
        outstanding + amount <= cap.value,
        inputs,
        "loan-cap-exceeded",
        limit=cap.value,
        clause=cap.clause,
    )


def decide_lowered(edition: Edition, product: str, *, amount: Decimal, at_most: Decimal) -> Decision:
    """3.2-3 to 3.2-5: a later step lowers the amount or leaves it."""
    inputs = {"amount": amount}
    message = "loan-amount-above-earlier"
    clause = CLAUSES[product]
    return _one(edition, "loans.lowered", amount <= at_most, inputs, message, limit=at_most, clause=clause)


def decide_four_eyes(edition: Edition, product: str, *, actor: str, handled_by: Mapping[str, str | None]) -> Decision:
    """3.2-3 to 3.2-5: whoever applied for or examined a loan decides nothing about it, whatever the role."""
    own = next((step for step, account in handled_by.items() if account == actor), None)
    clause = CLAUSES[product]
    return _one(edition, "loans.four_eyes", own is None, {"own_step": own}, "four-eyes-required", clause=clause)


def decide_signing(edition: Edition, product: str, *, checked_on: date, signed_on: date) -> Decision:
    """3.2-3 to 3.2-5: nothing is signed before the loan was let pass."""
    inputs = {"signed_on": signed_on, "checked_on": checked_on}
    passed, clause = checked_on <= signed_on, CLAUSES[product]
    return _one(edition, "loans.contract", passed, inputs, "loan-signed-too-early", limit=checked_on, clause=clause)


def decide_contract(
    edition: Edition, product: str, *, tenor_months: int, accepted_on: date, start_on: date, maturity_on: date
) -> Decision:
    """3.2-3 to 3.2-5: the contract begins after the bank's word and ends within the term applied for."""
    months = min(tenor_months, edition.lending.products[product].max_tenor_months.value)
    latest = add_months(start_on, months)
    passed = accepted_on <= start_on < maturity_on <= latest
    inputs: dict[str, RuleInput] = {
        "tenor_months": tenor_months,
        "accepted_on": accepted_on,
        "start_on": start_on,
        "maturity_on": maturity_on,
        "latest_maturity_on": latest,
    }
    return _one(edition, "loans.contract", passed, inputs, "loan-contract-days", limit=latest, clause=CLAUSES[product])


def _one(
    edition: Edition,
    rule: str,
    passed: bool,
    inputs: Mapping[str, RuleInput],
    message: str,
    *,
    limit: RuleInput = None,
    clause: str | None = None,
) -> Decision:
    code = MET if passed else message
    return edition.decision(edition.result(rule, passed, inputs, message=code, limit=limit, clause=clause))
