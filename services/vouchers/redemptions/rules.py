"""What a voucher may pay for, and how much (4.3-2, 4.3-3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from pydantic import JsonValue

from shared.policy.decision import Decision, combine
from shared.policy.edition import Edition

ORDERED: Final = "ordered"
"""Asked for; nothing is reserved."""
HELD: Final = "held"
DELIVERED: Final = "delivered"
DISPUTED: Final = "disputed"
"""Delivered, the provider says; the holder says otherwise."""
REDEEMED: Final = "redeemed"
RELEASED: Final = "released"
REVERSED: Final = "reversed"
"""Redeemed, and all of it taken back."""
STATUSES: Final = (ORDERED, HELD, DELIVERED, DISPUTED, REDEEMED, RELEASED, REVERSED)
CAPTURED: Final = (REDEEMED, REVERSED)
RESERVING: Final = (HELD, DELIVERED, DISPUTED)
"""The subsidy is part of the voucher's `held`."""
RENDERED: Final = (DELIVERED, DISPUTED)
"""The service was rendered, at least by the provider's word: a delisting or a suspension honours it."""

CANCELLED_BY_ENTERPRISE: Final = "cancelled_by_enterprise"
CANCELLED_BY_PROVIDER: Final = "cancelled_by_provider"
ORDER_EXPIRED: Final = "order_expired"
HOLD_EXPIRED: Final = "hold_expired"
DISPUTE_DECIDED: Final = "dispute_decided"
NOT_CONFIRMED: Final = "not_confirmed"

RULES: Final = (
    "vouchers.validity",
    "vouchers.in_centre",
    "vouchers.category",
    "vouchers.provider_admitted",
    "vouchers.related_party",
    "vouchers.price_share",
    "vouchers.balance",
)
"""What `decide_use` applies, in its order."""

_CENT: Final = Decimal("0.01")
_HUNDRED: Final = Decimal("100.00")
_ACTIVE: Final = "active"
_FROZEN: Final = "frozen"
_LISTED: Final = "listed"
_WITHDRAWN: Final = "withdrawn"


@dataclass(frozen=True, slots=True)
class Use:
    """A use of a voucher as the rules see it. Amounts in yuan; `balance` is what is free before this use."""

    day: date
    category: str
    price: Decimal
    status: str
    issued_on: date
    valid_until: date
    centre: str | None
    """How the centre stands in which the holder is tenanted that day; None for a holder in none."""
    category_allowed: bool
    provider_bar: str | None
    """What keeps the provider from selling the category that day (`providers.standing`); None for nothing."""
    same_code: bool
    same_representative: bool
    holder_represented: bool
    seller_represented: bool
    """Whether the legal representative of either is known; where one is not, nobody can tell."""
    holding: Decimal | None
    """The largest recorded holding of one in the other that reaches `related_percent`; None where none does."""
    related_percent: Decimal
    percent: Decimal
    cap: Decimal | None
    """What the category's cap leaves of it to this voucher's uses before this one; None: no cap but the balance."""
    balance: Decimal


def full_subsidy(price: Decimal, percent: Decimal) -> Decimal:
    """4.3-3: the share of the price, rounded half up to the fen."""
    return (price * percent / 100).quantize(_CENT, rounding=ROUND_HALF_UP)


def subsidy_of(price: Decimal, percent: Decimal, balance: Decimal, cap: Decimal | None = None) -> Decimal:
    """4.3-3: the share of the price, never above what the category's cap leaves, nor the balance."""
    share = min(full_subsidy(price, percent), balance)
    return share if cap is None else min(share, cap)


def category_terms(
    category: str, percent: Decimal, terms: Mapping[str, JsonValue], *, first_free: bool
) -> tuple[Decimal, Decimal | None]:
    """4.3-3: share and cap that a voucher has for a category: a first voucher free of charge pays all of the price up
    to its balance; else the category's own terms, or the voucher's. The cap is over all uses of the voucher in
    the category. The counter's statement reads the same."""
    if first_free:
        return _HUNDRED, None
    own = terms.get(category)
    if not isinstance(own, dict):
        return percent, None
    share, cap = own.get("percent"), own.get("cap")
    return percent if share is None else Decimal(str(share)), None if cap is None else Decimal(str(cap))


