"""The quarterly form: what the automatic indicators of the rubric need, and how quarters become a year.

A flow counts what happened in the quarter and is added up; a stock is counted on the quarter's last day, and the last
one given is the year's value. Amounts are yuan, areas square metres, everything else a count.
Fields that count enterprises count each one once a year.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Final

from pydantic import Field, JsonValue

from shared.http.schemas import Request
from shared.money import Money
from shared.policy.params import Slug

Count = Annotated[int, Field(strict=True, ge=0, le=1_000_000)]
Area = Annotated[int, Field(strict=True, ge=0, le=100_000_000)]


class QuarterlyForm(Request):
    """A draft may leave fields out; what is still empty when the report is accepted lowers its completeness."""

    incubatees_opening: Count | None = Field(default=None, description="在孵企业，季初 incubatees on the first day")
    admitted: Count | None = Field(default=None, description="本季入驻 admitted in the quarter")
    graduated: Count | None = Field(default=None, description="本季毕业 graduated in the quarter")
    exited: Count | None = Field(default=None, description="本季退出 left without graduating")
    incubatees: Count | None = Field(default=None, description="在孵企业，季末 incubatees on the last day")
    long_stay_enterprises: Count | None = Field(
        default=None, description="适用较长孵化期的在孵企业 incubatees of the fields that may stay longer"
    )
    alive_after_12_months: Count | None = Field(
        default=None,
        description="入驻满12个月仍存续 enterprises alive whose 12th month after entry ended in the quarter",
    )
    enterprises_served: Count | None = Field(default=None, description="接受服务的企业 enterprises served")
    confirmed_services: Count | None = Field(
        default=None, description="企业确认的服务次数 services that the enterprise confirmed"
    )
    mentors: Count | None = Field(default=None, description="创业导师 mentors under an agreement")
    specialist_staff: Count | None = Field(default=None, description="专职服务人员 specialist staff")
    trained_staff: Count | None = Field(default=None, description="其中接受专业培训 of these, trained")
    area_used_m2: Area | None = Field(default=None, description="在孵企业使用面积 area in incubation use, m²")
    enterprises_with_ip: Count | None = Field(
        default=None, description="拥有知识产权的在孵企业 incubatees holding intellectual property"
    )
    jobs: Count | None = Field(default=None, description="在孵企业从业人员 people employed by incubatees")
    enterprises_financed: Count | None = Field(
        default=None, description="本年首次获得融资的企业 enterprises financed for the first time this year"
    )
    equity_financing: Money | None = Field(
        default=None, description="股权融资额 equity raised, yuan, each enterprise up to the rubric's limit a year"
    )
    bank_loans: Money | None = Field(default=None, description="银行贷款额 bank loans, yuan, within the same limit")
    financing_matches: Count | None = Field(
        default=None, description="对接成功 matches with a fund or bank that led to an offer"
    )
    events_by_level: dict[Slug, Count] | None = Field(default=None, description="按级别的活动场次 events by level")
    attendance: Count | None = Field(default=None, description="参加人次 people who attended")

    def stored(self) -> dict[str, JsonValue]:
        """As kept in the report: only what was sent."""
        return self.model_dump(mode="json", exclude_unset=True)


FIELDS: Final = tuple(QuarterlyForm.model_fields)
STOCKS: Final = frozenset(
    {
        "incubatees",
        "long_stay_enterprises",
        "mentors",
        "specialist_staff",
        "trained_staff",
        "area_used_m2",
        "enterprises_with_ip",
        "jobs",
    }
)
BY_LEVEL: Final = "events_by_level"
OPENING: Final = "incubatees_opening"
"""Neither: its value for the year is that of the first quarter."""


def missing_fields(form: QuarterlyForm) -> tuple[str, ...]:
    """Fields without a value, in the form's order."""
    return tuple(name for name in FIELDS if getattr(form, name) is None)


@dataclass(frozen=True, slots=True)
class YearForm:
    """A year's values out of its accepted reports; a field that nobody filled counts as zero."""

    numbers: Mapping[str, Fraction]
    events_by_level: Mapping[str, int]

    def __getitem__(self, field: str) -> Fraction:
        return self.numbers[field]


def year_of(forms: Iterable[tuple[int, QuarterlyForm]]) -> YearForm:
    """Out of (quarter, form), each quarter at most once."""
    quarters = [form for _, form in sorted(forms, key=lambda pair: pair[0])]
    numbers = {name: _year_value(name, quarters) for name in FIELDS if name != BY_LEVEL}
    events: dict[str, int] = {}
    for form in quarters:
        for level, count in (form.events_by_level or {}).items():
            events[level] = events.get(level, 0) + count
    return YearForm(numbers, events)


def _year_value(name: str, quarters: list[QuarterlyForm]) -> Fraction:
    given: list[int | Decimal] = [value for form in quarters if (value := getattr(form, name)) is not None]
    if not given:
        return Fraction(0)
    if name in STOCKS:
        return Fraction(given[-1])
    if name == OPENING:
        return Fraction(given[0])
    return sum((Fraction(value) for value in given), Fraction(0))
