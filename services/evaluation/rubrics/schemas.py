"""Rubrics as JSON, with where each indicator's numbers come from."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, JsonValue

from services.evaluation.rubrics.catalogue import CATALOGUE
from services.evaluation.rubrics.content import RubricContent, values_of
from services.evaluation.rubrics.models import APPROVED, STATUSES, RubricEdition
from services.evaluation.rubrics.parameters import PARAMETERS
from services.evaluation.rubrics.texts import FORMULAS, formula_text
from shared.http.decisions import StoredDecision
from shared.http.schemas import Request, Response
from shared.http.words import OneOf
from shared.policy.edition import Edition
from shared.policy.rubric import Band, Dimension, FullMark, Indicator, RubricValues, Veto

Title = Annotated[str, Field(min_length=1, max_length=200)]
Year = Annotated[int, Field(strict=True, ge=1900, le=2199)]
Reason = Annotated[str, Field(min_length=1, max_length=2000)]


class NewRubric(Request):
    """A draft for evaluation years from `first_year` on: a copy of `copy_of`, or of the policy edition's own."""

    first_year: Year
    title_zh: Title
    title_en: Title
    copy_of: UUID | None = None


class RubricChange(RubricContent):
    """What changes of a draft; what is left out stays."""

    title_zh: Title | None = None
    title_en: Title | None = None
    first_year: Year | None = None


class RubricReason(Request):
    """Why an edition is returned or discarded."""

    reason: Reason


class RubricApproval(Request):
    """The document that approves the edition."""

    document_no: Annotated[str, Field(min_length=1, max_length=100, examples=["拉科发〔2020〕9号"])]


class IndicatorOut(Response):
    """An indicator; `fields` are those of the quarterly form, `sources` the records that its formula reads."""

    id: str
    dimension: str
    title_zh: str
    title_en: str
    weight: str
    formula: str
    formula_zh: str
    formula_en: str
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
        """With the catalogue's fields, sources and text; a draft may name a formula that is not there."""
        entry = CATALOGUE.get(indicator.formula)
        known = indicator.model_dump(mode="json", exclude={"full_mark", "source"})
        said = _said(indicator)
        return cls(
            **known,
            full_mark=indicator.full_mark,
            fields=[] if entry is None else list(entry.fields),
            sources=[] if entry is None else list(entry.sources_for(indicator)),
            formula_zh=said[0],
            formula_en=said[1],
        )


def _said(indicator: Indicator) -> tuple[str, str]:
    """The formula in words; a draft may lack one of its parameters."""
    if indicator.formula not in FORMULAS:
        return "", ""
    try:
        said = formula_text(indicator)
    except KeyError:
        said = FORMULAS[indicator.formula]
    return said.zh, said.en


class RubricOut(Response):
    """A rubric: number 1 of a policy edition is the one in its file and has no id, the others were made through the
    service. `last_year` is the last that the policy edition is valid in; a later rubric may apply before."""

    id: UUID | None
    no: str | None
    version: int
    edition: str
    number: int | None
    status: str
    title_zh: str
    title_en: str
    first_year: int
    last_year: int
    demonstration: bool
    total: str
    values: RubricValues
    dimensions: dict[str, Dimension]
    indicators: list[IndicatorOut]
    bonus: list[IndicatorOut]
    bands: list[Band]
    vetoes: dict[str, Veto]
    document_no: str | None
    approved_on: date | None

    @classmethod
    def of(cls, edition: Edition, rubric: RubricEdition | None = None) -> Self:
        """As the edition's file says, or as made through the service."""
        if rubric is None:
            return cls.model_validate(_shown(edition, edition.rubric) | _default(edition))
        own = {name: getattr(rubric, name) for name in _OWN}
        return cls.model_validate(_shown(edition, values_of(rubric.content)) | own)


_TITLES = ("title_zh", "title_en")
_OWN = ("id", "no", "version", "number", "status", *_TITLES, "first_year", "document_no", "approved_on")


def _default(edition: Edition) -> dict[str, object]:
    return {
        "id": None,
        "no": None,
        "version": 1,
        "number": 1,
        "status": APPROVED,
        "title_zh": edition.title_zh,
        "title_en": edition.title_en,
        "first_year": edition.first_day.year,
        "document_no": edition.document_no or None,
        "approved_on": None,
    }


def _shown(edition: Edition, values: RubricValues) -> dict[str, object]:
    return {
        "edition": edition.id,
        "last_year": edition.last_day.year,
        "demonstration": edition.demonstration,
        "total": f"{values.total.value:f}",
        "values": values,
        "dimensions": dict(values.dimensions),
        "indicators": [IndicatorOut.of(indicator) for indicator in values.indicators],
        "bonus": [IndicatorOut.of(indicator) for indicator in values.bonus],
        "bands": list(values.bands),
        "vetoes": dict(values.vetoes),
    }


class RubricFile(RubricOut):
    """A rubric made through the service with the steps that it took."""

    copy_of: UUID | None
    revision: int
    drafted_on: date
    submitted_on: date | None
    decision: StoredDecision | None

    @classmethod
    def of(cls, edition: Edition, rubric: RubricEdition | None = None) -> Self:
        """With its procedure."""
        assert rubric is not None
        own = {name: getattr(rubric, name) for name in (*_OWN, *cls.model_fields.keys() - RubricOut.model_fields)}
        return cls.model_validate(_shown(edition, values_of(rubric.content)) | own)


class RubricFilter(Request):
    """Which rubrics: of a policy edition, the one that a year is evaluated by, or those in a state."""

    edition: str | None = None
    year: int | None = Field(default=None, ge=1900, le=2199)
    status: Annotated[str, OneOf(*STATUSES)] | None = None


class RubricList(Response):
    """Rubrics, oldest policy edition first and by their numbers, drafts last."""

    items: list[RubricOut]
    next: None = None


class RevisionOut(Response):
    """One version of a draft: what it changed, on which day."""

    revision: int
    changed: list[str]
    edited_on: date
    recorded_at: datetime
    content: dict[str, JsonValue]


class RevisionList(Response):
    """Every version, newest first."""

    items: list[RevisionOut]
    next: None = None


class ParameterOut(Response):
    """What a formula can be told."""

    name: str
    kind: str
    required: bool


class FormulaOut(Response):
    """One formula of the catalogue."""

    formula: str
    kind: str
    text_zh: str
    text_en: str
    fields: list[str]
    sources: list[str]
    parameters: list[ParameterOut]

    @classmethod
    def all(cls) -> list[FormulaOut]:
        """The whole catalogue."""
        return [
            FormulaOut(
                formula=name,
                kind=entry.kind,
                text_zh=FORMULAS[name].zh,
                text_en=FORMULAS[name].en,
                fields=list(entry.fields),
                sources=list(entry.sources),
                parameters=[
                    ParameterOut(name=key, kind=parameter.kind, required=parameter.required)
                    for key, parameter in PARAMETERS.get(name, {}).items()
                ],
            )
            for name, entry in CATALOGUE.items()
        ]


class FormulaList(Response):
    """Indicators are made of these."""

    items: list[FormulaOut]
    next: None = None
