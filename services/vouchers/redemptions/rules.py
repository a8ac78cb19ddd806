"""What a voucher may pay for, and how much (4.3-2, 4.3-3)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from shared.policy.decision import Decision, combine
from shared.policy.edition import Edition

HELD: Final = "held"
DELIVERED: Final = "delivered"
REDEEMED: Final = "redeemed"
RELEASED: Final = "released"
STATUSES: Final = (HELD, DELIVERED, REDEEMED, RELEASED)

CANCELLED_BY_ENTERPRISE: Final = "cancelled_by_enterprise"
CANCELLED_BY_PROVIDER: Final = "cancelled_by_provider"

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
_ACTIVE: Final = "active"


@dataclass(frozen=True, slots=True)
class Use:
    """A use of a voucher as the rules see it. Amounts in yuan; `balance` is what is free before this use."""

    day: date
    category: str
    price: Decimal
    status: str
    issued_on: date
    valid_until: date
    centre_withdrawn: bool
    """Whether the centre that the voucher depends on has left the list at its own request."""
    category_allowed: bool
    provider_admitted: bool
    provider_offers: bool
    same_code: bool
    same_representative: bool
    holder_represented: bool
    seller_represented: bool
    """Whether the legal representative of either is known; where one is not, nobody can tell."""
    holding: Decimal | None
    """The largest recorded holding of one in the other that reaches `related_percent`; None where none does."""
    related_percent: Decimal
    percent: Decimal
    balance: Decimal


def full_subsidy(price: Decimal, percent: Decimal) -> Decimal:
    """4.3-3: the share of the price, rounded half up to the fen."""
    return (price * percent / 100).quantize(_CENT, rounding=ROUND_HALF_UP)


def subsidy_of(price: Decimal, percent: Decimal, balance: Decimal) -> Decimal:
    """4.3-3: the share of the price, never above the balance."""
    return min(full_subsidy(price, percent), balance)


def decide_use(edition: Edition, use: Use) -> Decision:
    """4.3-2, 4.3-3: the voucher is valid that day, the service and the provider fit, nobody pays himself, and there is
    something left to pay with."""
    return combine(
        decide_validity(edition, use.status, use.issued_on, use.valid_until, use.day),
        decide_centre(edition, withdrawn=use.centre_withdrawn),
        decide_category(edition, use.category, use.category_allowed),
        decide_provider(edition, use.category, admitted=use.provider_admitted, offers=use.provider_offers),
        decide_unrelated(edition, use),
        decide_amount(edition, use.price, use.percent, use.balance),
    )


def decide_validity(edition: Edition, status: str, issued_on: date, valid_until: date, day: date) -> Decision:
    """4.3-3: from the day of issue to the last day, both inclusive, in the city's time; not once it is stopped."""
    if status != _ACTIVE:
        message = "voucher-stopped"
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


def decide_centre(edition: Edition, *, withdrawn: bool) -> Decision:
    """4.3-2: a centre that left the list ends the new use of its tenants' vouchers until they move to a listed one."""
    message = "voucher-centre-withdrawn" if withdrawn else "voucher-centre-stands"
    return edition.decision(
        edition.result("vouchers.in_centre", not withdrawn, {"withdrawn": withdrawn}, message=message)
    )


def decide_category(edition: Edition, category: str, allowed: bool) -> Decision:
    """4.3-2: the voucher serves the category: one of its programme's, and its own if it has one."""
    message = "category-allowed" if allowed else "category-not-allowed"
    return edition.decision(edition.result("vouchers.category", allowed, {"category": category}, message=message))


def decide_provider(edition: Edition, category: str, *, admitted: bool, offers: bool) -> Decision:
    """4.3-2: the provider is admitted, for this category."""
    message = "provider-admitted" if offers else "provider-not-in-category"
    result = edition.result(
        "vouchers.provider_admitted",
        admitted and offers,
        {"admitted": admitted, "category": category},
        message=message if admitted else "provider-not-admitted",
    )
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


def decide_amount(edition: Edition, price: Decimal, percent: Decimal, balance: Decimal) -> Decision:
    """4.3-3, 4.3-1: the share of the price is at least a fen, and the balance pays all of it or what is left."""
    full, subsidy = full_subsidy(price, percent), subsidy_of(price, percent, balance)
    share = edition.result(
        "vouchers.price_share",
        full > 0,
        {"price": price, "share": full},
        limit=percent,
        message="subsidy-of-price" if full > 0 else "subsidy-below-one-fen",
    )
    left = edition.result(
        "vouchers.balance",
        balance > 0,
        {"share": full, "subsidy": subsidy},
        limit=balance,
        message="balance-enough" if balance > 0 else "voucher-balance-empty",
    )
    return edition.decision(share, left)
