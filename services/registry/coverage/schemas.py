"""Coverage as JSON."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from services.registry.divisions.schemas import Percent
from shared.http.schemas import Request, Response
from shared.money import Money


class CoverageQuery(Request):
    """`on`: the day looked at; today without it. `year`: of the matching funds; that of the day without it."""

    on: date | None = None
    year: Annotated[int, Field(ge=2000, le=2999)] | None = None


class CoveredBy(Response):
    """A centre of the row; an enclave stands at `site_division` and counts here, where its owner is."""

    id: UUID
    no: str
    name: str
    tier: str
    owner_division: str
    site_division: str
    enclave: bool


class MatchingShare(Response):
    """Matching funds of the year, in yuan: approved, spent, and the percentage spent of it (None without a budget)."""

    budget: Money
    spent: Money
    spent_percent: Percent | None


class MatchingRow(MatchingShare):
    """A county's or district's with those of its parks, which have budgets of their own (`by_park`). `city_percent` is
    the part of all divisions' budgets; None where not all of them are shown."""

    own: MatchingShare
    by_park: dict[str, MatchingShare]
    city_percent: Percent | None


class CoverageRow(Response):
    """A county or district; `gap` is the number of centres it lacks, `by_park` how many its parks own. `matching_fund`
    is None where the caller may not read it: a division sees its own."""

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
    matching_fund: MatchingRow | None


class TargetOut(Response):
    """A number against the target of the edition, `missing` to it. `above` are the centres of higher tiers, which are
    not counted; `by_division` are those counted, by the county or district that they count for."""

    actual: int
    above: int
    by_division: dict[str, int]
    target: int
    missing: int
    met: bool
    clause: str


class CoverageOut(Response):
    """The city on one day. In the totals every centre counts once. `matching_fund` sums all divisions' budgets of
    `year` as they stand now; None for a division, which sees its own in its row."""

    exported: ClassVar[str] = "rows"

    on: date
    year: int
    edition: str
    rows: list[CoverageRow]
    centres: int
    by_tier: dict[str, int]
    divisions: int
    divisions_covered: int
    gaps: list[str]
    specialised: TargetOut | None
    matching_fund: MatchingShare | None
