"""What a centre's angel fund may do: the municipal share, payments, investments, votes, exits (3.2-2)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from services.finance.angel_funds.lots import Lot
from services.finance.angel_funds.shares import (
    MOST,
    admissible,
    cost_with_interest,
    floor_share,
    is_majority,
    within,
)
from services.finance.angel_funds.states import ABSTAINED, AGAINST, FOR, PAID_IN, RECUSED, SUBSCRIBED
from shared.calendar import add_years
from shared.money import ZERO
from shared.policy.decision import Decision, RuleInput, RuleResult
from shared.policy.edition import Edition

MET: Final = "rule-met"
FEWEST_SEATS: Final = 3
MOST_SEATS: Final = 21


@dataclass(frozen=True, slots=True)
class Holding:
    """The municipal fund's part of a total, in yuan, on one basis."""

    municipal: Decimal
    total: Decimal


@dataclass(frozen=True, slots=True)
class Ballot:
    """How one seat voted; `related` if its organisation and the investee have to do with each other."""

    seat: int
    vote: str
    related: bool = False


def decide_share_after(edition: Edition, basis: str, before: Holding, added: Decimal) -> Decision:
    """3.2-2: the municipal fund adds to its part of the subscribed or paid-in total only up to the share; `before` is
    with what the others add at the same time. The refusal names what could be added."""
    if basis not in edition.angel_fund.share_bases.value:
        return edition.decision(edition.result("angel_fund.share", True, {"basis": basis}, message=MET))
    after = Holding(before.municipal + added, before.total + added)
    percent = edition.angel_fund.share_percent.value
    passed = not added or within(after.municipal, after.total, percent)
    inputs: dict[str, RuleInput] = {
        "basis": basis,
        "municipal": after.municipal,
        "total": after.total,
        "added": added,
        "admissible": admissible(before.municipal, before.total, percent),
    }
    return _one(edition, "angel_fund.share", passed, inputs, "angel-fund-share-exceeded", limit=percent)


def decide_within_share(edition: Edition, holdings: Mapping[str, Holding]) -> Decision:
    """3.2-2: whether the share is kept as the fund stands, on each basis of the edition."""
    return edition.decision(*(_standing_share(edition, basis, held) for basis, held in holdings.items()))


def _standing_share(edition: Edition, basis: str, held: Holding) -> RuleResult:
    percent = edition.angel_fund.share_percent.value
    tested = basis in edition.angel_fund.share_bases.value
    passed = not tested or within(held.municipal, held.total, percent)
    inputs: dict[str, RuleInput] = {"basis": basis, "municipal": held.municipal, "total": held.total}
    code = MET if passed else "angel-fund-share-breached"
    return edition.result("angel_fund.share", passed, inputs, message=code, limit=percent)


def breached_bases(decision: Decision) -> list[str]:
    """The bases on which `decide_within_share` found the share above."""
    return [basis for basis in (SUBSCRIBED, PAID_IN) if any(f.inputs["basis"] == basis for f in decision.failures)]


def decide_not_breached(edition: Edition, breached_on: date | None) -> Decision:
    """3.2-2: while the share is above because another investor did not pay or left, no municipal money follows."""
    stops = edition.angel_fund.passive_breach_stops_payments.value
    passed = breached_on is None or not stops
    return _one(edition, "angel_fund.breach", passed, {"breached_on": breached_on}, "angel-fund-breached")


def decide_centre(edition: Edition, *, listed: bool, stopped_on: date | None) -> Decision:
    """3.2-2, 2.3-5: public money and new investments only while the centre is listed."""
    open_ = edition.result(
        "angel_fund.stopped_on_delisting",
        stopped_on is None,
        {"stopped_on": stopped_on},
        message=MET if stopped_on is None else "angel-fund-stopped",
    )
    known = edition.result(
        "angel_fund.centre_listed",
        listed,
        {"listed": listed},
        message=MET if listed else "angel-fund-centre-not-listed",
    )
    return edition.decision(open_, known)


def decide_four_eyes(edition: Edition, actor: str, handled_by: Mapping[str, str | None]) -> Decision:
    """3.2-2: who prepared, proposed or recorded does not approve or pay, whatever the role."""
    own = next((step for step, account in handled_by.items() if account == actor), None)
    return _one(edition, "angel_fund.four_eyes", own is None, {"own_step": own}, "four-eyes-required")


