"""What the training of 4.8-2 needs: shares, criteria and words."""

from collections.abc import Mapping

from shared.policy.params import Param, Section, Slug, Titled


class Training(Section):
    """`certificate_percent` of a session's hours is what a certificate needs. Results of an evaluation are shown from
    `minimum_answers` on, `evaluation_days` after the last meeting or when everybody has answered. `screen_minutes`
    before and after a meeting its code may be shown."""

    certificate_percent: Param[int]
    minimum_answers: Param[int]
    evaluation_days: Param[int]
    screen_minutes: Param[int]
    evaluation_criteria: Mapping[Slug, Titled]
    close_reasons: Mapping[Slug, Titled]
    cancel_reasons: Mapping[Slug, Titled]
    withdrawal_reasons: Mapping[Slug, Titled]
    hand_reasons: Mapping[Slug, Titled]
    strike_reasons: Mapping[Slug, Titled]
    revocation_reasons: Mapping[Slug, Titled]
