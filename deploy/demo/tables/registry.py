"""Where enterprises live: centres, titles, enterprises, stays; and who signs in."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import ClassVar

from pydantic import field_validator

from deploy.demo.tables.base import Row, words


class Centre(Row):
    """A centre and the days of its listing. `key` is the files' own name for it; `tier` is what it becomes after the
    listing, which is always that of a standard centre. One that was listed before 2019 comes as a file:
    earlier-centres.csv."""

    file: ClassVar[str] = "centres.csv"

    key: str
    name: str
    operator_code: str
    operator_name: str
    service_kinds: tuple[str, ...]
    tier: str
    owner_division: str
    site_division: str
    total_area_m2: Decimal
    incubation_area_m2: Decimal
    industry_code: str
    designation_issuer: str | None
    designation_no: str | None
    designated_on: date | None
    agreement_no: str | None
    agreement_parties: tuple[str, ...] | None
    agreed_on: date | None
    registered_on: date
    reviewed_on: date
    listed_on: date
    document_no: str

    _lists = field_validator("service_kinds", "agreement_parties", mode="before")(words)


class Title(Row):
    """An application for a municipal title: on public notice from the day of its review; without `granted_on` it stays
    pending, and nothing is announced."""

    file: ClassVar[str] = "titles.csv"

    centre: str
    kind: str
    applied_on: date
    reviewed_on: date
    granted_on: date | None
    document_no: str | None


class Service(Row):
    """A service that a centre gave a tenant on a day, and that the tenant confirmed at once."""

    file: ClassVar[str] = "services.csv"

    centre: str
    enterprise: str
    type: str
    title: str
    provided_on: date
    document_no: str | None


class Tier(Row):
    """An application for a tier: on public notice from the day of its review, approved when the notice is over."""

    file: ClassVar[str] = "tiers.csv"

    centre: str
    tier: str
    applied_on: date
    reviewed_on: date
    approved_on: date
    document_no: str


class Enterprise(Row):
    """An incubated enterprise."""

    file: ClassVar[str] = "enterprises.csv"

    code: str
    name: str
    industry_code: str
    division: str
    registered_on: date
    legal_representative_ref: str
    graduate_founder: bool
    registered_address: str


class Tenancy(Row):
    """A stay at a centre: `criterion` and what it rests on where it ended in graduation, `exit_reason` where not."""

    file: ClassVar[str] = "tenancies.csv"

    enterprise: str
    centre: str
    agreement_no: str
    admitted_on: date
    filed_on: date | None
    ended_on: date | None
    criterion: str | None
    criterion_value: str | None
    exit_reason: str | None
    evidence: str | None


class Account(Row):
    """An account to open. `key` is its name in credentials.json; those without are in other-accounts.json."""

    file: ClassVar[str] = "accounts.csv"

    username: str
    key: str | None
    roles: tuple[str, ...]
    org: str | None
    division: str | None
    bank: str | None
    person_ref: str | None
    about: str

    _lists = field_validator("roles", mode="before")(words)
