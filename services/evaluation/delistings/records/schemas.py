"""Annulled results and successions as JSON."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from services.evaluation.delistings.schemas import DocumentNo
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response

Issuer = Annotated[str, Field(min_length=1, max_length=100, examples=["拉萨市人民政府"])]
ReasonCode = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,40}$", examples=["document_not_authentic"])]
Status = Literal["proposed", "approved", "rejected"]


class NewAnnulment(Request):
    """A document by which a published result was annulled (reconsideration, court, or the bureaus themselves)."""

    evaluation_id: UUID
    ground: Literal["court", "reconsideration", "own_motion"]
    issuer: Issuer
    document_no: DocumentNo
    ordered_on: date
    recorded_on: date | None = None


class NewSuccession(Request):
    """That a centre goes on where another one left off, and the document that shows it."""

    centre_id: UUID
    predecessor_id: UUID
    document_no: DocumentNo
    recorded_on: date | None = None


class Approval(Request):
    """The other bureau's approval."""

    decided_on: date | None = None


class Rejection(Request):
    """The other bureau does not approve, and why."""

    reason_code: ReasonCode
    decided_on: date | None = None


class _Decided(Response):
    id: UUID
    no: str
    version: int
    status: str
    document_no: str
    recorded_by: str
    recorded_bureau: str
    recorded_on: date
    decided_by: str | None
    decided_bureau: str | None
    decided_on: date | None
    reason_code: str | None


class AnnulmentOut(_Decided):
    """An annulled result of a published year."""

    evaluation_id: UUID
    centre_id: UUID
    year: int
    ground: str
    issuer: str
    ordered_on: date


class SuccessionOut(_Decided):
    """A declared succession: the predecessor's years count for the centre."""

    centre_id: UUID
    predecessor_id: UUID


class AnnulmentFilter(PageParams):
    evaluation_id: UUID | None = None
    status: Status | None = None


class SuccessionFilter(PageParams):
    centre_id: UUID | None = None
    status: Status | None = None
