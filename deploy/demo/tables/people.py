"""Persons behind enterprises and projects, their papers, and projects that have no code yet."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from pydantic import field_validator

from deploy.demo.tables.base import Row, words


class Person(Row):
    """A person behind an enterprise, in one or several capacities, named by the science bureau on a day."""

    file: ClassVar[str] = "persons.csv"

    person_ref: str
    name: str
    id_number: str
    capacities: tuple[str, ...]
    enterprise: str
    since: date
    named_on: date

    _lists = field_validator("capacities", mode="before")(words)


class Graduation(Row):
    """A graduate's papers: entered by the centre that hosts the enterprise, confirmed by the labour bureau; without
    `confirmed_on` they wait and do not count."""

    file: ClassVar[str] = "graduations.csv"

    person_ref: str
    enterprise: str
    centre: str
    school: str
    graduated_on: date
    certificate_no: str
    evidence: str
    recorded_on: date
    confirmed_on: date | None


class Project(Row):
    """A team without a code at a centre, opened by its founder where that is an account, else by the centre. It goes
    on under a code on `licensed_on`, is given up on `closed_on`, or stays as it is."""

    file: ClassVar[str] = "projects.csv"

    name: str
    centre: str
    industry_code: str
    division: str
    team_size: int
    founder_ref: str
    founder_name: str
    founder_id_number: str
    graduate_founder: bool
    started_on: date
    opened_on: date
    agreement_no: str
    admitted_on: date
    filed_on: date
    code: str | None
    enterprise_name: str | None
    registered_address: str | None
    registered_on: date | None
    licensed_on: date | None
    closed_on: date | None
    close_reason: str | None
