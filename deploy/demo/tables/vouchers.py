"""Vouchers: guidance, programmes, providers, issue, use, settlement."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from pydantic import field_validator

from deploy.demo.tables.base import Row, words


class Guidance(Row):
    """What the city lets the programmes of a year be at most: drafted by one person, approved by another."""

    file: ClassVar[str] = "voucher-guidance.csv"

    year: int
    document_no: str
    max_percent: str
    max_enterprise_quota: str
    recommended_categories: tuple[str, ...]
    drafted_on: date
    approved_on: date

    _lists = field_validator("recommended_categories", mode="before")(words)


class Programme(Row):
    """A county's or park's voucher programme of a year. `category_terms` are categories with a share or a cap of their
    own: `ip_protection:80:20000.00`."""

    file: ClassVar[str] = "voucher-programmes.csv"

    issuer_division: str
    kind: str
    year: int
    budget: str
    subsidy_percent: str | None
    category_terms: tuple[str, ...] | None
    drafted_on: date
    opened_on: date
    closed_on: date | None

    _lists = field_validator("category_terms", mode="before")(words)


class Provider(Row):
    """A service provider; `refused_reason` where it was not admitted, `renewed_on` the day on which its admission was
    granted another term. One that is admitted has a price list with one service, and an account to be paid to."""

    file: ClassVar[str] = "providers.csv"

    code: str
    name: str
    categories: tuple[str, ...]
    legal_representative_ref: str
    applied_on: date
    reviewed_on: date
    decided_on: date
    refused_reason: str | None
    renewed_on: date | None
    offering: str | None
    offering_unit: str | None
    offering_price: str | None
    account_number: str | None
    listed_on: date | None

    _lists = field_validator("categories", mode="before")(words)


class Voucher(Row):
    """A voucher of a programme, one for an enterprise; `centre` is where the enterprise is. Applied for where there is
    a day for it, else issued by the division on its own."""

    file: ClassVar[str] = "vouchers.csv"

    issuer_division: str
    kind: str
    year: int
    enterprise: str
    centre: str
    category: str | None
    face_value: str
    applied_on: date | None
    reviewed_on: date | None
    issued_on: date


class Redemption(Row):
    """A use of a voucher: held, then delivered and redeemed, or released, or left where the days are missing. With
    `ordered_on` the provider's listed service was ordered before, `quantity` times; at the counter all is one day."""

    file: ClassVar[str] = "redemptions.csv"

    issuer_division: str
    kind: str
    year: int
    enterprise: str
    centre: str
    provider: str
    category: str
    price: str
    contract_no: str
    invoice_number: str | None
    ordered_on: date | None
    quantity: int | None
    at_counter: bool
    held_on: date
    delivered_on: date | None
    redeemed_on: date | None
    released_on: date | None


class Settlement(Row):
    """A division's batch of a month, from its draft to its end. Without `paid_on` it stays where it is."""

    file: ClassVar[str] = "voucher-settlements.csv"

    issuer_division: str
    period: str
    drafted_on: date
    checked_on: date
    inspected_on: date
    announced_on: date
    approved_on: date
    filed_on: date
    paid_on: date
    bank_reference: str
    closed_on: date
