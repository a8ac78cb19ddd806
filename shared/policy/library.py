"""Sections on the graduates' project library and platform (4.8-3, 4.8-4)."""

from collections.abc import Mapping

from shared.policy.params import Param, Section, Slug, Titled


class PlatformStage(Titled):
    """4.8-3: what a stage may be, and whether its contract's amount is asked for."""

    kinds: Mapping[Slug, Titled]
    amount_required: Param[bool]


class GraduatePlatform(Section):
    """4.8-3: trial, conversion and market channel of graduates' products."""

    trial: PlatformStage
    conversion: PlatformStage
    channel: PlatformStage
    contest_reasons: Mapping[Slug, Titled]


class ProjectLibrary(Section):
    """4.8-4: what is offered, who may choose it, and how it is followed up.

    Follow-ups are due `first_follow_up_days` after the choice and at most `follow_up_days` after one another; without
    one for `lapse_days` the choice lapses. 0 for `claimant_years` and `current_claims` tests nothing.
    """

    stages: Mapping[Slug, Titled]
    claimant_years: Param[int]
    current_claims: Param[int]
    first_follow_up_days: Param[int]
    follow_up_days: Param[int]
    lapse_days: Param[int]
    follow_up_kinds: Mapping[Slug, Titled]
    return_reasons: Mapping[Slug, Titled]
    switch_off_reasons: Mapping[Slug, Titled]
    withdrawal_reasons: Mapping[Slug, Titled]
    refusal_reasons: Mapping[Slug, Titled]
    abandon_reasons: Mapping[Slug, Titled]
    round_cancel_reasons: Mapping[Slug, Titled]
    platform: GraduatePlatform
