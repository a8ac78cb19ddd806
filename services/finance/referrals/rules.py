"""What must hold for a referral, an offer and the bank's reports of money (3.2-1, 3.3-1)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from services.finance.banks.rules import MET
from shared.calendar import add_working_days
from shared.policy.decision import Decision, RuleInput
from shared.policy.edition import Edition


def decide_bank(edition: Edition, *, bank: str, status: str | None) -> Decision:
    """3.2-1: referrals go to banks of the register that take them."""
    passed = status == "active"
    return _one(edition, "bank", passed, {"bank": bank, "status": status}, "referral-bank-not-taking")


def decide_in_centre(edition: Edition, *, in_centre: bool) -> Decision:
    """3.3-1: banks are brought together with enterprises of the centres; the edition may drop that."""
    passed = in_centre or not edition.banking.tenancy_required.value
    return _one(edition, "in_centre", passed, {"in_centre": in_centre}, "referral-not-in-centre")


def decide_product(edition: Edition, *, product: str | None, offered: bool, day: date) -> Decision:
    """3.3-1: a product that is named is one the bank offers that day."""
    passed = product is None or offered
    return _one(edition, "product", passed, {"product": product, "day": day}, "referral-product-not-offered")


def answer_days(edition: Edition, sent_on: date) -> tuple[date, date]:
    """3.2-1: the day by which the bank is to answer, and the last on which it may; working days, the day of sending not
    counted."""
    terms = edition.banking
    due = add_working_days(sent_on, terms.answer_working_days.value).day
    return due, add_working_days(sent_on, terms.expiry_working_days.value).day


def examined_by(edition: Edition, accepted_on: date) -> date:
    """3.2-1: the last day on which a bank that examines a referral makes an offer or refuses."""
    return add_working_days(accepted_on, edition.banking.examination_working_days.value).day


def decide_in_time(edition: Edition, *, day: date, last_day: date | None, message: str) -> Decision:
    """3.2-1: an answer counts on its last day and no more on the next."""
    passed = last_day is None or day <= last_day
    return _one(edition, "answered", passed, {"day": day, "last_day": last_day}, message, limit=last_day)


def decide_offer(edition: Edition, *, requested: Decimal, offered: Decimal, day: date, until: date) -> Decision:
    """3.2-1: a bank offers no more than was asked for, and gives time until today at least."""
    amount = edition.result(
        "referrals.offer",
        offered <= requested,
        {"offered": offered, "requested": requested},
        message=MET if offered <= requested else "referral-offer-above-request",
        limit=requested,
    )
    term = edition.result(
        "referrals.offer",
        until >= day,
        {"until": until, "day": day},
        message=MET if until >= day else "referral-offer-until-past",
        limit=day,
    )
    return edition.decision(amount, term)


def decide_value_day(edition: Edition, *, value_on: date, today: date, not_before: date) -> Decision:
    """3.2-1: money is reported for a day that has come, and none before what it rests on."""
    passed = not_before <= value_on <= today
    inputs: dict[str, RuleInput] = {"value_on": value_on, "today": today, "not_before": not_before}
    return _one(edition, "balance", passed, inputs, "referral-value-day")


def decide_disbursement(edition: Edition, *, amount: Decimal, disbursed: Decimal, offered: Decimal) -> Decision:
    """3.2-1: all that is paid out is no more than what was agreed, to the cent."""
    passed = disbursed + amount <= offered
    inputs: dict[str, RuleInput] = {"amount": amount, "disbursed": disbursed, "left": offered - disbursed}
    return _one(edition, "balance", passed, inputs, "referral-disbursed-above-offer", limit=offered)


def decide_repayment(edition: Edition, *, amount: Decimal, outstanding: Decimal) -> Decision:
    """3.2-1: no more principal comes back than is owed, to the cent."""
    passed = amount <= outstanding
    inputs: dict[str, RuleInput] = {"amount": amount, "outstanding": outstanding}
    return _one(edition, "balance", passed, inputs, "referral-repaid-above-outstanding", limit=outstanding)


def decide_reversal(edition: Edition, *, disbursed_left: Decimal, repaid_left: Decimal) -> Decision:
    """3.2-1: a disbursement is not taken back from under repayments on it; those are reversed first."""
    passed = repaid_left <= disbursed_left
    inputs: dict[str, RuleInput] = {"disbursed": disbursed_left, "repaid": repaid_left}
    return _one(edition, "balance", passed, inputs, "referral-reversal-below-repaid")


def decide_closing(edition: Edition, *, outstanding: Decimal) -> Decision:
    """3.2-1: closed when nothing is owed."""
    passed = outstanding == 0
    return _one(edition, "balance", passed, {"outstanding": outstanding}, "referral-still-owed")


def _one(
    edition: Edition,
    rule: str,
    passed: bool,
    inputs: dict[str, RuleInput],
    message: str,
    *,
    limit: Decimal | date | None = None,
) -> Decision:
    code = MET if passed else message
    return edition.decision(edition.result(f"referrals.{rule}", passed, inputs, message=code, limit=limit))
