"""The rubric as JSON, with where each indicator's numbers come from."""

from __future__ import annotations

from typing import Self

from pydantic import Field, JsonValue

from services.evaluation.rubrics.catalogue import CATALOGUE
from shared.http.schemas import Request, Response
from shared.policy.edition import Edition
from shared.policy.rubric import Band, Dimension, FullMark, Indicator, Veto


class IndicatorOut(Response):
    """An indicator; `fields` are those of the quarterly form, `sources` the records that its formula reads."""

    id: str
    dimension: str
    title_zh: str
    title_en: str
    weight: str
    formula: str
    kind: str
    evidence: bool
    unit: str
    full_mark: FullMark
    params: dict[str, JsonValue]
    fields: list[str]
    sources: list[str]
    clause: str
    origin: str

    @classmethod
    def of(cls, indicator: Indicator) -> Self:
        """With the catalogue's fields and sources."""
        entry = CATALOGUE[indicator.formula]
        known = indicator.model_dump(mode="json", exclude={"full_mark", "source"})
        return cls(**known, full_mark=indicator.full_mark, fields=list(entry.fields), sources=list(entry.sources))


class RubricOut(Response):
    """An edition's rubric; an evaluation is pinned to the edition of its year's last day."""

    edition: str
    title_zh: str
    title_en: str
    first_year: int
    last_year: int
    demonstration: bool
    total: str
    dimensions: dict[str, Dimension]
    indicators: list[IndicatorOut]
    bands: list[Band]
    vetoes: dict[str, Veto]

    @classmethod
    def of(cls, edition: Edition) -> Self:
        """As the edition's file says."""
        rubric = edition.rubric
        return cls(
            edition=edition.id,
            title_zh=edition.title_zh,
            title_en=edition.title_en,
            first_year=edition.first_day.year,
            last_year=edition.last_day.year,
            demonstration=edition.demonstration,
            total=f"{rubric.total.value:f}",
            dimensions=dict(rubric.dimensions),
            indicators=[IndicatorOut.of(indicator) for indicator in rubric.indicators],
            bands=list(rubric.bands),
            vetoes=dict(rubric.vetoes),
        )


class RubricFilter(Request):
    """Which rubric: of an edition, or the one that a year is evaluated under."""

    edition: str | None = None
    year: int | None = Field(default=None, ge=1900, le=2199)


class RubricList(Response):
    """Rubrics, oldest edition first; never more than there are editions."""

    items: list[RubricOut]
    next: None = None
