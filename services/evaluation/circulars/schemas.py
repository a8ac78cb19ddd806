"""Circulars as JSON."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from shared.http.paging import PageParams
from shared.http.schemas import Response


class CircularFilter(PageParams):
    """Filters of the list."""

    year: int | None = None


class CircularOut(Response):
    """A circular."""

    id: UUID
    version: int
    cycle_id: UUID
    year: int
    document_no: str
    issued_on: date


class LineOut(Response):
    """A failed centre, named with its number, as the registry knows it."""

    centre_id: UUID
    centre_no: str
    centre_name: str
    evaluation_id: UUID
    evaluation_no: str
    score: Decimal | None
    consecutive_fails: int
    delisting_case_id: UUID | None


class CircularWithLines(CircularOut):
    """A circular with all its lines, in the order of evaluation numbers."""

    clauses: list[str]
    lines: list[LineOut]
