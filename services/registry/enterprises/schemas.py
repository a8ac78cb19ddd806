"""Enterprises as JSON."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field, StrictBool

from services.registry.codes import IndustryCode, Name, PersonRef
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response
from shared.identifiers import UnifiedSocialCreditCode

Division = Annotated[str, Field(min_length=1, max_length=20)]


class RegisterEnterprise(Request):
    """`registered_on` is the day on the business licence; `legal_representative_ref` an opaque reference."""

    code: UnifiedSocialCreditCode
    name: Name
    industry_code: IndustryCode
    division: Division
    registered_on: date
    legal_representative_ref: PersonRef | None = None
    graduate_founder: StrictBool = False


class AmendEnterprise(Request):
    """Fields left out stay as they are. The code is the enterprise's identity and never changes."""

    name: Name | None = None
    industry_code: IndustryCode | None = None
    division: Division | None = None
    registered_on: date | None = None
    legal_representative_ref: PersonRef | None = None
    graduate_founder: StrictBool | None = None


class EnterpriseOut(Response):
    """An enterprise."""

    id: UUID
    version: int
    code: str
    name: str
    industry_code: str
    division: str
    registered_on: date
    legal_representative_ref: str | None
    graduate_founder: bool


class EnterpriseFilter(PageParams):
    """Filters of the list; `name` finds any part of a name."""

    code: str | None = None
    division: str | None = None
    name: str | None = Field(default=None, max_length=200)
