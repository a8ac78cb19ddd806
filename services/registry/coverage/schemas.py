"""Coverage as JSON."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from shared.http.schemas import Request, Response


class CoverageQuery(Request):
    """`on`: the day looked at; today without it."""

    on: date | None = None


class CoveredBy(Response):
    """A centre of the row; an enclave stands at `site_division` and counts here, where its owner is."""

    id: UUID
    no: str
    name: str
    tier: str
    owner_division: str
    site_division: str
    enclave: bool


class CoverageRow(Response):
    """A county or district; `gap` is the number of centres it lacks, `by_park` how many its parks own."""

    code: str
    name_zh: str
    name_en: str
    kind: str
    centres: list[CoveredBy]
    count: int
    by_tier: dict[str, int]
    by_park: dict[str, int]
    enclaves: int
    required: int
    gap: int


class TargetOut(Response):
    """A number against the target of the edition, `missing` to it."""

    actual: int
    target: int
    missing: int
    met: bool
    clause: str


class CoverageOut(Response):
    """The city on one day. In the totals every centre counts once."""

    on: date
    edition: str
    rows: list[CoverageRow]
    centres: int
    by_tier: dict[str, int]
    divisions: int
    divisions_covered: int
    gaps: list[str]
    specialised: TargetOut | None
