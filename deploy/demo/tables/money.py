"""Grants, vouchers, and what they are spent on."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from pydantic import field_validator

from deploy.demo.tables.base import Row, words


class Appropriation(Row):
    """What the city budgets for a programme and year: entered by the treasury's officer, approved by its approver."""

    file: ClassVar[str] = "appropriations.csv"

    programme: str
    year: int
    document_no: str
    amount: str
    proposed_on: date
    approved_on: date


class Grant(Row):
    """A grant of a centre for a fiscal year. `bureau` approves, the other one countersigns. A missing day is a step
    that is not taken."""

    file: ClassVar[str] = "grants.csv"

    centre: str
    fiscal_year: int
    amount: str
    purpose: str
    description: str
    evidence: str | None
    applied_on: date
    reviewed_on: date
    bureau: str
    approved_on: date | None
    approved: str | None
    countersigned_on: date | None
    paid_on: date | None
    payment_reference: str | None
    refunded_on: date | None
    refunded: str | None
    recovered_on: date | None
    recovered: str | None
    closed_on: date | None


class Spending(Row):
    """A payment out of a grant; without `spent_on` it is planned only."""

    file: ClassVar[str] = "spending.csv"

    centre: str
    fiscal_year: int
    recorded_on: date
    description: str
    amount: str
    purpose: str
    voucher_no: str | None
    invoice_number: str | None
    seller_code: str | None
    spent_on: date | None


class Programme(Row):
    """A county's or park's voucher programme of a year."""

    file: ClassVar[str] = "voucher-programmes.csv"

    issuer_division: str
    kind: str
    year: int
    budget: str
    subsidy_percent: str | None
    drafted_on: date
    opened_on: date
    closed_on: date | None


class Provider(Row):
    """A service provider; `refused_reason` where it was not admitted, `renewed_on` the day on which its admission was
    granted another term."""

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

    _lists = field_validator("categories", mode="before")(words)


class Voucher(Row):
    """A voucher of a programme, one for an enterprise; `centre` is where the enterprise is."""

    file: ClassVar[str] = "vouchers.csv"

    issuer_division: str
    kind: str
    year: int
    enterprise: str
    centre: str
    category: str | None
    face_value: str
    issued_on: date


class Redemption(Row):
    """A use of a voucher: held, then delivered and redeemed, or released, or left where the days are missing."""

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
    held_on: date
    delivered_on: date | None
    redeemed_on: date | None
    released_on: date | None


class MatchingFund(Row):
    """A division's matching budget of a year: recorded by its officer, approved by its approver; `revised` is another
    amount later in the year. Without `approved_on` it waits."""

    file: ClassVar[str] = "matching-funds.csv"

    division: str
    year: int
    document_no: str
    amount: str
    recorded_on: date
    approved_on: date | None
    revised: str | None
    revision_no: str | None
    revised_on: date | None
    revision_approved_on: date | None


class MatchingPayment(Row):
    """A payment out of it, to a centre or an enterprise, and where it was taken back, when and why."""

    file: ClassVar[str] = "matching-payments.csv"

    division: str
    year: int
    centre: str | None
    enterprise: str | None
    amount: str
    purpose: str
    description: str
    voucher_no: str
    document_no: str
    spent_on: date
    reversed_on: date | None
    reversal_reason: str | None
    reversal_voucher_no: str | None
