"""Loans with public backing (担保贷款、创业担保贷款, 3.2-3 to 3.2-5): finance's, and part of its contracts."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from shared.events.types import Audience, EventData, EventType, Topic

LOAN = Topic("finance.loan", "Loans with public backing (担保贷款、创业担保贷款)")


class LoanState(EventData):
    """A loan; amounts in yuan, `rate` in percent a year. Persons are opaque references, hires a count.

    `committed` is what it holds of its caps; `disbursed` what was paid out, `outstanding` what of it is not repaid.
    """

    id: UUID
    no: str
    livemode: bool
    product: str
    status: str
    department: str
    guarantor: bool
    enterprise_id: UUID | None
    enterprise_code: str | None
    person_ref: str | None
    partner_refs: tuple[str, ...]
    consented_refs: tuple[str, ...]
    """Who of the persons has agreed to borrow."""
    centre_id: UUID | None
    bank: str
    requested: Decimal
    approved: Decimal | None
    contracted: Decimal | None
    committed: Decimal
    disbursed: Decimal
    outstanding: Decimal
    tenor_months: int
    rate: Decimal | None
    contract_no: str | None
    start_on: date | None
    maturity_on: date | None
    schedule_kind: str | None
    staff: int | None
    hires_counted: int | None
    """Eligible hires by the reading that counts; None where no ratio is asked for."""
    submitted_on: date | None
    checked_on: date | None
    accepted_on: date | None
    contracted_on: date | None
    disbursed_on: date | None
    closed_on: date | None
    ended_on: date | None
    delisted_on: date | None
    reason_code: str | None


def _of(action: str, summary: str, audience: Audience = Audience.INTERNAL) -> EventType[LoanState]:
    return EventType(LOAN, f"finance.loan.{action}.v1", LoanState, audience, summary)


LoanDrafted = _of("drafted", "An application was begun.")
LoanAmended = _of("amended", "The draft was changed.")
LoanConsentGiven = _of("consent_given", "One of the persons agrees to it.")
LoanConsentWithdrawn = _of("consent_withdrawn", "One of the persons does not agree any more.")
LoanSubmitted = _of("submitted", "Applied for.")
LoanWindowChosen = _of("window_chosen", "An officer chose how hires are counted.")
LoanReviewed = _of("reviewed", "An officer of the department has examined it.")
LoanChecked = _of("checked", "The department lets it pass.", Audience.BUREAU)
LoanGuarantorAccepted = _of("guarantor_accepted", "The guarantor accepts.", Audience.BUREAU)
LoanBankAccepted = _of("bank_accepted", "The bank accepts.", Audience.BUREAU)
LoanContracted = _of("contracted", "The contract is signed.", Audience.BUREAU)
LoanRefused = _of("refused", "Refused.", Audience.BUREAU)
LoanWithdrawn = _of("withdrawn", "The borrower does not want it any more.", Audience.BUREAU)
LoanDelistingMarked = _of("delisting_marked", "The borrower's centre left the list.", Audience.BUREAU)
