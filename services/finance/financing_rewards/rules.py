"""Who is rewarded for an investment, and with how much (3.3-2)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from shared.money import share_of
from shared.policy.decision import Decision, RuleInput, combine
from shared.policy.edition import Edition

MET: Final = "rule-met"


@dataclass(frozen=True, slots=True)
class Recipient:
    """The enterprise on the day; `address_in_city` is None where nobody knows yet, `survivor` the code that goes on."""

    code: str
    listed_centre: bool
    tenanted: bool
    address_in_city: bool | None
    survivor: str | None = None


@dataclass(frozen=True, slots=True)
class Investment:
    """What an investor put in; yuan. `same_representative` is None where nobody knows, `holding` what it held of the
    enterprise before, in percent."""

    investor_code: str
    investor_type: str
    amount: Decimal
    arrived_on: date
    capital_registered_on: date
    same_representative: bool | None
    holding: Decimal


@dataclass(frozen=True, slots=True)
class Relation:
    """What somebody found out about the parties; `checked` once an officer has."""

    same_representative: bool | None
    holding: Decimal
    checked: bool


def day_before(arrived_on: date, capital_registered_on: date) -> date:
    """3.3-2: the last day on which what the investor held was not yet the investment itself."""
    return min(arrived_on, capital_registered_on) - timedelta(days=1)


def decide_application(
    edition: Edition, recipient: Recipient, investment: Investment, *, requested: Decimal, day: date, exception: bool
) -> Decision:
    """3.3-2: everything that is tested when a reward is applied for; the dry run asks the same."""
    relation = Relation(investment.same_representative, investment.holding, checked=False)
    return combine(
        decide_recipient(edition, recipient, day),
        decide_investment(edition, investment, day),
        decide_unrelated(edition, recipient.code, investment.investor_code, relation),
        decide_share(edition, requested=requested, investment=investment.amount, exception=exception),
        decide_cap(edition, requested, exception=exception),
    )


def decide_recipient(edition: Edition, recipient: Recipient, day: date) -> Decision:
    """3.3-2: the enterprise is in a listed centre, and its registered address lies in the city."""
    if recipient.survivor is not None:
        merged: dict[str, RuleInput] = {"survivor": recipient.survivor}
        return _one(edition, "reward.tenanted", False, merged, "reward-enterprise-merged")
    sits = recipient.listed_centre and recipient.tenanted
    tenanted = edition.result(
        "reward.tenanted",
        sits,
        {"listed": recipient.listed_centre, "tenanted": recipient.tenanted, "day": day},
        message=MET if sits else "reward-not-tenanted",
    )
    address = recipient.address_in_city
    unknown = "reward-address-unknown" if address is None else "reward-address-outside"
    registered = edition.result(
        "reward.registered_in_city",
        address is True,
        {"address_in_city": address},
        message=MET if address else unknown,
    )
    return edition.decision(tenanted, registered)


def decide_investment(edition: Edition, investment: Investment, day: date) -> Decision:
    """3.3-2: an investment company put the money in, while the policy is in force, and the capital is registered."""
    types = edition.investing.reward.investor_types
    first = edition.validity.benefits_from.value
    known = investment.investor_type in types
    arrived = first <= investment.arrived_on <= day
    registered = first <= investment.capital_registered_on <= day
    if not known:
        message = "reward-investor-type-unknown"
    elif not arrived:
        message = "reward-money-not-arrived"
    else:
        message = MET if registered else "reward-capital-not-registered"
    inputs: dict[str, RuleInput] = {
        "investor_type": investment.investor_type,
        "arrived_on": investment.arrived_on,
        "capital_registered_on": investment.capital_registered_on,
        "first_day": first,
        "day": day,
    }
    limit = ", ".join(types)
    return edition.decision(edition.result("reward.investment", message == MET, inputs, message=message, limit=limit))


def decide_unrelated(edition: Edition, enterprise: str, investor: str, relation: Relation) -> Decision:
    """3.3-2: nobody is rewarded for his own money: not one organisation, nor one legal representative, nor a holding of
    the limit or more before. Whom nobody could tell apart, the officer does at the review."""
    limit = edition.investing.reward.related_holding_percent.value
    if enterprise == investor or relation.same_representative:
        message = "reward-parties-related"
    elif relation.holding >= limit:
        message = "reward-parties-related-by-holding"
    else:
        known = relation.checked or relation.same_representative is not None
        message = MET if known else "reward-relation-to-check"
    inputs: dict[str, RuleInput] = {
        "same_code": enterprise == investor,
        "same_representative": relation.same_representative,
        "holding": relation.holding,
    }
    passed = message in (MET, "reward-relation-to-check")
    return edition.decision(edition.result("reward.unrelated", passed, inputs, message=message, limit=limit))


def share_limit(edition: Edition, investment: Decimal) -> Decimal:
    """3.3-2: the share of the investment, down to the fen."""
    return share_of(investment, edition.reward.percent_of_investment.value)


def decide_share(edition: Edition, *, requested: Decimal, investment: Decimal, exception: bool) -> Decision:
    """3.3-2: at most the share of the investment; an exception at most the investment."""
    limit = investment if exception else share_limit(edition, investment)
    inputs: dict[str, RuleInput] = {"amount": requested, "investment": investment, "exception": exception}
    return _one(edition, "reward.share", requested <= limit, inputs, "reward-above-share", limit=limit)


def decide_cap(edition: Edition, requested: Decimal, *, exception: bool) -> Decision:
    """3.3-2: one application asks for no more than the cap of a life, but in an exception."""
    limit = edition.reward.enterprise_cap.value
    inputs: dict[str, RuleInput] = {"amount": requested, "exception": exception}
    passed = exception or requested <= limit
    return _one(edition, "reward.ceiling", passed, inputs, "reward-above-cap", limit=limit)


def decide_life(
    edition: Edition, *, fits: bool, amount: Decimal, committed: Decimal, limit: Decimal, exception: bool
) -> Decision:
    """3.3-2: rewards over an enterprise's life stay within the cap; `committed` is without the amount."""
    inputs: dict[str, RuleInput] = {
        "amount": amount,
        "committed": committed,
        "remaining": max(limit - committed, Decimal("0.00")),
        "exception": exception,
    }
    return _one(edition, "reward.ceiling", fits, inputs, "reward-ceiling-exceeded", limit=limit)