def decide_subscription(edition: Edition, *, amount: Decimal, free: Decimal, what: str) -> Decision:
    """3.2-2: what is called, paid in or given up is at most what is open of the subscription (`what`: called, paid,
    given_up, returned)."""
    inputs: dict[str, RuleInput] = {"amount": amount, "what": what}
    return _one(edition, "angel_fund.called", amount <= free, inputs, "angel-fund-above-open-amount", limit=free)


def decide_cash(edition: Edition, *, amount: Decimal, available: Decimal) -> Decision:
    """3.2-2: the fund never pays more than it holds."""
    return _one(
        edition, "angel_fund.cash", amount <= available, {"amount": amount}, "angel-fund-cash-short", limit=available
    )


def decide_investee(edition: Edition, *, tenanted: bool, day: date, survivor: str | None) -> Decision:
    """3.2-2: the enterprise sits in the fund's centre on the day of the investment, under the code that goes on."""
    if survivor is not None:
        return _one(edition, "angel_fund.investee", False, {"survivor": survivor}, "angel-fund-investee-merged")
    needed = edition.angel_fund.investee_in_centre_on_investment_day.value
    passed = tenanted or not needed
    inputs: dict[str, RuleInput] = {"tenanted": tenanted, "day": day}
    return _one(edition, "angel_fund.investee", passed, inputs, "angel-fund-investee-not-tenanted")


def decide_due_diligence(edition: Edition, examined: Collection[str]) -> Decision:
    """3.2-2: every item of the edition's checklist was examined."""
    missing = [item for item in edition.investing.fund.due_diligence if item not in examined]
    inputs: dict[str, RuleInput] = {"missing": ", ".join(missing) or None, "examined": len(examined)}
    return _one(edition, "angel_fund.due_diligence", not missing, inputs, "angel-fund-checklist-incomplete")


def decide_vote(edition: Edition, ballots: Sequence[Ballot], seats: int) -> Decision:
    """3.2-2: two thirds of the seats, without the recused ones, are for it; who was absent or abstained counts in the
    base. A seat with a conflict does not vote."""
    rules = edition.investing.fund
    conflicted = [ballot.seat for ballot in ballots if ballot.related and ballot.vote != RECUSED]
    counted = {vote: sum(ballot.vote == vote for ballot in ballots) for vote in (FOR, AGAINST, ABSTAINED, RECUSED)}
    base = seats - counted[RECUSED]
    enough = is_majority(counted[FOR], base, rules.vote_numerator.value, rules.vote_denominator.value)
    fraction = f"{rules.vote_numerator.value}/{rules.vote_denominator.value}"
    conflict = edition.result(
        "angel_fund.conflict",
        not conflicted,
        {"seats": ", ".join(map(str, conflicted)) or None},
        message="angel-fund-vote-conflict" if conflicted else MET,
    )
    majority = edition.result(
        "angel_fund.vote",
        enough,
        {
            "votes_for": counted[FOR],
            "against": counted[AGAINST],
            "abstained": counted[ABSTAINED],
            "recused": counted[RECUSED],
            "base": base,
        },
        limit=fraction,
        message=MET if enough else "angel-fund-vote-short",
    )
    return edition.decision(conflict, majority)


def decide_tranche(edition: Edition, *, amount: Decimal, paid: Decimal, approved: Decimal) -> Decision:
    """3.2-2: the tranches of an investment add up to no more than was approved."""
    left = approved - paid
    inputs: dict[str, RuleInput] = {"amount": amount, "paid": paid}
    return _one(edition, "angel_fund.cash", amount <= left, inputs, "angel-fund-tranche-above-approved", limit=left)


def decide_held(edition: Edition, *, cost: Decimal, held: Decimal) -> Decision:
    """3.2-2: no more is sold or written off than the fund holds at cost."""
    return _one(edition, "angel_fund.cash", cost <= held, {"amount": cost}, "angel-fund-above-held", limit=held)


def decide_net_assets(
    edition: Edition, *, amount: Decimal, units: Decimal, all_units: Decimal, assets: Decimal
) -> Decision:
    """3.2-2: who withdraws is paid at most its share of the net assets, so that it bears its part of the losses:
    `units` of `all_units`. Write-offs and losses have lowered the assets."""
    inputs: dict[str, RuleInput] = {"amount": amount, "units": units, "all_units": all_units, "net_assets": assets}
    most = floor_share(units, all_units, assets)
    return _one(edition, "angel_fund.net_assets", amount <= most, inputs, "angel-fund-above-net-assets", limit=most)


