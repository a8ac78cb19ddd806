"""The quarterly form as JSON: what it asks, in which unit, and what is checked."""

from __future__ import annotations

from typing import Self

from pydantic import Field

from services.evaluation.reports.schemas import AskedQuarter, AskedYear
from services.evaluation.rubrics.catalogue import CATALOGUE
from shared.http.schemas import Request, Response
from shared.policy.edition import Edition
from shared.policy.params import Titled
from shared.policy.report_form import FormCheck, FormField, LineField


class FieldOut(Response):
    """A field. `enter_in` is the unit of the printed form where it is not the stored one; `registry` the record that
    prefills it; `formulas` the rubric's formulas that read it."""

    id: str
    title_zh: str
    title_en: str
    group: str
    unit: str
    kind: str
    measure: str
    required: bool
    statistical: bool
    enter_in: str
    registry: str
    line: str
    formulas: list[str]
    clause: str
    origin: str
    source: str

    @classmethod
    def of(cls, name: str, field: FormField) -> Self:
        """As the edition has it."""
        formulas = [formula for formula, entry in CATALOGUE.items() if name in entry.fields]
        return cls(id=name, formulas=formulas, **field.model_dump(exclude={"since", "until"}))


class LineFieldOut(Response):
    """What the form asks of each enterprise; an empty figure of `empty_is_zero` counts as 0."""

    id: str
    title_zh: str
    title_en: str
    unit: str
    kind: str
    measure: str
    empty_is_zero: bool
    enter_in: str
    clause: str
    origin: str
    source: str

    @classmethod
    def of(cls, name: str, field: LineField) -> Self:
        """As the edition has it."""
        return cls(id=name, **field.model_dump(exclude={"since", "until"}))


class FormCheckOut(Response):
    """A check between fields, or with the quarter before."""

    id: str
    severity: str
    field: str
    relation: str
    left: list[str]
    right: list[str]
    percent: str | None
    beyond: str | None
    clause: str

    @classmethod
    def of(cls, name: str, check: FormCheck) -> Self:
        """As the edition has it."""
        known = check.model_dump(mode="json", exclude={"since", "origin", "source"})
        return cls.model_validate({"id": name, **known})


class FormOut(Response):
    """One version of an edition's quarterly form."""

    edition: str
    id: str
    version: int
    current: bool
    title_zh: str
    title_en: str
    groups: dict[str, Titled]
    units: dict[str, Titled]
    fields: list[FieldOut]
    enterprise_lines: list[LineFieldOut]
    checks: list[FormCheckOut]

    @classmethod
    def of(cls, edition: Edition, version: int) -> Self:
        """The fields and checks of the version, in the form's order."""
        form = edition.report_form
        return cls(
            edition=edition.id,
            id=form.id,
            version=version,
            current=version == form.version,
            title_zh=form.title_zh,
            title_en=form.title_en,
            groups=dict(form.groups),
            units=dict(form.units),
            fields=[FieldOut.of(name, field) for name, field in form.fields_of(version).items()],
            enterprise_lines=[LineFieldOut.of(name, field) for name, field in form.lines_of(version).items()],
            checks=[FormCheckOut.of(name, check) for name, check in form.checks_of(version).items()],
        )


class FormChoice(Request):
    """Which form: that of a quarter, in its current version or an earlier one."""

    year: AskedYear
    quarter: AskedQuarter
    version: int | None = Field(default=None, ge=1, le=1000)
