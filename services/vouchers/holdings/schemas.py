"""Holdings as sent and shown."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import StringConstraints

from services.vouchers.schemas import Percent
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response
from shared.identifiers import UnifiedSocialCreditCode

DocumentName = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class HoldingNew(Request):
    """A share to record; one of the two codes is the provider's. `valid_from` lies in the past, or is left out."""

    holder_code: UnifiedSocialCreditCode
    held_code: UnifiedSocialCreditCode
    percent: Percent
    valid_from: date | None = None
    source_document: DocumentName


class HoldingEnd(Request):
    """Its last day, and the document that shows the end."""

    valid_to: date | None = None
    source_document: DocumentName


class HoldingOut(Response):
    """A recorded holding; `valid_to` is its last day."""

    id: UUID
    provider_id: UUID
    holder_code: str
    held_code: str
    percent: Percent
    valid_from: date
    valid_to: date | None
    source_document: str
    end_document: str | None


class HoldingFilter(PageParams):
    """Filters of the list."""

    valid_on: date | None = None
