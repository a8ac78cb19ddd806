"""Partners, agreements and joint carriers as JSON."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from services.registry.codes import DocumentNo, Name, ReasonCode
from services.registry.names.schemas import SearchText
from services.registry.partners.rules import PROVINCES
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response
from shared.http.words import EditionWord
from shared.identifiers import UnifiedSocialCreditCode
from shared.money import Money


def check_province(code: str) -> str:
    """Raises PydanticCustomError `province` for anything but a province's code."""
    if code not in PROVINCES:
        raise PydanticCustomError("province", "not a province of GB/T 2260")
    return code


Province = Annotated[str, AfterValidator(check_province), Field(examples=["110000"])]
Kind = Annotated[str, Field(min_length=1, max_length=64)]


class RegisterPartner(Request):
    """`capital` is the registered capital in yuan, `origin_province` the province's code of GB/T 2260."""

    name: Name
    code: UnifiedSocialCreditCode | None = None
    kind: Kind
    origin_province: Province
    capital: Money


class AmendPartner(Request):
    """Fields left out stay as they are. A code that was missing may be added; one that is there stays."""

    name: Name | None = None
    code: UnifiedSocialCreditCode | None = None
    kind: Kind | None = None
    origin_province: Province | None = None
    capital: Money | None = None


class RecordAgreement(Request):
    """A signed agreement; `valid_until` is its last day, none for an open end."""

    partner_id: UUID
    document_no: DocumentNo
    subject: Name
    signed_on: date
    valid_from: date
    valid_until: date | None = None


class SetUpCarrier(Request):
    """A carrier set up under an agreement; `partner_capital` is what the partner put in, in yuan."""

    agreement_id: UUID
    name: Name
    kind: Kind
    place_province: Province
    set_up_on: date
    partner_capital: Money


class End(Request):
    """The end of an agreement before its time, or of a joint carrier; `ended_on` is for bureaus only."""

    reason_code: ReasonCode
    ended_on: date | None = None


class PartnerOut(Response):
    """A partner; `inland` when it comes from another province."""

    id: UUID
    version: int
    no: str
    name: str
    code: str | None
    kind: str
    origin_province: str
    inland: bool
    capital: Money


class AgreementOut(Response):
    """A cooperation agreement; in force from `valid_from` through `valid_until` or an earlier `ended_on`."""

    id: UUID
    version: int
    centre_id: UUID
    partner_id: UUID
    document_no: str
    subject: str
    signed_on: date
    valid_from: date
    valid_until: date | None
    ended_on: date | None
    reason_code: str | None


class JointCarrierOut(Response):
    """A carrier that a centre runs together with a partner."""

    id: UUID
    version: int
    centre_id: UUID
    partner_id: UUID
    agreement_id: UUID
    name: str
    kind: str
    place_province: str
    set_up_on: date
    ended_on: date | None
    reason_code: str | None
    partner_capital: Money


class PartnerPageOut(PartnerOut):
    """A partner with the agreements and joint carriers of the centres whose cases the caller reads."""

    agreements: Annotated[list[AgreementOut], Field(default_factory=list)]
    joint_carriers: Annotated[list[JointCarrierOut], Field(default_factory=list)]


class PartnerFilter(PageParams):
    """Filters of the list; `name` finds any part of a name."""

    no: str | None = None
    code: str | None = None
    kind: Annotated[str, EditionWord(lambda edition: edition.partners.kinds)] | None = None
    origin_province: str | None = None
    inland: bool | None = None
    name: str | None = Field(default=None, max_length=200)
    q: SearchText | None = None
    sort: Literal["registered", "-registered", "name", "-name"] = "registered"


class OfCentreFilter(PageParams):
    """`on`: those in force on that day."""

    partner_id: UUID | None = None
    on: date | None = None
