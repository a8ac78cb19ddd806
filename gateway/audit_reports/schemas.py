"""Samples, related parties and the year's end as JSON."""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Literal
from uuid import UUID

from pydantic import Field, model_validator

from shared.audit.duties import Member, Shared
from shared.audit.sampling import Method
from shared.http.schemas import Request, Response
from shared.money import Money, SignedMoney

SEED = r"^[A-Za-z0-9._-]{1,64}$"
NAME = r"^[a-z][a-z_]{0,49}$"


class Period(Request):
    """Days, both inclusive; at most ten years."""

    since: date
    until: date

    @model_validator(mode="after")
    def _forward(self) -> Period:
        if not self.since <= self.until or (self.until - self.since).days > 3660:
            raise ValueError("until comes after since, ten years later at most")
        return self


class SampleQuery(Period):
    """What to draw from and how; the same question draws the same sample as long as the population is the same."""

    population: str = Field(pattern=NAME)
    method: Method = "simple_random"
    size: int = Field(ge=1, le=1000)
    seed: str = Field(pattern=SEED)


class PopulationOut(Response):
    """Something that samples can be drawn from; `money` if its members have amounts."""

    name: str
    service: str
    money: bool


class PopulationList(Response):
    """All that the services keep."""

    items: list[PopulationOut]
    next: None = None


class Members(Response):
    """A whole population; `population_digest` is the one that samples of it show."""

    exported: ClassVar[str] = "items"

    population: str
    since: date
    until: date
    population_count: int
    population_amount: Money
    population_digest: str
    items: list[Member]


class SampleItem(Member):
    """A member that was drawn: its place in the draw's order, what it was ordered by, and how many points fell into it
    (always 1 but in monetary-unit sampling)."""

    place: int
    order: str
    hits: int


class StratumOut(Response):
    """A stratum of the population, and how many of it were drawn."""

    stratum: str
    population_count: int
    population_amount: Money
    drawn: int


class SampleOut(Response):
    """A sample, in the order of the draw. `interval` (yuan, rounded down) is that of monetary-unit sampling."""

    exported: ClassVar[str] = "items"

    population: str
    since: date
    until: date
    method: Method
    seed: str
    size: int
    population_count: int
    population_amount: Money
    population_digest: str
    sample_amount: Money
    interval: Money | None
    strata: list[StratumOut]
    items: list[SampleItem]


class RelatedQuery(Period):
    """Ties as of `until`, money of the period; `shared` asks for one kind of tie only."""

    shared: Shared | None = None


class RelatedPair(Response):
    """Two parties that have something in common; capacities say what it is to each of them.

    `between`: money that went from one to the other in the period. `through`: public money that reached either.
    """

    shared: Shared
    value: str
    party: str
    party_id: UUID
    party_no: str | None
    capacity: str
    other_party: str
    other_party_id: UUID
    other_party_no: str | None
    other_capacity: str
    between: Money
    through: Money


class LargeGroup(Response):
    """Something that so many have in common that pairs say little, such as the address of an incubator."""

    shared: Shared
    value: str
    parties: int
    through: Money


class RelatedOut(Response):
    """The pairs with the most money first; pairs of a large group only where money went between them. `more` if there
    are pairs that did not fit."""

    exported: ClassVar[str] = "items"

    since: date
    until: date
    items: list[RelatedPair]
    large_groups: list[LargeGroup]
    more: bool


class RushQuery(Request):
    """A fiscal year (that of the calendar)."""

    year: int = Field(ge=2000, le=2100)


class RushLine(Response):
    """A share of the year's spending. `by` says what `key` is; shares are per cent of the line's own total, null where
    nothing was spent."""

    by: Literal["total", "month", "day", "programme", "division", "applicant"]
    key: str
    spent: SignedMoney
    payments: int
    in_last_month: SignedMoney
    in_last_days: SignedMoney
    last_month_share: str | None
    last_days_share: str | None
    planned: Money | None
    planned_share: str | None


class RushOut(Response):
    """The year as lines. Without haste the last month has about 8.3 per cent of a year."""

    exported: ClassVar[str] = "items"

    year: int
    last_month_from: date
    last_days_from: date
    calendar_complete: bool
    """False where the year's public holidays are not known: then weekends alone are days off."""
    items: list[RushLine]


class RushCase(Response):
    """A payment in the year's last month."""

    service: str
    case_id: UUID
    case_no: str
    path: str
    on: date
    programme: str
    division: str | None
    applicant: str | None
    amount: SignedMoney
    in_last_days: bool


class RushCases(Response):
    """The payments that make the year's end, the latest first."""

    exported: ClassVar[str] = "items"

    year: int
    items: list[RushCase]
