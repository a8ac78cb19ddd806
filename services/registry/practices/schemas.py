"""Good practice as JSON."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from services.registry.codes import Name, ReasonCode, Remark
from services.registry.practices.rules import STATUSES
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response
from shared.http.words import OneOf

Body = Annotated[str, Field(min_length=1, max_length=50_000)]
Attachments = Annotated[list[UUID], Field(max_length=20)]
_LINK = re.compile(r"https?://[^\s/?#]+([/?#]\S*)?")


def check_link(link: str) -> str:
    """Raises PydanticCustomError `link` for anything but an address of the web."""
    if not _LINK.fullmatch(link):
        raise PydanticCustomError("link", "not an http or https address")
    return link


Link = Annotated[str, Field(max_length=2000), AfterValidator(check_link)]


class DraftPractice(Request):
    """A case of one's own centre or division. Documents are added to the draft and then named as its attachments."""

    title: Name
    centre_id: UUID
    body: Body


class AmendPractice(Request):
    """Fields left out stay as they are; `attachment_ids` are those documents of the case that are shown with it."""

    title: Name | None = None
    body: Body | None = None
    attachment_ids: Attachments | None = None


class SubmitPractice(Request):
    """`submitted_on`: for bureaus only."""

    submitted_on: date | None = None


class ReturnPractice(Request):
    """Sends it back as a draft."""

    reason_code: ReasonCode
    remark: Remark | None = None
    returned_on: date | None = None


class ApprovePractice(Request):
    """Takes it into the library."""

    approved_on: date | None = None


class PublishPractice(Request):
    """Makes it public."""

    published_on: date | None = None


class WithdrawPractice(Request):
    """Takes it out of the public."""

    reason_code: ReasonCode
    remark: Remark | None = None
    withdrawn_on: date | None = None


class PublicisePractice(Request):
    """A meeting or a medium that made the case known; `outlet` is the paper, site or place."""

    medium: Annotated[str, Field(min_length=1, max_length=64, examples=["site_meeting"])]
    outlet: Name
    publicised_on: date
    link: Link | None = None


class PublicationOut(Response):
    """An entry of the publication log."""

    id: UUID
    medium: str
    outlet: str
    publicised_on: date
    link: str | None


class PublicPracticeOut(Response):
    """A published case as everybody reads it."""

    id: UUID
    no: str
    title: str
    centre_id: UUID
    body: str
    attachment_ids: list[UUID]
    status: str
    published_on: date | None
    publications: Annotated[list[PublicationOut], Field(default_factory=list)]


class PracticeOut(PublicPracticeOut):
    """A case as those see it who take part in it."""

    version: int
    drafted_by: str
    submitted_by: str | None
    submitted_on: date | None
    approved_by: str | None
    approved_on: date | None
    published_by: str | None
    withdrawn_on: date | None
    reason_code: str | None
    remark: str | None = None


class PracticeFilter(PageParams):
    """Filters of the list; `title` finds any part of a title."""

    no: str | None = None
    centre_id: UUID | None = None
    status: Annotated[str, OneOf(*STATUSES)] | None = None
    title: str | None = Field(default=None, max_length=200)
    sort: Literal["drafted", "-drafted"] = "drafted"
