"""Which edition a case is decided under, and refusing what a decision does not pass."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import cache

from services.registry.settings import PolicySettings
from shared.http.validation import Fault, PayloadInvalid
from shared.policy.edition import Edition, Editions, PolicyNotInForce, load_editions
from shared.refusals import require_passed

__all__ = [
    "edition_at",
    "edition_of_case",
    "edition_of_event",
    "loaded_editions",
    "require_known",
    "require_passed",
]


@cache
def loaded_editions() -> Editions:
    """The editions of this process, read once, for event handlers; requests take the runtime's."""
    return load_editions(PolicySettings().policy_dir)


def edition_at(editions: Editions, day: date) -> Edition:
    """The edition in force on the day, or the closest one, whose rules then say that it is not in force.

    Raises PolicyNotInForce where no edition was ever loaded.
    """
    edition = editions.closest_to(day)
    if edition is None:
        raise PolicyNotInForce(day, None)
    return edition


def edition_of_case(editions: Editions, pinned: str | None, day: date) -> Edition:
    """6-1: a case finishes under the edition it was applied for under; a new one takes the edition of its day."""
    return editions.get(pinned) if pinned else edition_at(editions, day)


def edition_of_event(editions: Editions, pinned: str | None, day: date) -> Edition:
    """The edition an event cites, or that of its day where it cites none or one that is not loaded here."""
    return next((edition for edition in editions if edition.id == pinned), None) or edition_at(editions, day)


def require_known(field: str, values: Iterable[str], known: Iterable[str]) -> None:
    """422 for a word that the edition does not have; names those it has."""
    words = tuple(known)
    if any(value not in words for value in values):
        raise PayloadInvalid(Fault(field, "enum", {"expected": ", ".join(words)}))
