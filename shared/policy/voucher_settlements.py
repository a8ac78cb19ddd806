"""Section on how captured vouchers are checked, paid and, where need be, claimed back (4.3-4)."""

from typing import Self

from pydantic import model_validator

from shared.policy.params import Number, Param, Section, Yuan


class VoucherSettlements(Section):
    """How much of a batch is looked at, and the terms of what is claimed back."""

    sample_percent: Param[Number]
    """Of a batch's lines at least so many are inspected, rounded up."""
    documents_from_price: Param[Yuan]
    """From this price on a redemption has a document on file before it is paid."""
    recovery_statement_working_days: Param[int]
    """For the provider to say something to a recovery before it is decided; the first day is not counted."""
    recovery_repay_days: Param[int]
    """To pay a recovery back; after them it may be kept back from the next payment. Rolls over holidays."""

    @model_validator(mode="after")
    def _terms_are_possible(self) -> Self:
        if not 0 < self.sample_percent.value <= 100:
            raise ValueError("a sample is more than 0 and at most 100 percent")
        if self.recovery_statement_working_days.value < 1 or self.recovery_repay_days.value < 1:
            raise ValueError("terms are at least one day")
        return self
