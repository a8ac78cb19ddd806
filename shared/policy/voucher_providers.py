"""Section on service providers that are paid with vouchers (4.3-2)."""

from typing import Self

from pydantic import model_validator

from shared.policy.params import Codes, Param, Section


class VoucherProviders(Section):
    """What an admission asks for, how long it runs, and what is watched while it does."""

    admission_months: Param[int]
    review_months: Param[int]
    """From the admission to the first review, and from one review to the next."""
    renewal_days: Param[int]
    """How many days before its last day an admission may be renewed."""
    warning_days: Param[int]
    """How many days before the end of an admission or a licence it becomes somebody's task."""
    penalty_free_months: Param[int]
    declaration_required: Param[bool]
    licensed_categories: Param[Codes]
    """Categories for which a provider shows a licence; `*` for all."""
    licence_document_required: Param[bool]
    notice_required: Param[bool]
    """Where no notice is required, one that was put up binds all the same."""
    removed_wait_months: Param[int]
    """From a removal until the organisation may apply again; 0 for none."""

    @model_validator(mode="after")
    def _terms_are_months_and_days(self) -> Self:
        terms = (self.admission_months, self.review_months, self.penalty_free_months)
        counted = (self.renewal_days, self.warning_days, self.removed_wait_months)
        if any(term.value < 1 for term in terms) or any(term.value < 0 for term in counted):
            raise ValueError("terms are at least one month, days not negative")
        return self
