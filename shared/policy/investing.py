"""Sections on what is decided about equity and support: angel funds, rewards of financing, money for alliances."""

from collections.abc import Mapping

from shared.identifiers import UnifiedSocialCreditCode
from shared.policy.params import Codes, Number, Param, Section, Slug, Titled


class FundRules(Section):
    """3.2-2: what the fund's administrative rules (管理办法) add to the share of the municipal fund."""

    vote_numerator: Param[int]
    vote_denominator: Param[int]
    """For at least this fraction of the committee without the recused ones."""
    winding_up_numerator: Param[int]
    winding_up_denominator: Param[int]
    """By at least this fraction of the paid-in capital investors wind the fund up."""
    early_exit_years: Param[int]
    early_exit_interest_percent: Param[Number]
    """Within these years the municipal share is sold at no less than cost and simple yearly interest on it."""
    municipal_investors: Param[tuple[UnifiedSocialCreditCode, ...]]
    """Under which codes the municipal fund subscribes: by them, and nothing else, its share is known."""
    seats: Mapping[Slug, Titled]
    """Whom the members of an investment committee sit for."""
    due_diligence: Mapping[Slug, Titled]
    """What an investment is examined for before the committee votes."""


class RewardRules(Section):
    """3.3-2: how a financing reward is examined beside its caps."""

    investor_types: Mapping[Slug, Titled]
    related_holding_percent: Param[Number]
    needs_public_notice: Param[bool]
    countersigning_departments: Param[Codes]
    """Approvers of one of these sign after the approval; nobody where the list is empty."""
    cancelled_on_delisting: Param[bool]
    """Whether what is unpaid ends when the centre leaves the list."""


class AllianceSupportRules(Section):
    """4.6-3, 4.7-3: what money for an alliance rests on."""

    assessment_grades: Param[Codes]
    needs_public_notice: Param[bool]
    purposes: Mapping[Slug, Titled]


class Investing(Section):
    fund: FundRules
    reward: RewardRules
    alliance_support: AllianceSupportRules
