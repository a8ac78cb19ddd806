"""A draft's values: as they come in, as they are kept, and what an edit changed of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Final, Literal

from pydantic import BeforeValidator, Field, JsonValue

from shared.http.schemas import Request
from shared.policy.params import Codes, Number, Param, Slug
from shared.policy.rubric import Band, Dimension, Indicator, RubricValues, Veto

INDICATORS_AT_MOST: Final = 100


def _tuples(value: object) -> object:
    """The edition's models are strict, and JSON knows only lists."""
    if isinstance(value, Mapping):
        return {name: _tuples(item) for name, item in value.items()}
    return tuple(_tuples(item) for item in value) if isinstance(value, list) else value


_Indicators = Annotated[
    list[Annotated[Indicator, BeforeValidator(_tuples)]], Field(min_length=1, max_length=INDICATORS_AT_MOST)
]
_Divisions = Annotated[Param[Codes], BeforeValidator(_tuples)]


class RubricContent(Request):
    """Parts of a rubric; what is sent replaces that part as a whole, what is left out stays. Numbers are decimal
    strings, percentages 0 to 100."""

    total: Param[Number] | None = None
    decimals: Param[int] | None = None
    bonus_limit: Param[Number] | None = None
    graded_after_months: Param[int] | None = None
    hardship_factor: Param[Number] | None = None
    hardship_divisions: _Divisions | None = None
    remote_divisions: _Divisions | None = None
    zero_without_enterprises: Param[bool] | None = None
    not_due: Param[Literal["spread", "full"]] | None = None
    dimensions: dict[Slug, Dimension] | None = None
    indicators: _Indicators | None = None
    bonus: Annotated[list[Annotated[Indicator, BeforeValidator(_tuples)]], Field(max_length=20)] | None = None
    bands: Annotated[list[Band], Field(min_length=1, max_length=20)] | None = None
    vetoes: Annotated[dict[Slug, Veto], Field(max_length=20)] | None = None


PARTS: Final = tuple(RubricContent.model_fields)


def kept(values: RubricValues) -> dict[str, JsonValue]:
    """As stored with an edition."""
    return values.model_dump(mode="json")


def values_of(content: Mapping[str, JsonValue]) -> RubricValues:
    """As an edition's file would have given them."""
    return RubricValues.model_validate_json(json.dumps(content))


def overlaid(content: Mapping[str, JsonValue], change: RubricContent) -> dict[str, JsonValue]:
    """The values with the parts that were sent."""
    sent = change.model_dump(mode="json", include=set(PARTS), exclude_none=False)
    given = {name: part for name, part in sent.items() if part is not None}
    return kept(values_of({**content, **given}))


def changed_parts(old: Mapping[str, JsonValue], new: Mapping[str, JsonValue]) -> list[str]:
    """What differs: parts, and within them the dimension, indicator, band or veto; `indicators.jobs`."""
    changed: list[str] = []
    for part in PARTS:
        before, after = _by_name(old.get(part)), _by_name(new.get(part))
        if before is None or after is None:
            changed += [part] if old.get(part) != new.get(part) else []
            continue
        names = [*before, *(name for name in after if name not in before)]
        changed += [f"{part}.{name}" for name in names if before.get(name) != after.get(name)]
        if set(before) == set(after) and list(before) != list(after):
            changed.append(f"{part}.order")
    return changed


def _by_name(part: JsonValue) -> dict[str, JsonValue] | None:
    """The members of a part that has names; None for a single parameter."""
    if isinstance(part, list):
        return {str(item["id"]): item for item in part if isinstance(item, dict)}
    if isinstance(part, dict) and "value" not in part:
        return dict(part)
    return None
