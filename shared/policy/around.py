"""Sections on what surrounds a centre: its services, its partners, the divisions' duties and the practice library."""

from collections.abc import Mapping
from datetime import date

from shared.policy.params import Param, Section, Slug, Titled


class ServiceRecords(Section):
    """2.1-2: what a centre's log shows beside the services of `centres.service_types`."""

    achievement_types: Mapping[Slug, Titled]


class Partners(Section):
    kinds: Mapping[Slug, Titled]


class DivisionDuty(Titled):
    """A paper that every county, district and park owes, and the day it is due."""

    due_on: Param[date]


class DivisionDuties(Section):
    """5.1-1: the leading group first, then the papers by kind."""

    leading_group: DivisionDuty
    papers: Mapping[Slug, DivisionDuty]


class Practices(Section):
    """5.2-1: by which media good practice is made known."""

    media: Mapping[Slug, Titled]
