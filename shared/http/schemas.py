"""Base models of everything that comes in and goes out as JSON, query or form."""

from __future__ import annotations

import unicodedata
from functools import cache

from pydantic import BaseModel, ConfigDict, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from shared.http.limits import excess
from shared.identifiers import holds_identity_number

_KEPT_CONTROLS = frozenset("\t\n\r")
_NUMBER_LENGTH = 18
_INVISIBLE = frozenset("\u200b\u2060\ufeff\u180e")
_BIDI_CONTROLS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")

_HIDDEN = _BIDI_CONTROLS | _INVISIBLE


def acceptable(text: str) -> bool:
    """Whether a text can be stored and shown as it reads.

    Not acceptable: NUL and other control characters (PostgreSQL and spreadsheets refuse them), lone surrogates
    (no UTF-8 form), bidirectional controls and spaces of no width, which make a name read as another (Unicode TR 36).
    """
    if text.isascii() and text.isprintable():
        return True
    return not any(_refused(character) for character in text)


def _refused(character: str) -> bool:
    category = unicodedata.category(character)
    return (category == "Cc" and character not in _KEPT_CONTROLS) or category == "Cs" or character in _HIDDEN


def printable(text: str) -> str:
    """The text with U+FFFD in place of every character that is not acceptable, to be shown in a refusal."""
    return "".join("\N{REPLACEMENT CHARACTER}" if _refused(character) else character for character in text)


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


def refuse_identity_numbers(value: object) -> None:
    """Identity numbers belong into the one field made for them; anywhere else they would end up in answers, and in
    events that are kept for ever. Raises for a text that holds one; models inside a model look for themselves."""
    if isinstance(value, str):
        if len(value) >= _NUMBER_LENGTH and holds_identity_number(value):
            raise PydanticCustomError("identity_number", "an identity number does not belong here")
    elif isinstance(value, list):
        for item in value:
            refuse_identity_numbers(item)


@cache
def _secrets_of(model: type[BaseModel]) -> frozenset[str]:
    """The fields that are meant to be kept from sight."""
    return frozenset(name for name, field in model.model_fields.items() if "SecretStr" in str(field.annotation))


class Request(BaseModel):
    """What a caller sends. Unknown fields are refused, so that nobody believes an ignored amount."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    @field_validator("*", mode="before")
    @classmethod
    def _clean_text(cls, value: object, info: ValidationInfo) -> object:
        cleaned = clean(value)
        if info.field_name not in _secrets_of(cls):
            refuse_identity_numbers(cleaned)
        field = cls.model_fields.get(info.field_name or "")
        if field is not None:
            for fault in excess(field.annotation, cleaned, (), field.metadata):
                raise PydanticCustomError(fault.kind, "more than any field takes", dict(fault.limits))
        return cleaned


class Response(BaseModel):
    """What a service answers; built from plain values or straight from a row's attributes."""

    model_config = ConfigDict(from_attributes=True, frozen=True)