def decide_use(edition: Edition, use: Use) -> Decision:
    """4.3-2, 4.3-3: the voucher is valid that day, the service and the provider fit, nobody pays himself, and there is
    something left to pay with."""
    return combine(
        decide_validity(edition, use.status, use.issued_on, use.valid_until, use.day),
        decide_centre(edition, use.centre, use.day),
        decide_category(edition, use.category, use.category_allowed),
        decide_provider(edition, use.category, use.provider_bar),
        decide_unrelated(edition, use),
        decide_amount(edition, use),
    )


def decide_validity(edition: Edition, status: str, issued_on: date, valid_until: date, day: date) -> Decision:
    """4.3-3: from the day of issue to the last day, both inclusive, in the city's time; not once it is stopped."""
    if status != _ACTIVE:
        message = "voucher-frozen" if status == _FROZEN else "voucher-stopped"
    elif day < issued_on:
        message = "voucher-not-yet-issued"
    else:
        message = "voucher-valid" if day <= valid_until else "voucher-expired"
    result = edition.result(
        "vouchers.validity",
        message == "voucher-valid",
        {"status": status, "issued_on": issued_on, "day": day},
        limit=valid_until,
        message=message,
    )
    return edition.decision(result)


def decide_centre(edition: Edition, standing: str | None, day: date) -> Decision:
    """4.3-2: the holder is tenanted that day in a listed centre. A centre that left the list ends the new use of its
    tenants' vouchers until they move to a listed one."""
    if standing is None:
        message = "voucher-holder-in-no-centre"
    elif standing == _LISTED:
        message = "voucher-centre-stands"
    else:
        message = "voucher-centre-withdrawn" if standing == _WITHDRAWN else "voucher-centre-not-listed"
    inputs = {"centre_status": standing, "day": day}
    return edition.decision(edition.result("vouchers.in_centre", standing == _LISTED, inputs, message=message))


def decide_category(edition: Edition, category: str, allowed: bool) -> Decision:
    """4.3-2: the voucher serves the category: one of its programme's, and its own if it has one."""
    message = "category-allowed" if allowed else "category-not-allowed"
    return edition.decision(edition.result("vouchers.category", allowed, {"category": category}, message=message))


def decide_provider(edition: Edition, category: str, bar: str | None) -> Decision:
    """4.3-2: the provider is admitted, for this category, and neither suspended nor past its term."""
    message = bar or "provider-admitted"
    result = edition.result("vouchers.provider_admitted", bar is None, {"category": category}, message=message)
    return edition.decision(result)


def decide_unrelated(edition: Edition, use: Use) -> Decision:
    """4.3-2: nobody sells to himself: not the same organisation, nor the same legal representative, nor one that holds
    the related share of the other or more. A representative nobody has recorded is not taken for somebody else."""
    if use.same_code or (use.same_representative and use.holder_represented):
        message = "parties-related"
    elif use.holding is not None:
        message = "parties-related-by-holding"
    elif not use.holder_represented:
        message = "enterprise-representative-unknown"
    else:
        message = "parties-unrelated" if use.seller_represented else "provider-representative-unknown"
    result = edition.result(
        "vouchers.related_party",
        message == "parties-unrelated",
        {"same_code": use.same_code, "same_representative": use.same_representative, "holding": use.holding},
        limit=use.related_percent,
        message=message,
    )
    return edition.decision(result)


def decide_invoice(edition: Edition, *, given: bool) -> Decision:
    """4.3-2: money is owed on an invoice, where the edition says so."""
    passed = given or not edition.documents.invoice_required_at_redemption.value
    message = "invoice-given" if passed else "invoice-missing"
    return edition.decision(edition.result("vouchers.invoice", passed, {"given": given}, message=message))


def decide_not_void(edition: Edition, *, void: bool) -> Decision:
    """4.3-2: nothing is owed on an invoice that its seller has cancelled or red-lettered."""
    message = "document-void" if void else "document-valid"
    return edition.decision(edition.result("vouchers.settlement_invoice", not void, {"void": void}, message=message))


