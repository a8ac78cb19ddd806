"""Penalties as sent and shown."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import StringConstraints

from services.vouchers.schemas import Title
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response
from shared.identifiers import UnifiedSocialCreditCode

DocumentNo = Annotated[str, StringConstraints(min_length=1, max_length=100)]


class PenaltyNew(Request):
    """A penalty to record: of whom, decided when, by which document of which authority, for what."""

    code: UnifiedSocialCreditCode
    decided_on: date
    document_no: DocumentNo
    authority: Title
    matter: Annotated[str, StringConstraints(min_length=1, max_length=500)]


class PenaltyAnnulment(Request):
    """The document by which the penalty fell, and the day."""

    document_no: DocumentNo
    decided_on: date | None = None


class ProviderPenaltyOut(Response):
    """A penalty on record; `bars_until` is the last day on which it bars, None for one that was annulled."""

    id: UUID
    code: str
    decided_on: date
    document_no: str
    authority: str
    matter: str
    recorded_on: date
    annulled_on: date | None
    annul_document_no: str | None
    bars_until: date | None


class PenaltyFilter(PageParams):
    """Filters of the list."""

    code: UnifiedSocialCreditCode | None = None
    decided_from: date | None = None
    decided_to: date | None = None
