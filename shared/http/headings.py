"""How the columns of a list are headed in a file, from the one catalogue `headings.toml`."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Final

from shared.http.messages import Language

CATALOGUE: Final = Path(__file__).with_name("headings.toml")
_EVERYWHERE: Final = "fields"


@cache
def _catalogue() -> dict[str, dict[str, dict[str, str]]]:
    return tomllib.loads(CATALOGUE.read_text(encoding="utf-8"))


def known(model: str | None, field: str) -> bool:
    """Whether the catalogue has a heading for the field of the model."""
    return _entry(model, field) is not None


def heading(model: str | None, field: str, language: Language) -> str:
    """The heading of a field; the field's name where the catalogue has none."""
    entry = _entry(model, field)
    return field if entry is None else entry[language]


def _entry(model: str | None, field: str) -> dict[str, str] | None:
    own = _catalogue().get(model or "", {}).get(field)
    return own or _catalogue()[_EVERYWHERE].get(field)
