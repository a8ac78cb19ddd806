"""Grants and matching funds, and what they are spent on."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from deploy.demo.tables.base import Row


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
