"""Checks of words and dates that every step makes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from shared.errors import DomainError
from shared.http.validation import Fault, PayloadInvalid


def require_known(field: str, values: Iterable[str], known: Iterable[str]) -> None:
    """422 for a word that the edition (or the issuer) does not have; names those it has."""
    words = tuple(known)
    if any(value not in words for value in values):
        raise PayloadInvalid(Fault(field, "enum", {"expected": ", ".join(words)}))


def require_not_before(earlier: date, day: date) -> None:
    """422 for a step dated before the one it follows."""
    if day < earlier:
        raise DomainError("date-before-earlier-step", 422, params={"sent": day, "earliest": earlier})
