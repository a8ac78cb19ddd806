"""Measures as JSON."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from services.registry.codes import DocumentNo, ReasonCode, Remark
from services.registry.measures.rules import KINDS
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response
from shared.http.words import OneOf


class ProposeMeasure(Request):
    """`reason_code` is a word of the edition; `proposed_on`, for bureaus only, the day of a paper."""

    reason_code: ReasonCode
    remark: Remark | None = None
    proposed_on: date | None = None


class DecideMeasure(Request):
    """Carries out what was proposed, by a document."""

    document_no: DocumentNo
    decided_on: date | None = None


class DropProposal(Request):
    """Does not follow a proposal, or takes back a request."""

    reason_code: ReasonCode
    remark: Remark | None = None
    dropped_on: date | None = None


class MeasureOut(Response):
    """A measure, past or waiting."""

    id: UUID
    centre_id: UUID
    kind: str
    status: str
    reason_code: str
    proposed_by: str
    proposed_on: date
    decided_by: str | None
    decided_on: date | None
    document_no: str | None
    drop_code: str | None


class MeasureFilter(PageParams):
    """Filters of a centre's measures."""

    kind: Annotated[str, OneOf(*KINDS)] | None = None
    status: Annotated[str, OneOf("proposed", "carried_out", "dropped")] | None = None
