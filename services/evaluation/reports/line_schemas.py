"""The enterprises' lines of a quarterly report as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import Field, JsonValue, model_validator

from services.evaluation.reports.lines import CODE, TENANCY, Line, figures_of
from shared.http.schemas import Response

FieldName = Annotated[str, Field(max_length=64)]
Code = Annotated[str, Field(min_length=5, max_length=40)]
EnterpriseLines = Annotated[
    dict[Code, dict[FieldName, JsonValue] | None],
    Field(
        description="Figures by enterprise, under its code (a team without one: its number): the `enterprise_lines` of"
        " the form. Enterprises and figures that are not named stay as they are; null empties a figure, or takes the"
        " line away.",
        examples=[{"91540100MA6T0000X0": {"equity_received": "300000.00", "loans_received": "0.00", "jobs": 6}}],
    ),
]


class LineOut(Response):
    """An enterprise's figures; `name` as the registry knows it now, null for one that is not there any more."""

    code: str
    name: str | None = None
    figures: dict[str, JsonValue]

    @classmethod
    def of(cls, line: Line, names: Mapping[str, str]) -> Self:
        """`names` by stay."""
        return cls(code=str(line[CODE]), name=names.get(str(line[TENANCY])), figures=figures_of(line))

    @model_validator(mode="before")
    @classmethod
    def _as_stored(cls, value: object) -> object:
        """A line as it is stored, where nobody has looked up its name."""
        if isinstance(value, dict) and TENANCY in value:
            return {CODE: value[CODE], "figures": figures_of(value)}
        return value


class TenantOut(Response):
    """An enterprise that was at the centre in the quarter, and may have a line; `has_line` where it has."""

    code: str
    name: str
    there_at_end: bool
    has_line: bool
