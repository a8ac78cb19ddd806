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


class CorrectionOut(Response):
    """A line that no longer holds: the authority that annulled the result, its document, and the correction's day."""

    id: UUID
    no: str
    evaluation_id: UUID
    centre_id: UUID
    issuer: str
    document_no: str
    corrected_on: date


class LineOut(Response):
    """A failed centre, with its numbers and names on the day of the circular, and what followed: an order to put things
    right, or a delisting. `corrected_on`: the line no longer holds."""

    centre_id: UUID
    centre_no: str
    centre_name: str
    operator_name: str
    evaluation_id: UUID
    evaluation_no: str
    score: Decimal | None
    consecutive_fails: int
    order_no: str | None
    delisting_case_id: UUID | None
    case_no: str | None
    corrected_on: date | None


class CircularWithLines(CircularOut):
    """A circular with all its lines, in the order of evaluation numbers, and the corrections since."""

    clauses: list[str]
    lines: list[LineOut]
    corrections: list[CorrectionOut]