def decide_approved_amount(edition: Edition, *, requested: Decimal, approved: Decimal) -> Decision:
    """3.3-2: nobody is given more than was applied for."""
    inputs: dict[str, RuleInput] = {"amount": approved, "requested": requested}
    return _one(edition, "reward.share", approved <= requested, inputs, "reward-above-requested", limit=requested)


def decide_exception(edition: Edition, *, exception: bool, second: str | None) -> Decision:
    """3.3-2, 原则上: an exception is approved by two."""
    needed = exception and edition.reward.exception_needs_second_approver.value
    inputs: dict[str, RuleInput] = {"exception": exception, "second_approver": second is not None}
    return _one(edition, "reward.exception", not needed or second is not None, inputs, "reward-second-approval-missing")


def decide_countersigned(edition: Edition, signed: bool) -> Decision:
    """3.3-2: where the edition says so, another bureau signs before the payment."""
    bureaus = edition.investing.reward.countersigning_departments.value
    limit = ", ".join(bureaus) or None
    passed = signed or not bureaus
    return _one(
        edition, "reward.countersigned", passed, {"signed": signed}, "reward-countersignature-missing", limit=limit
    )


def decide_four_eyes(edition: Edition, actor: str, handled_by: Mapping[str, str | None]) -> Decision:
    """3.3-2: whoever took an earlier step does not take this one, whatever the role."""
    own = next((step for step, account in handled_by.items() if account == actor), None)
    return _one(edition, "reward.four_eyes", own is None, {"own_step": own}, "four-eyes-required")


def decide_recheck_due(edition: Edition, *, due_on: date, day: date, returned: bool = False) -> Decision:
    """3.3-2: that the capital is still there is found out after the months of the edition, not before; that it went
    back, on any day."""
    inputs: dict[str, RuleInput] = {"day": day, "returned": returned}
    return _one(edition, "reward.recheck", returned or day >= due_on, inputs, "reward-recheck-not-due", limit=due_on)


def decide_recovered(edition: Edition, *, amount: Decimal, outstanding: Decimal) -> Decision:
    """3.3-2: no more comes back than is to be recovered."""
    inputs: dict[str, RuleInput] = {"amount": amount}
    return _one(
        edition, "reward.recheck", amount <= outstanding, inputs, "returned-above-outstanding", limit=outstanding
    )


def signing_bureaus(edition: Edition, roles: Collection[str]) -> list[str]:
    """The countersigning bureaus that an approver with these roles signs for."""
    return [
        bureau for bureau in edition.investing.reward.countersigning_departments.value if f"{bureau}_approver" in roles
    ]


def _one(
    edition: Edition,
    rule: str,
    passed: bool,
    inputs: Mapping[str, RuleInput],
    message: str,
    *,
    limit: RuleInput = None,
) -> Decision:
    code = MET if passed else message
    return edition.decision(edition.result(rule, passed, inputs, message=code, limit=limit))
