"""What the guarantor may promise, what it pays at most, and who gets recovered money (3.2-3). Amounts in yuan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_DOWN, Decimal
from typing import Final

from services.finance.servicing.schedule import to_fen
from shared.money import share_of
from shared.policy.decision import Decision, RuleInput
from shared.policy.edition import Edition

MET: Final = "rule-met"
_FEN: Final = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Split:
    """Recovered money: `guarantor` and `bank` add up to it, `budget` is of the guarantor's part."""

    guarantor: Decimal
    bank: Decimal
    budget: Decimal


def guaranteed_share(amount: Decimal, percent: Decimal) -> Decimal:
    """3.2-3: the guarantor's part of a principal, rounded down to the fen; the bank bears the rest."""
    return share_of(amount, percent)


def guarantee_fee(amount: Decimal, percent: Decimal, first: date, last: date, days_a_year: int) -> Decimal:
    """3.2-3: guaranteed amount x rate x days / days of the year, from the first day to the day before the last."""
    return to_fen(amount * percent * (last - first).days / 100 / days_a_year)


def share_recovered(
    amount: Decimal, *, percent: Decimal, receivable: Decimal, bank_debt: Decimal, budget: Decimal
) -> Split:
    """3.2-3: recovered money is shared as the risk was, never more than each is owed; a fen that does not divide is
    the bank's. `budget` is what of the receivable the public fund bore: its part of the guarantor's money goes back.

    Raises ValueError for more than both are owed together.
    """
    if amount > receivable + bank_debt:
        raise ValueError("more is recovered than is owed")
    guarantor = min(share_of(amount, percent), receivable)
    bank = amount - guarantor
    if bank > bank_debt:
        guarantor, bank = amount - bank_debt, bank_debt
    public = budget if guarantor == receivable else _part(guarantor, budget, receivable)
    return Split(guarantor, bank, public)


def _part(amount: Decimal, part: Decimal, whole: Decimal) -> Decimal:
    return (amount * part / whole).quantize(_FEN, rounding=ROUND_DOWN) if whole else whole


def decide_share(edition: Edition, product: str, amount: Decimal, guaranteed: Decimal) -> Decision:
    """3.2-3: the guarantor bears its share and the bank the rest."""
    share = edition.guarantees.products[product].share_percent
    inputs: dict[str, RuleInput] = {"amount": amount, "guaranteed": guaranteed, "bank_share": amount - guaranteed}
    return edition.decision(
        edition.result("guarantees.share", True, inputs, message=MET, limit=share.value, clause=share.clause)
    )


def decide_counter_guarantee(edition: Edition, product: str, *, amount: Decimal, given: int) -> Decision:
    """3.2-3: above the free amount the borrower gives a counter-guarantee (反担保)."""
    free = edition.guarantees.products[product].counter_guarantee_free_up_to
    passed = amount <= free.value or given > 0
    inputs: dict[str, RuleInput] = {"amount": amount, "given": given}
    return _one(
        edition,
        "guarantees.counter_guarantee",
        passed,
        inputs,
        "guarantee-counter-guarantee-missing",
        limit=free.value,
        clause=free.clause,
    )


def decide_counter_kinds(edition: Edition, kinds: Sequence[str]) -> Decision:
    """3.2-3: counter-guarantees are of kinds that the edition knows."""
    known = edition.guarantees.counter_guarantee_kinds
    unknown = next((kind for kind in kinds if kind not in known.value), None)
    limit = ", ".join(known.value)
    inputs = {"unknown": unknown}
    message = "guarantee-counter-guarantee-unknown"
    return _one(edition, "guarantees.counter_guarantee", unknown is None, inputs, message, limit=limit)


def decide_borrower_limit(
    edition: Edition, *, fits: bool, amount: Decimal, committed: Decimal, limit: Decimal
) -> Decision:
    """3.2-3: for one borrower at most a part of the guarantor's net assets; `committed` includes the amount where it
    fitted."""
    inputs = {"amount": amount, "committed": committed, "remaining": limit - committed}
    clause = edition.guarantees.borrower_percent_of_net_assets.clause
    return _one(
        edition,
        "guarantees.borrower_limit",
        fits,
        inputs,
        "guarantee-borrower-limit-exceeded",
        limit=limit,
        clause=clause,
    )