def decide_document(edition: Edition, document: str, *, price: Decimal, priced: Decimal, amount: Decimal) -> Decision:
    """4.3-2: what is bought on one invoice or contract costs no more than the document says: no price counts twice."""
    passed = priced + price <= amount
    result = edition.result(
        "documents.counted_once",
        passed,
        {"document": document, "price": price, "priced": priced, "left": max(amount - priced, Decimal("0.00"))},
        limit=amount,
        message="document-has-room" if passed else "document-already-claimed",
    )
    return edition.decision(result)


def decide_sold_in_time(edition: Edition, sold_on: date, today: date) -> Decision:
    """4.3-1: a counter without a connection sends its sales within so many days; both ends inclusive."""
    days = edition.vouchers.use.offline_days.value
    passed = today - timedelta(days=days) <= sold_on <= today
    message = "sold-in-time" if passed else "sold-too-long-ago" if sold_on < today else "sold-in-the-future"
    inputs = {"sold_on": sold_on, "today": today}
    return edition.decision(edition.result("vouchers.sold_in_time", passed, inputs, limit=days, message=message))


def decide_not_expired(edition: Edition, rule: str, last_day: date | None, today: date) -> Decision:
    """4.3-1: an order is accepted, a hold delivered on, by its last day, inclusive. `rule` is `vouchers.order_open` or
    `vouchers.hold_open`; holds from before there were last days have none."""
    passed = last_day is None or today <= last_day
    what = rule.removeprefix("vouchers.").removesuffix("_open")
    message = f"voucher-{what}-{'open' if passed else 'expired'}"
    return edition.decision(edition.result(rule, passed, {"today": today}, limit=last_day, message=message))


def decide_part(edition: Edition, price: Decimal, delivered: Decimal, percent: Decimal, share: Decimal) -> Decision:
    """4.3-1, 4.3-3: a part costs less than the whole, and its share is at least a fen."""
    message = "part-above-price" if delivered > price else "part-of-price" if share > 0 else "subsidy-below-one-fen"
    inputs = {"price": delivered, "whole": price, "share": share}
    result = edition.result("vouchers.price_share", message == "part-of-price", inputs, limit=percent, message=message)
    return edition.decision(result)


def decide_confirmation(edition: Edition, status: str, confirm_by: date | None, today: date) -> Decision:
    """4.3-1: the issuer decides what is disputed, and what nobody confirmed by the last day."""
    passed = status == DISPUTED or confirm_by is None or today > confirm_by
    message = "voucher-to-be-decided" if passed else "voucher-still-to-confirm"
    result = edition.result(
        "vouchers.confirmed", passed, {"status": status, "today": today}, limit=confirm_by, message=message
    )
    return edition.decision(result)


def decide_reversal(edition: Edition, amount: Decimal, left: Decimal) -> Decision:
    """4.3-4: no more is taken back than was redeemed and not taken back before."""
    passed = 0 < amount <= left
    message = "reversal-within-subsidy" if passed else "reversal-above-subsidy"
    return edition.decision(
        edition.result("vouchers.reversal", passed, {"amount": amount}, limit=left, message=message)
    )


def decide_amount(edition: Edition, use: Use) -> Decision:
    """4.3-3, 4.3-1: the share of the price is at least a fen; balance and category pay all of it or what is left."""
    full, balance = full_subsidy(use.price, use.percent), use.balance
    subsidy = subsidy_of(use.price, use.percent, balance, use.cap)
    share = edition.result(
        "vouchers.price_share",
        full > 0,
        {"price": use.price, "share": full, "cap": use.cap},
        limit=use.percent,
        message="subsidy-of-price" if full > 0 else "subsidy-below-one-fen",
    )
    used_up = use.cap is not None and use.cap <= 0
    message = "category-cap-used-up" if used_up else "balance-enough"
    left = edition.result(
        "vouchers.balance",
        balance > 0 and not used_up,
        {"share": full, "subsidy": subsidy, "category": use.category},
        limit=balance,
        message=message if balance > 0 else "voucher-balance-empty",
    )
    return edition.decision(share, left)
