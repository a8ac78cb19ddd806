"""Divisions as JSON."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field, PlainSerializer
from pydantic_core import PydanticCustomError

from services.registry.codes import DocumentNo, Name, Remark
from services.registry.divisions.rules import duty_kinds, unit_kinds
from services.registry.texts import NoMobile
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response
from shared.http.words import DivisionCode, EditionWord
from shared.money import Money

_OFFICE_PHONE = re.compile(r"0[0-9]{2,3}-[0-9]{7,8}(-[0-9]{1,6})?|1[0-9]{4}")


def check_office_phone(number: str) -> str:
    """Raises PydanticCustomError `office_phone` for a mobile number, which would be a person's."""
    if not _OFFICE_PHONE.fullmatch(number):
        raise PydanticCustomError("office_phone", "not the telephone number of an office")
    return number


Percent = Annotated[Decimal, PlainSerializer(lambda share: f"{share:.2f}", return_type=str, when_used="json")]
"""Two decimals, such as "37.50"."""

Unit = Annotated[Name, NoMobile]
"""An office or a unit."""

OfficePhone = Annotated[str, AfterValidator(check_office_phone), Field(examples=["0891-6330000"])]
"""A fixed line with its area code, or a service number such as 12345."""


class Contact(Request):
    """An office and its telephone; persons are not entered."""

    office: Unit
    phone: OfficePhone


class LeadingGroup(Request):
    """5.1-1: the group by its document. `chair_post` is the post that leads it (区长), never a name; `members` are
    the units."""

    document_no: DocumentNo
    established_on: date
    chair_post: Annotated[str, Field(min_length=1, max_length=60), NoMobile]
    members: Annotated[list[Unit], Field(max_length=60, default_factory=list)]


class AmendDivision(Request):
    """Fields left out stay as they are."""

    leading_group: LeadingGroup | None = None
    contacts: Annotated[list[Contact], Field(max_length=20)] | None = None


class AddPaper(Request):
    """A paper that is asked for by `due_on`, or that the division wants to hand in beyond what is required."""

    kind: Annotated[str, Field(min_length=1, max_length=64)]
    title: Name
    due_on: date | None = None


class HandIn(Request):
    """`handed_in_on`: the day the paper came, for paper that reaches the system late."""

    document_no: DocumentNo
    handed_in_on: date | None = None


class ReturnPaper(Request):
    """What is wrong with it."""

    remark: Remark


class PaperOut(Response):
    """A paper of a division."""

    id: UUID
    kind: str
    title: str
    required: bool
    due_on: date | None
    handed_in_on: date | None
    document_no: str | None
    overdue: bool
    days_late: int


class LeadingGroupOut(Response):
    """The leading group."""

    document_no: str
    established_on: date
    chair_post: str
    members: list[str]


class ContactOut(Response):
    """An office and its telephone."""

    office: str
    phone: str


class MatchingFundOut(Response):
    """Matching funds of a year as finance last told, in yuan; `budget` is what is approved. `spent_percent` is of the
    budget, None without one. The payments are finance's, under `/v1/matching-funds/{id}`."""

    id: UUID
    no: str
    year: int
    status: str
    document_no: str | None
    budget: Money
    spent: Money
    remaining: Money
    spent_percent: Percent | None
    approved_on: date | None
    pending_amount: Money | None


class DivisionOut(Response):
    """A county, district or park; `within` is the district that a park lies in. `papers_overdue` counts what is owed
    past its day. `matching_funds` are the newest year first."""

    id: UUID
    version: int
    code: str
    name_zh: str
    name_en: str
    kind: str
    within: str | None
    enclave_owner: bool
    main_urban: bool
    leading_group: LeadingGroupOut | None
    contacts: list[ContactOut]
    papers: list[PaperOut]
    papers_overdue: int
    matching_funds: list[MatchingFundOut]


class DuePaperOut(PaperOut):
    """A paper that is owed, and by whom."""

    division_id: UUID
    division_code: str


class DivisionFilter(PageParams):
    """Filters of the list; `within` finds the parks of a district."""

    code: Annotated[str, DivisionCode] | None = None
    kind: Annotated[str, EditionWord(unit_kinds)] | None = None
    within: Annotated[str, DivisionCode] | None = None


class DueFilter(PageParams):
    """`overdue`: only what is past its day, or only what is not."""

    division_id: UUID | None = None
    kind: Annotated[str, EditionWord(duty_kinds)] | None = None
    overdue: bool | None = None
