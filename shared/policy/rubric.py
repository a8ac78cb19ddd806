"""The evaluation rubric as data: dimensions, indicators, bands, vetoes. Scoring lives with the evaluation service."""

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from shared.policy.params import ClauseId, Codes, Number, Origin, Param, Section, Slug, Titled

FormulaId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$")]
FormulaParams = Mapping[str, str | int | bool | Codes]


class ScaledMark(Section):
    """min(ceiling, max(floor, ⌈n × per_enterprise / divisor⌉)) for n incubatees."""

    floor: Number
    per_enterprise: Number
    divisor: int = Field(default=1, gt=0)
    ceiling: Number


class FullMark(Section):
    """The value that earns the whole weight: `remote` for a remote centre, else `by_tier`, else `scaled`, else `base`;
    times the hardship factor where `hardship` is set. Exactly one of base, by_tier and scaled is given."""

    base: Number | None = None
    by_tier: Mapping[str, Number] = Field(default_factory=dict)
    scaled: ScaledMark | None = None
    remote: Number | None = None
    hardship: bool = False

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        given = [self.base is not None, bool(self.by_tier), self.scaled is not None]
        if sum(given) != 1:
            raise ValueError("a full mark has exactly one of base, by_tier and scaled")
        if any(mark <= 0 for mark in (self.base, self.remote, *self.by_tier.values()) if mark is not None):
            raise ValueError("a full mark is more than zero")
        return self


class Dimension(Titled):
    weight: Number
    clause: ClauseId
    origin: Origin


class Indicator(Titled):
    """Scores weight × min(1, value / full mark). `formula` is an id in the evaluation service's catalogue; a formula
    answers no value where nothing was due, and the weight is then spread over the rest of the dimension."""

    id: Slug
    dimension: Slug
    weight: Number
    formula: FormulaId
    kind: Literal["automatic", "expert"]
    evidence: bool
    unit: Slug
    full_mark: FullMark
    params: FormulaParams = Field(default_factory=dict)
    clause: ClauseId
    origin: Origin
    source: str = ""


class Band(Titled):
    """A grade from `minimum` on; `top_share` limits it to the best share of its tier. Failing grades count for a
    delisting."""

    id: Slug
    minimum: Number
    failing: bool = False
    top_share: Number | None = None
    clause: ClauseId
    origin: Origin


class Veto(Titled):
    """A fact that alone makes the year a fail."""

    clause: ClauseId
    origin: Origin


class RubricValues(Section):
    """A rubric's values as somebody drafts them: typed, but not yet consistent with each other. `bonus` indicators are
    shown up to `bonus_limit` and count for no band; `not_due` says what becomes of the weight of what was not due."""

    total: Param[Number]
    decimals: Param[int]
    bonus_limit: Param[Number]
    graded_after_months: Param[int]
    hardship_factor: Param[Number]
    hardship_divisions: Param[Codes]
    remote_divisions: Param[Codes]
    zero_without_enterprises: Param[bool]
    not_due: Param[Literal["spread", "full"]]
    dimensions: Mapping[Slug, Dimension]
    indicators: tuple[Indicator, ...]
    bonus: tuple[Indicator, ...] = ()
    bands: tuple[Band, ...]
    vetoes: Mapping[Slug, Veto]

    @property
    def with_bonus(self) -> tuple[Indicator, ...]:
        """Every indicator, those that count for no band last."""
        return (*self.indicators, *self.bonus)


class Rubric(RubricValues):
    """Values that centres can be evaluated by."""

    @model_validator(mode="after")
    def _weights_add_up(self) -> Self:
        ids = [indicator.id for indicator in self.with_bonus]
        if duplicates := sorted({code for code in ids if ids.count(code) > 1}):
            raise ValueError(f"indicator ids used twice: {', '.join(duplicates)}")
        sums = dict.fromkeys(self.dimensions, 0 * self.total.value)
        for indicator in self.indicators:
            if indicator.dimension not in sums:
                raise ValueError(f"indicator {indicator.id} names an unknown dimension {indicator.dimension}")
            sums[indicator.dimension] += indicator.weight
        for code, dimension in self.dimensions.items():
            if sums[code] != dimension.weight:
                raise ValueError(f"indicators of {code} weigh {sums[code]}, the dimension {dimension.weight}")
        if sum(sums.values()) != self.total.value:
            raise ValueError(f"weights sum to {sum(sums.values())}, not {self.total.value}")
        return self

    @model_validator(mode="after")
    def _bands_cover_every_score(self) -> Self:
        minimums = [band.minimum for band in self.bands]
        if not minimums or minimums[0] != 0 or minimums != sorted(minimums):
            raise ValueError("bands start at 0 and are listed from the lowest to the highest")
        if not any(band.failing for band in self.bands):
            raise ValueError("no band is failing")
        return self

    def band(self, band_id: str) -> Band:
        """Raises KeyError for a grade that this edition does not have."""
        return {band.id: band for band in self.bands}[band_id]
