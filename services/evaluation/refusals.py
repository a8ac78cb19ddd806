"""Turning a decision that did not pass into the refusal that the caller reads."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from shared.errors import invalid_transition
from shared.http.validation import Fault, PayloadInvalid
from shared.refusals import require_passed

__all__ = ["require_known", "require_passed", "require_status"]


def require_status(current: str, allowed_from: Sequence[str]) -> None:
    """409 `invalid-transition` naming the states that the step is possible from."""
    if current not in allowed_from:
        raise invalid_transition(current, allowed_from)


def require_known(field: str, values: Iterable[str], known: Iterable[str]) -> None:
    """422 for a word that the edition does not have; names those it has."""
    words = tuple(known)
    if any(value not in words for value in values):
        raise PayloadInvalid(Fault(field, "enum", {"expected": ", ".join(words)}))
