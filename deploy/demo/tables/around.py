"""What surrounds the centres: partners, good practice, divisions, carriers, and what was before 2019."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from pydantic import field_validator

from deploy.demo.tables.base import Row, words


class Partner(Row):
    """A partner of the centres. `key` is the files' own name for it."""

    file: ClassVar[str] = "partners.csv"

    key: str
    name: str
    code: str
    kind: str
    origin_province: str
    capital: str
    registered_on: date


class Agreement(Row):
    """A centre's cooperation agreement with a partner, put on file by the centre."""

    file: ClassVar[str] = "agreements.csv"

    centre: str
    partner: str
    document_no: str
    subject: str
    signed_on: date
    valid_from: date
    valid_until: date | None
    recorded_on: date


class JointCarrier(Row):
    """A carrier that a centre and a partner set up under an agreement."""

    file: ClassVar[str] = "joint-carriers.csv"

    centre: str
    agreement: str
    name: str
    kind: str
    place_province: str
    set_up_on: date
    partner_capital: str


class Practice(Row):
    """A case of good practice: submitted by its centre, approved and published by the offices, made known somewhere;
    or sent back once before. Without `published_on` it is not public."""

    file: ClassVar[str] = "practices.csv"

    centre: str
    title: str
    body: str
    drafted_on: date
    submitted_on: date
    returned_on: date | None
    return_reason: str | None
    resubmitted_on: date | None
    approved_on: date | None
    published_on: date | None
    medium: str | None
    outlet: str | None
    publicised_on: date | None


class DivisionPage(Row):
    """What a division owes by 5.1-1: its leading group, plan and policy measures, and the office to turn to. A missing
    day is a paper that is still owed."""

    file: ClassVar[str] = "divisions.csv"

    division: str
    group_document_no: str
    group_established_on: date
    chair_post: str
    members: tuple[str, ...]
    office: str
    phone: str
    named_on: date
    plan_no: str | None
    plan_on: date | None
    policy_no: str | None
    policy_on: date | None

    _lists = field_validator("members", mode="before")(words)


class Carrier(Row):
    """A carrier beside the centres, and its link to one; taken over as a file."""

    file: ClassVar[str] = "carriers.csv"

    kind: str
    name: str
    division: str
    operator_code: str | None
    centre: str
    linked_on: date
    agreement_no: str
    imported_on: date


class EarlierCentre(Row):
    """A centre listed before 2019 with its titles, taken over as a file: checked for one person on `imported_on`, and
    approved by another a day later. Its profile is that of its key in centres.csv."""

    file: ClassVar[str] = "earlier-centres.csv"

    centre: str
    listed_on: date
    document_no: str
    maker_space_granted_on: date | None
    maker_space_document_no: str | None
    imported_on: date


class EarlierEnterprise(Row):
    """An enterprise registered before 2019, taken over likewise."""

    file: ClassVar[str] = "earlier-enterprises.csv"

    code: str
    name: str
    industry_code: str
    division: str
    registered_on: date
    registered_address: str
    imported_on: date


class EarlierStay(Row):
    """A stay that was over before 2019, taken over likewise."""

    file: ClassVar[str] = "earlier-tenancies.csv"

    centre: str
    enterprise: str
    agreement_no: str
    admitted_on: date
    filed_on: date | None
    ended_on: date
    outcome: str
    reason_code: str | None
    graduation_criterion: str | None
    evidence: str | None
    imported_on: date
