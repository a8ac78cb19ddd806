"""Grades as JSON."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from shared.http.paging import PageParams
from shared.http.schemas import Response


class GradeOut(Response):
    """A centre's published result of a year; `version` rises when evaluation corrects it. One that was annulled stays
    on record."""

    id: UUID
    version: int
    centre_id: UUID
    year: int
    grade: str
    score: Decimal | None
    document_no: str
    published_on: date
    annulled: bool


class GradeFilter(PageParams):
    """Filters of a centre's results."""

    year: int | None = None
    grade: str | None = None
