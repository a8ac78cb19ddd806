"""Documents as JSON."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from shared.http.paging import PageParams
from shared.http.schemas import Response


class DocumentOut(Response):
    """A document of a case; the file itself lies under `/content`. `size` is in bytes."""

    id: UUID
    name: str
    sha256: str
    size: int
    media_type: str
    uploaded_by: str
    created_at: datetime


class DocumentFilter(PageParams):
    """The list of documents has no filters."""
