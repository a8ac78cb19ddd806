"""Loans of banks, what the guarantor and the bureaus do about them, and the banks' days."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from deploy.demo.tables.base import Row


class Referral(Row):
    """An enterprise's wish for money, sent to one bank: refused with a reason, or offered, agreed, paid out and partly
    paid back."""

    file: ClassVar[str] = "referrals.csv"

    key: str
    enterprise: str
    centre: str
    bank: str
    amount: str
    tenor_months: int
    purpose: str
    sent_on: date
    refused_on: date | None
    refusal_reason: str | None
    accepted_on: date | None
    offered_on: date | None
    rate: str | None
    agreed_on: date | None
    disbursed_on: date | None
    repaid_on: date | None
    repaid: str | None


class Loan(Row):
    """A loan under 3.2: a guaranteed one rests on a refused referral, a graduate's on the graduate. `checked_on` is the
    day of the guarantor, or of the department's officer, `approved_on` that of its approver."""

    file: ClassVar[str] = "loans.csv"

    key: str
    product: str
    centre: str
    enterprise: str
    referral: str | None
    person_ref: str | None
    bank: str
    amount: str
    tenor_months: int
    purpose: str
    applied_on: date
    checked_on: date
    approved_on: date | None
    bank_accepted_on: date
    contracted_on: date
    contract_no: str
    rate: str
    maturity_on: date
    guaranteed_on: date | None
    guarantee_no: str | None
    issued_on: date | None
    drawn_on: date
    draw_reference: str


class LoanPayment(Row):
    """What a borrower paid, as its bank reports it."""

    file: ClassVar[str] = "loan-payments.csv"

    loan: str
    centre: str
    bank: str
    paid_on: date
    principal: str
    interest: str
    reference: str


class Subsidy(Row):
    """A department's interest subsidies of a quarter: computed, approved, paid."""

    file: ClassVar[str] = "subsidies.csv"

    department: str
    year: int
    quarter: int
    computed_on: date
    approved_on: date
    document_no: str
    minutes_no: str
    paid_on: date
    reference: str


class BankDay(Row):
    """A business day that a bank files: by our own statement, or with `wrong` as the amount of its first line."""

    file: ClassVar[str] = "bank-days.csv"

    bank: str
    day: date
    filed_on: date
    wrong: str | None
