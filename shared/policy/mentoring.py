"""Mentors (4.8-1): how many, for how long, and what is said about their work."""

from collections.abc import Mapping

from shared.policy.params import Number, Param, Section, Slug, Titled


class Mentors(Section):
    """An appointment runs `term_months` and no longer; the next may be proposed `reappointment_days` before it ends.
    `hours_a_day` is the most that one mentor's sessions of a day take together; a session is entered within
    `session_recording_days`."""

    team_size: Param[int]
    covers_every_centre: Param[bool]
    term_months: Param[int]
    reappointment_days: Param[int]
    hours_a_day: Param[Number]
    session_recording_days: Param[int]
    fields: Mapping[Slug, Titled]
    refusal_reasons: Mapping[Slug, Titled]
    end_reasons: Mapping[Slug, Titled]
    contest_reasons: Mapping[Slug, Titled]
    withdrawal_reasons: Mapping[Slug, Titled]
