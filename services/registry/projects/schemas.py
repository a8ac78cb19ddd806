"""Projects as JSON."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StrictBool

from services.registry.codes import IndustryCode, Name, PersonRef, ReasonCode, Remark
from services.registry.enterprises.schemas import Address, Division
from services.registry.names.schemas import SearchText
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response
from shared.http.words import DivisionCode
from shared.identifiers import UnifiedSocialCreditCode

TeamSize = Annotated[int, Field(strict=True, ge=1, le=1000)]


class OpenProject(Request):
    """A project or team that has no code yet."""

    name: Name
    industry_code: IndustryCode
    division: Division
    started_on: date
    team_size: TeamSize
    founder_ref: PersonRef | None = None
    graduate_founder: StrictBool = False


class AmendProject(Request):
    """Fields left out stay as they are."""

    name: Name | None = None
    industry_code: IndustryCode | None = None
    division: Division | None = None
    started_on: date | None = None
    team_size: TeamSize | None = None
    founder_ref: PersonRef | None = None
    graduate_founder: StrictBool | None = None


class RegisterProject(Request):
    """The licence under which the project goes on. What is left out is as the project has it."""

    code: UnifiedSocialCreditCode
    name: Name | None = None
    registered_on: date
    registered_address: Address | None = None
    industry_code: IndustryCode | None = None
    division: Division | None = None
    legal_representative_ref: PersonRef | None = None


class CloseProject(Request):
    """The project was given up; `closed_on` is for bureaus only."""

    reason_code: ReasonCode
    remark: Remark | None = None
    closed_on: date | None = None


class ProjectOut(Response):
    """A project; `enterprise_id` is the enterprise that it became."""

    id: UUID
    version: int
    no: str
    name: str
    status: str
    industry_code: str
    division: str
    started_on: date
    team_size: int
    graduate_founder: bool
    founder_ref: str | None
    enterprise_id: UUID | None
    registered_on: date | None
    closed_on: date | None
    reason_code: str | None


class ProjectFilter(PageParams):
    """Filters of the list; `hosted` asks whether it is at a centre now."""

    no: str | None = None
    status: Literal["open", "registered", "closed"] | None = None
    division: Annotated[str, DivisionCode] | None = None
    name: str | None = Field(default=None, max_length=200)
    q: SearchText | None = None
    hosted: bool | None = None
    sort: Literal["opened", "-opened", "name", "-name", "started", "-started"] = "opened"
