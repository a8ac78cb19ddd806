"""Base models of everything that comes in and goes out as JSON, query or form."""

from __future__ import annotations

import unicodedata

from pydantic import BaseModel, ConfigDict, field_validator
from pydantic_core import PydanticCustomError

_KEPT_CONTROLS = frozenset("\t\n\r")
_BIDI_CONTROLS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def acceptable(text: str) -> bool:
    """Whether a text can be stored and shown as it reads.

    Not acceptable: NUL and other control characters (PostgreSQL and spreadsheets refuse them), lone surrogates
    (no UTF-8 form) and bidirectional controls, which make a name read as another (Unicode TR 36).
    """
    if text.isascii() and text.isprintable():
        return True
    return not any(_refused(character) for character in text)


def _refused(character: str) -> bool:
    category = unicodedata.category(character)
    return (category == "Cc" and character not in _KEPT_CONTROLS) or category == "Cs" or character in _BIDI_CONTROLS


def clean(value: object) -> object:
    """Normalise every text in a plain value to NFC; raises for a text that is not acceptable."""
    if isinstance(value, str):
        if not acceptable(value):
            raise PydanticCustomError("text_not_acceptable", "control or invisible characters are not allowed")
        return unicodedata.normalize("NFC", value)
    if isinstance(value, list):
        return [clean(item) for item in value]
    if isinstance(value, dict):
        return {clean(key): clean(item) for key, item in value.items()}
    return value


class Request(BaseModel):
    """What a caller sends. Unknown fields are refused, so that nobody believes an ignored amount."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    @field_validator("*", mode="before")
    @classmethod
    def _clean_text(cls, value: object) -> object:
        return clean(value)


class Response(BaseModel):
    """What a service answers; built from plain values or straight from a row's attributes."""

    model_config = ConfigDict(from_attributes=True, frozen=True)
