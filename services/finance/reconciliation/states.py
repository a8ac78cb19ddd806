"""The states of a filed day and of a difference, and the kinds of lines."""

from typing import Final

AGREED: Final = "agreed"
DIFFERING: Final = "differing"
RESOLVED: Final = "resolved"
REPLACED: Final = "replaced"
STATES: Final = (AGREED, DIFFERING, RESOLVED, REPLACED)
"""Nothing differed; something is open; all that differed was resolved or went away; another file of the day counts."""

OPEN: Final = "open"
GONE: Final = "gone"
DIFFERENCE_STATES: Final = (OPEN, RESOLVED, GONE)
"""`gone` is what a later comparison does not find any more."""

DISBURSEMENT: Final = "disbursement"
REPAYMENT: Final = "repayment"
DISBURSEMENT_REVERSAL: Final = "disbursement_reversal"
REPAYMENT_REVERSAL: Final = "repayment_reversal"
LINE_KINDS: Final = (DISBURSEMENT, REPAYMENT, DISBURSEMENT_REVERSAL, REPAYMENT_REVERSAL)

MISSING_HERE: Final = "missing_here"
MISSING_THERE: Final = "missing_there"
AMOUNT_DIFFERS: Final = "amount_differs"
KIND_DIFFERS: Final = "kind_differs"
CASE_DIFFERS: Final = "case_differs"
OUTSTANDING_DIFFERS: Final = "outstanding_differs"
DIFFERENCE_KINDS: Final = (
    MISSING_HERE,
    MISSING_THERE,
    AMOUNT_DIFFERS,
    KIND_DIFFERS,
    CASE_DIFFERS,
    OUTSTANDING_DIFFERS,
)

CSV: Final = "csv"
XLSX: Final = "xlsx"
JSON: Final = "json"
FORMATS: Final = (CSV, XLSX, JSON)
