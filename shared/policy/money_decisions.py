"""Section on the papers of money decisions: which of them need a document number (发文字号) and minutes (会议纪要)."""

from typing import Final, Self

from pydantic import model_validator

from shared.policy.params import Codes, Param, Section, unknown_codes

STEPS: Final = (
    "repayment.approved",
    "repayment.countersigned",
    "financing_reward.approved",
    "financing_reward.second_approved",
    "financing_reward.countersigned",
    "alliance_support.approved",
    "interest_subsidy.approved",
    "guarantee_claim.approved",
    "loan.approved",
    "matching_fund.approved",
    "angel_fund.approved",
    "angel_fund.closing",
    "angel_fund.call",
    "angel_fund.payment",
    "angel_fund.municipal_payment",
    "angel_fund.default",
    "angel_fund.withdrawal",
    "angel_fund.municipal_sale",
    "angel_fund.tranche",
    "angel_fund.valuation",
    "angel_fund.exit",
    "angel_fund.write_off",
    "angel_fund.committee_change",
    "angel_fund.winding_up",
    "angel_fund.final_distribution",
)
"""The decisions that can be asked for their papers; those of grants are words of `[grants]`. Whoever confirms an order
of an angel fund decides it."""


class MoneyDecisions(Section):
    """Without the papers named here a decision is refused; they are kept with it wherever they are given."""

    document_no_required_at: Param[Codes]
    minutes_required_at: Param[Codes]

    @model_validator(mode="after")
    def _steps_are_known(self) -> Self:
        named = (*self.document_no_required_at.value, *self.minutes_required_at.value)
        unknown = unknown_codes(named, STEPS)
        if unknown:
            raise ValueError(f"not among the decisions that have papers: {', '.join(unknown)}")
        return self
