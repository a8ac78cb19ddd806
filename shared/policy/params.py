"""Building stones of an edition file: typed parameters that say which clause they serve and where they come from."""

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Annotated, Generic, Literal, Self, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, model_validator

from shared.money import Money

T = TypeVar("T")

Origin = Literal["policy", "reference", "default"]
Slug = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
ClauseId = Annotated[str, Field(pattern=r"^[0-9A-Za-z][0-9A-Za-z.-]*$")]
Text = Annotated[str, Field(min_length=1)]
Codes = tuple[str, ...]
Yuan = Money

_NUMBER = re.compile(r"(0|[1-9][0-9]{0,14})(\.[0-9]{1,6})?")


def _parse_number(value: object) -> Decimal:
    if isinstance(value, Decimal) and value.is_finite():
        return value
    if not isinstance(value, str) or not _NUMBER.fullmatch(value):
        raise ValueError('a number is written as a decimal string, such as "0.2"')
    return Decimal(value)


Number = Annotated[
    Decimal,
    BeforeValidator(_parse_number),
    PlainSerializer(lambda number: f"{number:f}", return_type=str, when_used="json"),
]
"""A non-negative exact number: weights, marks, percentages."""


class Section(BaseModel):
    """Strict and frozen: a typing error in an edition file is an error at start, never a silently ignored line."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Param(Section, Generic[T]):
    """One parameter of the policy. `origin` tells whether the clause itself says so (`policy`), a named document does
    (`reference`, named in `source`) or the office has to confirm it (`default`, what it rests on in `source`)."""

    value: T
    clause: ClauseId
    origin: Origin
    source: str = ""

    @model_validator(mode="after")
    def _references_name_their_source(self) -> Self:
        if self.origin == "reference" and not self.source:
            raise ValueError("a parameter of origin 'reference' names its source")
        return self


class Titled(Section):
    """What people read, in the two languages of the message catalogue."""

    title_zh: Text
    title_en: Text


class Clause(Titled):
    """A clause of the policy document, by the id that rules, decisions, problems and events cite."""


class Rule(Titled):
    """What a rule id of the code stands for in this edition."""

    clause: ClauseId


def unknown_codes(codes: Iterable[str], known: Iterable[str]) -> list[str]:
    return sorted(set(codes) - set(known))