def decide_entry(
    edition: Edition, *, pricing: str, amount: Decimal, units: Decimal, net_value: Decimal, issued: Decimal
) -> Decision:
    """3.2-2: what is paid in buys units at the price of the fund's contract, so that nobody pays for losses that were
    there before him or shares gains that others waited for. Units that are worth nothing have no price."""
    inputs: dict[str, RuleInput] = {
        "pricing": pricing,
        "amount": amount,
        "units": units,
        "net_value": net_value,
        "issued": issued,
    }
    passed = issued > ZERO and units + issued <= MOST
    return _one(edition, "angel_fund.entry_price", passed, inputs, "angel-fund-without-price")


def decide_winding_up(edition: Edition, *, supporting: Decimal, capital: Decimal) -> Decision:
    """3.2-2: investors with at least the rules' fraction of the capital resolved to wind the fund up. Where nobody has
    any, nobody's consent is missing."""
    rules = edition.investing.fund
    numerator, denominator = rules.winding_up_numerator.value, rules.winding_up_denominator.value
    passed = denominator * supporting >= numerator * capital
    inputs: dict[str, RuleInput] = {"supporting": supporting, "capital": capital}
    limit = f"{numerator}/{denominator}"
    return _one(edition, "angel_fund.winding_up", passed, inputs, "angel-fund-winding-up-short", limit=limit)


def decide_final_distribution(
    edition: Edition, *, invested: Decimal, cash: Decimal, costs: Decimal, unpaid_debts: Decimal
) -> Decision:
    """3.2-2: a fund that is wound up is distributed once nothing is held any more, after its costs and debts; where
    debts stay unpaid there is nothing to distribute."""
    inputs: dict[str, RuleInput] = {"invested": invested, "costs": costs, "unpaid_debts": unpaid_debts}
    rule = "angel_fund.final_distribution"
    if invested:
        return _one(edition, rule, False, inputs, "angel-fund-still-invested", limit=ZERO)
    if costs > cash:
        return _one(edition, rule, False, {**inputs, "amount": costs}, "angel-fund-cash-short", limit=cash)
    passed = not unpaid_debts or costs == cash
    return _one(edition, rule, passed, inputs, "angel-fund-debts-first", limit=cash)


def decide_committee(edition: Edition, *, sitting: Collection[int], leaving: Collection[int], joining: int) -> Decision:
    """3.2-2: only who sits leaves, and the committee stays one that can decide."""
    unknown = sorted(set(leaving) - set(sitting))
    after = len(set(sitting) - set(leaving)) + joining
    inputs: dict[str, RuleInput] = {
        "unknown": ", ".join(map(str, unknown)) or None,
        "sitting": len(sitting),
        "after": after,
    }
    if unknown:
        return _one(edition, "angel_fund.committee", False, inputs, "angel-fund-seat-not-held")
    passed = FEWEST_SEATS <= after <= MOST_SEATS
    limit = f"{FEWEST_SEATS}-{MOST_SEATS}"
    return _one(edition, "angel_fund.committee", passed, inputs, "angel-fund-committee-size", limit=limit)


def decide_early_exit(edition: Edition, lots: Sequence[Lot], *, price: Decimal, day: date) -> Decision:
    """3.2-2: what was paid in within the years of the administrative rules is sold at no less than cost and interest,
    what is older at the price of the document. Each payment has its own years and days."""
    rules = edition.investing.fund
    percent = rules.early_exit_interest_percent.value
    early = [lot for lot in lots if day <= add_years(lot.paid_on, rules.early_exit_years.value)]
    days = [max((day - lot.paid_on).days, 0) for lot in early]
    least = sum((cost_with_interest(lot.cost, percent, n) for lot, n in zip(early, days, strict=True)), ZERO)
    since = [lot.paid_on for lot in early]
    inputs: dict[str, RuleInput] = {
        "cost": sum((lot.cost for lot in lots), ZERO),
        "early_cost": sum((lot.cost for lot in early), ZERO),
        "price": price,
        "since": min(since, default=None),
        "until": add_years(max(since), rules.early_exit_years.value) if since else None,
        "day": day,
        "early": bool(early),
    }
    return _one(edition, "angel_fund.early_exit", price >= least, inputs, "angel-fund-price-below-cost", limit=least)


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
