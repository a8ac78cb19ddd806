"""Sections on what surrounds a centre: its services, its partners, the divisions' duties and the practice library."""

from collections.abc import Mapping
from datetime import date

from shared.policy.params import Param, Section, Slug, Titled


class ServiceRecords(Section):
    """2.1-2: what a centre's log shows beside the services of `centres.service_types`."""

    achievement_types: Mapping[Slug, Titled]
    contest_reasons: Mapping[Slug, Titled]
    """Why an enterprise does not confirm a service."""


class Partners(Section):
    kinds: Mapping[Slug, Titled]


class DivisionDuty(Titled):
    """A paper that every county, district and park owes, and the day it is due."""

    due_on: Param[date]


class DivisionDuties(Section):
    """5.1-1: the leading group first, then the papers by kind."""

    leading_group: DivisionDuty
    papers: Mapping[Slug, DivisionDuty]


class MatchingFunds(Section):
    """5.1-2: what a division's matching money may be spent on, and by when the budget of a year is to stand."""

    due_month: Param[int]
    due_day: Param[int]
    first_due_on: Param[date]
    """Not before this day, in whatever year."""
    purposes: Mapping[Slug, Titled]


class Practices(Section):
    """5.2-1: why a draft is sent back, and by which media good practice is made known."""

    return_reasons: Mapping[Slug, Titled]
    media: Mapping[Slug, Titled]