def decide_related_limit(
    edition: Edition, *, fits: bool, amount: Decimal, committed: Decimal, limit: Decimal
) -> Decision:
    """3.2-3: for one borrower and whoever is related to it together at most a larger part of the net assets;
    `committed` as above."""
    inputs = {"amount": amount, "committed": committed, "remaining": limit - committed}
    clause = edition.guarantees.related_percent_of_net_assets.clause
    message = "guarantee-related-limit-exceeded"
    return _one(edition, "guarantees.related_limit", fits, inputs, message, limit=limit, clause=clause)


def decide_total_limit(
    edition: Edition, *, fits: bool, amount: Decimal, committed: Decimal, limit: Decimal
) -> Decision:
    """3.2-3: everything guaranteed together is at most a multiple of the net assets."""
    inputs = {"amount": amount, "committed": committed, "remaining": limit - committed}
    clause = edition.guarantees.total_multiple_of_net_assets.clause
    return _one(
        edition, "guarantees.total_limit", fits, inputs, "guarantee-total-limit-exceeded", limit=limit, clause=clause
    )


def borrower_limit(edition: Edition) -> Decimal:
    """In yuan."""
    guarantees = edition.guarantees
    return share_of(guarantees.net_assets.value, guarantees.borrower_percent_of_net_assets.value)


def related_limit(edition: Edition) -> Decimal:
    """In yuan."""
    guarantees = edition.guarantees
    return share_of(guarantees.net_assets.value, guarantees.related_percent_of_net_assets.value)


def total_limit(edition: Edition) -> Decimal:
    """In yuan."""
    guarantees = edition.guarantees
    exact = guarantees.net_assets.value * guarantees.total_multiple_of_net_assets.value
    return exact.quantize(_FEN, rounding=ROUND_DOWN)


def decide_another_person(edition: Edition, *, actor: str, handled_by: Mapping[str, str | None]) -> Decision:
    """3.2-3: whoever drafted, filed, accepted or proposed does not decide or pay, whatever the role; the same at the
    bank, the guarantor and the bureaus."""
    own = next((step for step, account in handled_by.items() if account == actor), None)
    return _one(edition, "guarantees.four_eyes", own is None, {"own_step": own}, "four-eyes-required")


def decide_centre_listed(edition: Edition, *, delisted: bool) -> Decision:
    """2.3-5: where the centre left the list no new guarantee is given; those in force stay."""
    return _one(edition, "guarantees.centre_listed", not delisted, {"delisted": delisted}, "guarantee-centre-delisted")


def decide_claim_day(edition: Edition, *, days: int, as_of: date) -> Decision:
    """3.2-3: the bank claims once the borrower is more than so many days in arrears."""
    limit = edition.guarantees.claim_after_days_in_arrears
    inputs: dict[str, RuleInput] = {"days_in_arrears": days, "as_of": as_of}
    return _one(
        edition,
        "guarantees.claim",
        days > limit.value,
        inputs,
        "guarantee-claim-too-early",
        limit=limit.value,
        clause=limit.clause,
    )


def decide_claim_amount(
    edition: Edition, *, amount: Decimal, outstanding: Decimal, percent: Decimal, before: Decimal | None = None
) -> Decision:
    """3.2-3: the guarantor never pays more than its share of the principal that is owed; `before` is what was claimed
    until the borrower paid."""
    limit = guaranteed_share(outstanding, percent)
    inputs: dict[str, RuleInput] = {"amount": amount, "outstanding": outstanding, "share_percent": percent}
    if before is not None and before != amount:
        inputs["before"] = before
    return _one(edition, "guarantees.claim_amount", amount <= limit, inputs, "guarantee-claim-above-share", limit=limit)


def decide_recoverable(edition: Edition, *, amount: Decimal, owed: Decimal) -> Decision:
    """3.2-3: no more is recovered than the borrower owes."""
    inputs = {"amount": amount, "owed": owed}
    return _one(edition, "guarantees.recovery", amount <= owed, inputs, "guarantee-recovery-above-debt", limit=owed)


def decide_write_off(edition: Edition, *, receivable: Decimal) -> Decision:
    """3.2-3: what is written off was paid and not recovered."""
    inputs = {"receivable": receivable}
    return _one(edition, "guarantees.write_off", receivable > 0, inputs, "guarantee-nothing-to-write-off")


def _one(
    edition: Edition,
    rule: str,
    passed: bool,
    inputs: Mapping[str, RuleInput],
    message: str,
    *,
    limit: Decimal | int | str | None = None,
    clause: str | None = None,
) -> Decision:
    code = MET if passed else message
    return edition.decision(edition.result(rule, passed, inputs, message=code, limit=limit, clause=clause))
