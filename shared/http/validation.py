"""What is wrong with a payload, field by field, without repeating what was sent: it may be personal data."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from shared.http.messages import Language, Messages
from shared.http.schemas import printable
from shared.identifiers import holds_identity_number

MAX_FAULTS = 100
_MAX_NAME = 200
_CHOICES = frozenset({"literal_error", "enum"})
_QUOTED = re.compile(r"'([^']*)'")
"""Pydantic writes the choices as an English sentence."""
_PLACES = frozenset({"body", "query", "path", "header", "cookie", "form"})


@dataclass(frozen=True, slots=True)
class Fault:
    """One field's fault: dotted name, type (a key of ``[fields]`` in the messages) and the limits it broke."""

    field: str
    type: str
    params: Mapping[str, object]

    def render(self, messages: Messages, language: Language) -> dict[str, str]:
        """The entry of a problem's ``errors``."""
        return {"field": self.field, "message": messages.field(self.type, language, self.params)}


class PayloadInvalid(Exception):
    """The request cannot be understood field by field; answered 422 ``validation-failed``."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__("validation-failed")
        self.faults = faults

    @classmethod
    def at(cls, field: str, fault: str) -> PayloadInvalid:
        """One fault in one field."""
        return cls(Fault(field_name([field]), fault, {}))


def faults_of(errors: Sequence[Mapping[str, object]]) -> list[Fault]:
    """Faults out of pydantic's errors, at most 100."""
    return [_fault(error) for error in errors[:MAX_FAULTS]]


def _fault(error: Mapping[str, object]) -> Fault:
    kind = str(error.get("type", "invalid"))
    context = error.get("ctx")
    params = dict(context) if isinstance(context, Mapping) else {}
    if kind == "value_error":
        kind = str(getattr(params.get("error"), "reason", "invalid"))
    if kind == "json_invalid":
        return Fault("body", kind, {})
    location = error.get("loc")
    parts = list(location) if isinstance(location, Sequence) and not isinstance(location, str) else []
    if kind == "model_attributes_type" and parts == ["body"]:
        kind = "content_type" if isinstance(error.get("input"), bytes) else kind
    params = {name: value for name, value in params.items() if isinstance(value, str | int | float | Decimal)}
    if kind in _CHOICES:
        params["expected"] = ", ".join(_QUOTED.findall(str(params.get("expected", ""))))
    return Fault(field_name(parts), kind, params)


def field_name(parts: Sequence[object]) -> str:
    """Dotted name without the place it came in; names a caller made up are cut and made printable."""
    names = list(parts)
    if len(names) > 1 and names[0] in _PLACES:
        names = names[1:]
    name = ".".join(str(part) for part in names)[:_MAX_NAME]
    if holds_identity_number(name):
        return "\N{REPLACEMENT CHARACTER}"
    return printable(name)
