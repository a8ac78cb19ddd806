"""Values of the quarterly form: what a field may hold, what is missing, and how quarters become a year.

The fields are the edition's (`report_form`). A flow is what happened in the quarter and is added up; a stock is counted
on the quarter's last day, and the last one given is the year's value. Flows of enterprises count each one once a year.
Amounts are yuan. A report keeps the version of the form that it was drafted in: fields of later versions are not asked
of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cache
from typing import Annotated, Any, Final, TypeAlias

from pydantic import Field, JsonValue, ValidationError, create_model

from shared.http.schemas import Request
from shared.http.validation import Fault, PayloadInvalid, faults_of
from shared.money import Money
from shared.policy.edition import Edition
from shared.policy.params import Slug
from shared.policy.report_form import FormField, LineField, ReportForm

Values: TypeAlias = Mapping[str, JsonValue]
"""A report's values as they are stored: counts as numbers, amounts as texts in yuan, empty ones left out or null."""

Count = Annotated[int, Field(strict=True, ge=0, le=100_000_000)]
Flag = Annotated[bool, Field(strict=True)]
# Any: the fields are data of the edition, so there are no types to write down.
FIELD_TYPES: Final[Mapping[str, Any]] = {
    "count": Count,
    "amount": Money,
    "flag": Flag,
    "by_level": dict[Slug, Count],
}
BY_LEVEL: Final = "events_by_level"
"""The field whose levels an indicator looks at one by one."""

_FORM: Final = "form"
_ENTERED: Final = re.compile(r"(0|[1-9][0-9]{0,12})(\.[0-9]{1,5})?")
_FEN: Final = Decimal("0.01")


@cache
def _model(fields: tuple[tuple[str, str], ...]) -> type[Request]:
    """The model of a version's fields; all of them may be left out of a draft."""
    made: dict[str, Any] = {name: (FIELD_TYPES[kind] | None, None) for name, kind in fields}
    return create_model("QuarterlyForm", __base__=Request, **made)


def validated(edition: Edition, version: int, sent: Values) -> dict[str, JsonValue]:
    """What was sent, as it is stored. Raises PayloadInvalid for each field that is unknown or holds no such value."""
    fields = edition.report_form.fields_of(version)
    model = _model(tuple((name, field.kind) for name, field in fields.items()))
    levels = tuple(edition.activities.levels)
    faults = [
        Fault(f"{_FORM}.{name}", "enum", {"expected": ", ".join(levels)})
        for name, value in sent.items()
        if name in fields and isinstance(value, dict) and not set(value).issubset(levels)
    ]
    try:
        values: dict[str, JsonValue] = model.model_validate(dict(sent)).model_dump(mode="json", exclude_unset=True)
    except ValidationError as error:
        found = [Fault(f"{_FORM}.{fault.field}", fault.type, fault.params) for fault in faults_of(error.errors())]
        raise PayloadInvalid(*found, *faults) from error
    if faults:
        raise PayloadInvalid(*faults)
    return values


def in_yuan(form: ReportForm, sent: Values) -> dict[str, JsonValue]:
    """Amounts that were entered in the unit of the printed form, in yuan. What is no number stays as it is, for
    `validated` to name."""
    return {name: _in_yuan(form.fields.get(name), value) for name, value in sent.items()}


def _in_yuan(field: FormField | None, value: JsonValue) -> JsonValue:
    return value if field is None else entered_in_yuan(field.factor, value)


def entered_in_yuan(factor: Decimal, value: JsonValue) -> JsonValue:
    """One value in yuan; what is no number in the unit of entry, or would have to be rounded, stays as it is."""
    if factor == 1 or not isinstance(value, str) or not _ENTERED.fullmatch(value):
        return value
    amount = Decimal(value) * factor
    return f"{amount:.2f}" if amount == amount.quantize(_FEN) else value


def as_entered(field: FormField | LineField, value: JsonValue) -> JsonValue:
    """An amount in the unit of the printed form; everything else as it is."""
    if field.kind != "amount" or not isinstance(value, str):
        return value
    shown = Decimal(value) / field.factor
    return f"{shown:f}" if field.factor == 1 else f"{shown.normalize():f}"


def number(values: Values, name: str) -> Fraction | None:
    """A field as a number: an amount in yuan, levels added up, yes as 1; None where it is empty."""
    value = _plain(values.get(name))
    return None if value is None else Fraction(value)


def _plain(value: JsonValue) -> int | Decimal | None:
    """The same before it becomes a fraction, which costs more than all sums of a year."""
    if value is None or isinstance(value, int):
        return value
    if isinstance(value, dict):
        return sum(int(str(count)) for count in value.values())
    return Decimal(str(value))


def changed_fields(before: Values, after: Values) -> tuple[str, ...]:
    """Names whose values differ. A level that did not occur is the same whether it is left out or 0."""
    return tuple(name for name in {**before, **after} if as_told(before.get(name)) != as_told(after.get(name)))


def as_told(value: JsonValue) -> JsonValue:
    """A value to compare: levels that did not occur are left out."""
    return {level: count for level, count in value.items() if count} if isinstance(value, dict) else value


def missing_fields(form: ReportForm, version: int, values: Values) -> tuple[str, ...]:
    """Required fields without a value, in the form's order."""
    return tuple(name for name in form.required_in(version) if values.get(name) is None)


def unfilled_fields(form: ReportForm, version: int, values: Values) -> tuple[str, ...]:
    """Statistical fields without a value: asked for, but no part of completeness."""
    fields = form.fields_of(version)
    return tuple(name for name, field in fields.items() if not field.required and values.get(name) is None)


@dataclass(frozen=True, slots=True)
class YearForm:
    """A year's values out of its accepted reports; a field that nobody filled counts as zero."""

    numbers: Mapping[str, Fraction]
    events_by_level: Mapping[str, int]

    def __getitem__(self, field: str) -> Fraction:
        return self.numbers.get(field, Fraction(0))


def year_of(form: ReportForm, quarters: Iterable[tuple[int, Values]]) -> YearForm:
    """What indicators read, out of (quarter, values), each quarter at most once, in whichever versions of the form."""
    given = [values for _, values in sorted(quarters, key=lambda pair: pair[0])]
    read = {name: field for name, field in form.fields.items() if not field.statistical}
    numbers = {name: year_value(field, name, given) or Fraction(0) for name, field in read.items()}
    return YearForm(numbers, levels_of(BY_LEVEL, given))


def year_value(field: FormField, name: str, quarters: Iterable[Values]) -> Fraction | None:
    """One field's value for the year: flows added up, the last stock, the first opening; None where nobody gave any."""
    given = [value for values in quarters if (value := _plain(values.get(name))) is not None]
    if not given:
        return None
    if field.measure == "stock":
        return Fraction(given[-1])
    return Fraction(given[0] if field.measure == "opening" else sum(given))


def levels_of(name: str, quarters: Iterable[Values]) -> dict[str, int]:
    """A field by level, added up."""
    found: dict[str, int] = {}
    for values in quarters:
        levels = values.get(name)
        for level, count in levels.items() if isinstance(levels, dict) else ():
            found[level] = found.get(level, 0) + int(str(count))
    return found
