"""From decisions to refusals, and the checks of words and dates that every step makes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from shared.errors import DomainError
from shared.http.validation import Fault, PayloadInvalid
from shared.policy.decision import Decision


def refusal(decision: Decision) -> DomainError:
    """409 named by the first rule that failed: its message is the problem's code, its inputs fill the text."""
    first = decision.failures[0]
    return DomainError(first.message, 409, params={**first.inputs, "limit": first.limit}, decision=decision)


def require_passed(decision: Decision) -> Decision:
    """The decision itself if it passed. Raises its refusal otherwise."""
    if not decision.passed:
        raise refusal(decision)
    return decision


def require_known(field: str, values: Iterable[str], known: Iterable[str]) -> None:
    """422 for a word that the edition (or the issuer) does not have; names those it has."""
    words = tuple(known)
    if any(value not in words for value in values):
        raise PayloadInvalid(Fault(field, "enum", {"expected": ", ".join(words)}))


def require_not_before(earlier: date, day: date) -> None:
    """422 for a step dated before the one it follows."""
    if day < earlier:
        raise DomainError("date-before-earlier-step", 422, params={"sent": day, "earliest": earlier})
