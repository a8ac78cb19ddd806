"""Loans, refusals and hires as they are answered."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from pydantic import JsonValue, computed_field

from services.finance.exposures.links import exposure_link
from services.finance.loans.schemas import EvidenceSource, Product, ScheduleKind, State, Window
from shared.http.decisions import StoredDecision
from shared.http.schemas import Response
from shared.money import Money


class BankRefusalOut(Response):
    """A bank's refusal on record."""

    id: UUID
    borrower: str
    bank: str
    refused_on: date
    reason_code: str
    source: EvidenceSource
    referral_id: UUID | None
    document_no: str | None
    recorded_by: str
    recorded_at: datetime


class LoanOut(Response):
    """A loan; yuan, `rate` in percent a year. `committed` is what it holds of its cap, `outstanding` principal that was
    paid out and not repaid. Of the hires only how many count, by the reading that counts."""

    id: UUID
    no: str
    version: int
    livemode: bool
    product: Product
    edition: str
    status: State
    department: str
    guarantor: bool
    enterprise_id: UUID | None
    enterprise_code: str | None
    person_ref: str | None
    project_id: UUID | None
    centre_id: UUID | None
    bank: str
    purpose: str
    requested: Money
    approved: Money | None
    contracted: Money | None
    committed: Money
    disbursed: Money
    outstanding: Money
    tenor_months: int
    rate: Decimal | None
    contract_no: str | None
    start_on: date | None
    maturity_on: date | None
    schedule_kind: ScheduleKind | None
    staff: int | None
    hires_counted: int | None
    hire_window: Window | None
    refusal_id: UUID | None
    submitted_on: date | None
    reviewed_on: date | None
    checked_on: date | None
    accepted_on: date | None
    contracted_on: date | None
    disbursed_on: date | None
    closed_on: date | None
    ended_on: date | None
    reason_code: str | None
    delisted_on: date | None
    created_at: datetime
    updated_at: datetime


class LoanDetail(LoanOut):
    """With who did what, and every decision rule by rule. `hire_calculation` has both readings of the year."""

    partners: list[str]
    consented_refs: list[str]
    group_id: UUID | None
    refusal: BankRefusalOut | None
    hire_calculation: dict[str, JsonValue] | None
    hire_window_by: str | None
    hire_window_on: date | None
    hire_window_reason: str | None
    created_by: str
    submitted_by: str | None
    reviewed_by: str | None
    checked_by: str | None
    accepted_by: str | None
    contracted_by: str | None
    ended_by: str | None
    eligibility: StoredDecision | None
    check_decision: StoredDecision | None
    bank_decision: StoredDecision | None
    contract_decision: StoredDecision | None

    @computed_field  # type: ignore[prop-decorator]  # pydantic's own way with properties
    @property
    def exposure(self) -> str | None:
        """Where everything is that the enterprise has."""
        return None if self.enterprise_code is None else exposure_link(self.enterprise_code)


class EligibilityOut(Response):
    """What an application would meet today."""

    passed: bool
    decision: StoredDecision
    hire_calculation: dict[str, JsonValue] | None


class HireOut(Response):
    """A hire as it is shown: the number's last four characters; class and number to the borrower and the department
    that checks. `faults` says why it does not count, empty where it does (in the year by that reading)."""

    line: int
    person_ref: str | None
    hire_class: str | None
    id_number: str | None
    hired_on: date
    contract_from: date
    contract_to: date | None
    insured: bool
    dispatched: bool
    left_on: date | None
    faults: list[str]
    rolling: bool
    calendar: bool


class HiresOut(Response):
    """The list with its calculation."""

    staff: int | None
    hires: list[HireOut]
    hire_calculation: dict[str, JsonValue] | None
