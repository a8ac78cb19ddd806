"""Carriers, links and stages as JSON."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from services.registry.codes import DocumentNo, Evidence, Name, ReasonCode
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response
from shared.http.words import EditionWord
from shared.identifiers import UnifiedSocialCreditCode

Word = Annotated[str, Field(min_length=1, max_length=64)]


class NewCarrier(Request):
    """A carrier that nobody has registered; `kind` is a word of the edition, such as `maker_space`."""

    kind: Word
    name: Name
    division: Word
    operator_code: UnifiedSocialCreditCode | None = None
    centre_id: UUID | None = None


class LinkCarrier(Request):
    """Link a registered carrier, or register one and link it."""

    carrier_id: UUID | None = None
    carrier: NewCarrier | None = None
    linked_on: date
    agreement_no: DocumentNo | None = None

    @model_validator(mode="after")
    def _one_carrier(self) -> Self:
        if (self.carrier_id is None) == (self.carrier is None):
            raise PydanticCustomError("carrier_named_once", "exactly one of carrier_id and carrier")
        return self


class EndLink(Request):
    """The last day of the link."""

    ended_on: date
    reason_code: ReasonCode


class CarrierOut(Response):
    """A carrier."""

    id: UUID
    no: str
    kind: str
    name: str
    operator_code: str | None
    division: str
    centre_id: UUID | None


class LinkOut(Response):
    """A centre's link to a carrier."""

    id: UUID
    version: int
    centre_id: UUID
    carrier: CarrierOut
    linked_on: date
    ended_on: date | None
    agreement_no: str | None
    reason_code: str | None


class LinkFilter(PageParams):
    """`on`: links of that day; `kind`: of carriers of that kind."""

    on: date | None = None
    kind: Annotated[str, EditionWord(lambda edition: edition.centres.carrier_kinds)] | None = None


class RecordStage(Request):
    """An enterprise's stay at a carrier linked to the caller's centre, with what shows it."""

    carrier_id: UUID
    began_on: date
    ended_on: date | None = None
    evidence: Evidence


class EndStage(Request):
    """The enterprise's last day at the carrier."""

    ended_on: date


class StageOut(Response):
    """A stage of an enterprise: a tenancy at a centre, or a stay at another carrier. `id` is that of the tenancy or
    the stay."""

    id: UUID
    stage: str
    """A kind of carrier of the edition; `centre` for a tenancy."""
    carrier_id: UUID | None
    centre_id: UUID | None
    name: str
    began_on: date
    ended_on: date | None
    outcome: str | None
    """How a tenancy stands: `admitted`, `filed`, `graduated`, `exited`."""


class StageFilter(PageParams):
    """`on`: where the enterprise was on that day."""

    on: date | None = None
