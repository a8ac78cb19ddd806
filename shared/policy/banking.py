"""Sections on banks: authorisations of an enterprise's data, referrals, and the words their answers use."""

from collections.abc import Mapping
from typing import Self

from pydantic import model_validator

from shared.policy.params import Codes, Param, Section, Slug, Titled, unknown_codes


class Authorisations(Section):
    """What an enterprise may let a bank be told, for what and for how long (征信授权). `identity_fields` are those that
    a referral cannot do without, `application_purpose` the purpose that it needs."""

    longest_months: Param[int]
    purposes: Mapping[Slug, Titled]
    application_purpose: Param[str]
    fields: Mapping[Slug, Titled]
    identity_fields: Param[Codes]

    @model_validator(mode="after")
    def _words_are_known(self) -> Self:
        unknown = unknown_codes(self.identity_fields.value, self.fields)
        unknown += unknown_codes([self.application_purpose.value], self.purposes)
        if unknown:
            raise ValueError(f"not among the purposes and fields of banking.authorisations: {', '.join(unknown)}")
        return self


class Banking(Section):
    """Referrals to banks. Terms count working days after the day of sending: by `answer_working_days` the bank is
    reminded, after `expiry_working_days` the referral is over, and so it is `examination_working_days` after the bank
    has accepted it without an offer. `reconciliation_days_back` bounds how old the day of a bank's file may be."""

    authorisations: Authorisations
    answer_working_days: Param[int]
    expiry_working_days: Param[int]
    examination_working_days: Param[int]
    tenancy_required: Param[bool]
    reconciliation_days_back: Param[int]
    collaterals: Mapping[Slug, Titled]
    required_data: Mapping[Slug, Titled]
    tax_grades: Param[Codes]
    refusal_reasons: Mapping[Slug, Titled]
    decline_reasons: Mapping[Slug, Titled]
    reversal_reasons: Mapping[Slug, Titled]
    difference_outcomes: Mapping[Slug, Titled]

    @model_validator(mode="after")
    def _terms_in_order(self) -> Self:
        if not 0 < self.answer_working_days.value <= self.expiry_working_days.value:
            raise ValueError("a referral expires no earlier than its answer is due")
        if self.examination_working_days.value <= 0:
            raise ValueError("a bank has days to examine a referral")
        return self
