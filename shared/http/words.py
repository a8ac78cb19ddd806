"""Words that a filter takes. One that does not exist is refused with those that do: an empty list would say that there
is nothing of the kind.

    class CentreFilter(PageParams):
        status: Annotated[str, OneOf(*STATUSES)] | None = None
        tier: Annotated[str, EditionWord(lambda edition: edition.tiers)] | None = None
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from shared.http.asking import current
from shared.policy.edition import Edition


def _require(value: str, words: Iterable[str]) -> str:
    known = tuple(dict.fromkeys(words))
    if value not in known:
        expected = ", ".join(f"'{word}'" for word in known)
        raise PydanticCustomError("enum", "one of {expected}", {"expected": expected})
    return value


class OneOf:
    """One of these words, whatever the edition."""

    def __init__(self, *words: str) -> None:
        self.words = words

    def __get_pydantic_core_schema__(self, source: type[object], handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {**handler(schema), "enum": list(self.words)}

    def _check(self, value: str) -> str:
        return _require(value, self.words)


class EditionWord:
    """A word of any edition that is loaded: lists show what came under earlier ones too."""

    def __init__(self, of: Callable[[Edition], Iterable[str]]) -> None:
        self._of = of

    def __get_pydantic_core_schema__(self, source: type[object], handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def _check(self, value: str) -> str:
        asked = current()
        if asked is None or asked.editions is None:
            return value
        return _require(value, (word for edition in asked.editions for word in self._of(edition)))


DivisionCode = EditionWord(lambda edition: edition.divisions.units)
Tier = EditionWord(lambda edition: edition.tiers)
