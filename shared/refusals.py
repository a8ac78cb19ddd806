"""From a decision that did not pass to the problem that the caller gets."""

from __future__ import annotations

from shared.errors import DomainError
from shared.policy.decision import Decision


def refusal(decision: Decision, status: int = 409) -> DomainError:
    """The first rule that failed names the problem: its message is the code, its inputs and limit fill the text. The
    decision goes with it and shows all of them."""
    first = decision.failures[0]
    return DomainError(first.message, status, params={**first.inputs, "limit": first.limit}, decision=decision)


def require_passed(decision: Decision, status: int = 409) -> Decision:
    """The decision itself if it passed. Raises its refusal otherwise."""
    if not decision.passed:
        raise refusal(decision, status)
    return decision
