"""The words of a settlement: states of batch, line and payment, and why a line left."""

from __future__ import annotations

from typing import Final

DRAFT: Final = "draft"
CHECKING: Final = "checking"
NOTICED: Final = "noticed"
APPROVED: Final = "approved"
PAYING: Final = "paying"
CLOSED: Final = "closed"
CANCELLED: Final = "cancelled"
STATES: Final = (DRAFT, CHECKING, NOTICED, APPROVED, PAYING, CLOSED, CANCELLED)
ENDED: Final = (CLOSED, CANCELLED)
BEFORE_APPROVAL: Final = (DRAFT, CHECKING, NOTICED)

INCLUDED: Final = "included"
PAID: Final = "paid"
BARRED: Final = "barred"
"""Out, and not collected again until an officer readmits it."""
BACK: Final = "back"
"""Out, and collected again by the next batch."""
REVERSED: Final = "reversed"
"""Out, because nothing of it is owed any more."""
LINE_STATES: Final = (INCLUDED, PAID, BARRED, BACK, REVERSED)
LIVE: Final = (INCLUDED, PAID, BARRED)
"""A redemption is in one of these in at most one line."""

UNCHECKED: Final = "unchecked"
PASSED: Final = "passed"
FAILED: Final = "failed"
CHECKS: Final = (UNCHECKED, PASSED, FAILED)

ISSUED: Final = "issued"
REJECTED: Final = "rejected"
ERROR: Final = "error"
RETURNED: Final = "returned"
"""The bank had paid it, and the money came back."""
PAYMENT_STATES: Final = (ISSUED, PAID, REJECTED, ERROR, RETURNED)

DOCUMENTS_MISSING: Final = "documents_missing"
INVOICE_MISSING: Final = "invoice_missing"
INVOICE_INVALID: Final = "invoice_invalid"
CLAIMS_EXCEEDED: Final = "claims_exceeded"
ACCOUNT_MISSING: Final = "account_missing"
INSPECTION_FAILED: Final = "inspection_failed"
FRAUD_SUSPECTED: Final = "fraud_suspected"
REVERSED_AFTER: Final = "reversed"
PAYMENT_REJECTED: Final = "payment_rejected"
PAYMENT_ERROR: Final = "payment_error"
PAYMENT_RETURNED: Final = "payment_returned"
BATCH_CANCELLED: Final = "batch_cancelled"
READMITTED: Final = "readmitted"
TAKEN_OUT: Final = "taken_out"
OBJECTION_UPHELD: Final = "objection_upheld"
REASONS: Final = (
    DOCUMENTS_MISSING,
    INVOICE_MISSING,
    INVOICE_INVALID,
    CLAIMS_EXCEEDED,
    ACCOUNT_MISSING,
    INSPECTION_FAILED,
    FRAUD_SUSPECTED,
    REVERSED_AFTER,
    PAYMENT_REJECTED,
    PAYMENT_ERROR,
    PAYMENT_RETURNED,
    BATCH_CANCELLED,
    READMITTED,
    TAKEN_OUT,
    OBJECTION_UPHELD,
)
BARRING: Final = (INVOICE_INVALID, CLAIMS_EXCEEDED, INSPECTION_FAILED, FRAUD_SUSPECTED)
"""Reasons that do not go away by themselves."""

RESERVED: Final = "reserved"
APPLIED: Final = "applied"
FREED: Final = "freed"
OFFSET_STATES: Final = (RESERVED, APPLIED, FREED)
