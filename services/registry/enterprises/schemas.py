"""Enterprises as JSON."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StrictBool

from services.registry.codes import IndustryCode, Name, PersonRef
from services.registry.names.schemas import SearchText
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response
from shared.http.words import DivisionCode, EditionWord
from shared.identifiers import UnifiedSocialCreditCode

Address = Annotated[str, Field(min_length=4, max_length=200, examples=["西藏自治区拉萨市经济技术开发区林琼岗路5号"])]
"""As on the business licence."""

Phone = Annotated[str, Field(pattern=r"^\+?[0-9][0-9 -]{5,19}$", examples=["0891-6310000"])]
Email = Annotated[str, Field(pattern=r"^[^@\s]{1,64}@[^@\s]{3,190}$", examples=["office@example.org"])]
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
    registered_address: Address | None = None
    contact_phone: Phone | None = None
    contact_email: Email | None = None


class AmendEnterprise(Request):
    """Fields left out stay as they are. The code is the enterprise's identity and never changes.

    Only contact particulars are the operator's to change; `registered_on` and `address_in_city` are an officer's.
    """

    name: Name | None = None
    industry_code: IndustryCode | None = None
    division: Division | None = None
    registered_on: date | None = None
    legal_representative_ref: PersonRef | None = None
    graduate_founder: StrictBool | None = None
    registered_address: Address | None = None
    address_in_city: StrictBool | None = None
    contact_phone: Phone | None = None
    contact_email: Email | None = None


class EnterpriseOut(Response):
    """An enterprise. `permits_outstanding` names the permits that follow the licence and nobody has seen yet,
    `merged_from` the codes of the records that were merged into this one: they find it as its own does."""

    id: UUID
    version: int
    code: str
    name: str
    industry_code: str
    division: str
    registered_on: date
    legal_representative_ref: str | None
    graduate_founder: bool
    registered_address: str | None
    address_in_city: bool | None
    contact_phone: str | None
    contact_email: str | None
    size_class: str | None
    size_year: int | None
    permits_outstanding: list[str]
    merged_from: list[str] = Field(default_factory=list)
    migrated: bool = False
    """Taken over from the time before the policy."""


class EnterpriseFilter(PageParams):
    """Filters of the list; `name` finds any part of a name, `code` also the record that one of that code was merged
    into. `technology` is a flag valid on the caller's day. `licensed` sorts by the day on the licence."""

    code: str | None = None
    division: Annotated[str, DivisionCode] | None = None
    name: str | None = Field(default=None, max_length=200)
    q: SearchText | None = None
    size_class: Literal["large", "medium", "small", "micro"] | None = None
    address_in_city: bool | None = None
    permits_outstanding: bool | None = None
    technology: Annotated[str, EditionWord(lambda edition: edition.incubation.technology_flags)] | None = None
    sort: Literal["registered", "-registered", "name", "-name", "code", "-code", "licensed", "-licensed"] = "registered"
