"""The states of a loan, and the words that go with it."""

from typing import Final

DRAFT: Final = "draft"
SUBMITTED: Final = "submitted"
REVIEWED: Final = "reviewed"
"""An officer of the department has examined it and another person is to decide."""
CHECKED: Final = "department_checked"
"""The bureau of human resources, or whichever department the edition names for the product, lets it pass."""
GUARANTOR_ACCEPTED: Final = "guarantor_accepted"
BANK_ACCEPTED: Final = "bank_accepted"
CONTRACTED: Final = "contracted"
DISBURSED: Final = "disbursed"
REPAYING: Final = "repaying"
CLOSED: Final = "closed"
REFUSED: Final = "refused"
WITHDRAWN: Final = "withdrawn"
IN_CLAIM: Final = "in_claim"
"""The guarantor has been called (代偿)."""
IN_RECOVERY: Final = "in_recovery"
"""The guarantor has paid and recovers from the borrower (追偿)."""

STATES: Final = (
    DRAFT,
    SUBMITTED,
    REVIEWED,
    CHECKED,
    GUARANTOR_ACCEPTED,
    BANK_ACCEPTED,
    CONTRACTED,
    DISBURSED,
    REPAYING,
    CLOSED,
    REFUSED,
    WITHDRAWN,
    IN_CLAIM,
    IN_RECOVERY,
)
PENDING: Final = (SUBMITTED, REVIEWED, CHECKED, GUARANTOR_ACCEPTED, BANK_ACCEPTED)
"""Applied for and not signed: a borrower that is no longer in a listed centre gets no further."""
APPROVED: Final = (CHECKED, GUARANTOR_ACCEPTED, BANK_ACCEPTED)
"""Approved and not signed: the amount counts against the caps already."""
SIGNED: Final = (CONTRACTED, DISBURSED, REPAYING, IN_CLAIM, IN_RECOVERY)
"""The contract stands, whatever becomes of the borrower's centre."""
ENDED: Final = (CLOSED, REFUSED, WITHDRAWN)

GUARANTEED: Final = "guaranteed"
SMALL_MICRO: Final = "small_micro_startup"
GRADUATE: Final = "graduate"
GRADUATE_JOINT: Final = "graduate_joint"
PRODUCTS: Final = (GUARANTEED, SMALL_MICRO, GRADUATE, GRADUATE_JOINT)
"""Words of the edition's `loans.products`."""
GRADUATES: Final = (GRADUATE, GRADUATE_JOINT)

ROLLING: Final = "rolling"
CALENDAR: Final = "calendar"
WINDOWS: Final = (ROLLING, CALENDAR)
"""The two readings of "hired in the year" (3.2-4)."""

EQUAL_PRINCIPAL: Final = "equal_principal"
EQUAL_INSTALMENT: Final = "equal_instalment"
BULLET: Final = "bullet"
"""Interest by month or quarter, principal at the end."""
SCHEDULES: Final = (EQUAL_PRINCIPAL, EQUAL_INSTALMENT, BULLET)

REFERRAL: Final = "referral"
BANK: Final = "bank"
DOCUMENT: Final = "document"
EVIDENCE_SOURCES: Final = (REFERRAL, BANK, DOCUMENT)
"""How finance knows of a bank's refusal: its answer to a referral, its own word, or a letter that the borrower sent."""
