"""Words of what happens to a loan after its contract."""

from typing import Final

from services.finance.loans import states as loan

PAYMENT: Final = "payment"
REVERSAL: Final = "reversal"
RECOVERY: Final = "recovery"
"""Money of the borrower after the guarantor has paid: entered by the guarantor, shared with the bank."""
PAYMENT_KINDS: Final = (PAYMENT, REVERSAL, RECOVERY)

DRAWDOWN: Final = "drawdown"
BANK_PLAN: Final = "bank_plan"
EARLY: Final = "early_payment"
RESTRUCTURED: Final = "restructured"
EXTENSION: Final = "extension"
BASES: Final = (DRAWDOWN, BANK_PLAN, EARLY, RESTRUCTURED, EXTENSION)
"""Why a schedule was drawn up."""
AGREED: Final = (BANK_PLAN, RESTRUCTURED, EXTENSION)
"""The bank and the borrower agreed on it: it forgives no day in arrears before it was reported."""

DRAWABLE: Final = (loan.CONTRACTED, loan.DISBURSED, loan.REPAYING)
CHANGEABLE: Final = (loan.DISBURSED, loan.REPAYING)
"""Its schedule may change."""
PAYABLE: Final = (*CHANGEABLE, loan.IN_CLAIM)
"""The borrower may pay the bank, also while the guarantor has not paid yet; afterwards money is shared (追偿)."""
TAKES_INTEREST: Final = (*PAYABLE, loan.CLOSED)
"""Interest may come after the last principal, and the last payment of all may be taken back."""
OWED: Final = (loan.DISBURSED, loan.REPAYING, loan.IN_CLAIM, loan.IN_RECOVERY)
"""The borrower owes principal, or may."""
