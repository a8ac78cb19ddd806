"""From a decision that did not pass to the problem the caller gets."""

from __future__ import annotations

from shared.errors import DomainError
from shared.policy.decision import Decision


def refusal(decision: Decision, status: int = 409) -> DomainError:
    """The first failed rule names the problem; the decision shows all of them. Its message is the problem's code."""
    first = decision.failures[0]
    return DomainError(first.message, status, params={**first.inputs, "limit": first.limit}, decision=decision)


def require_passed(decision: Decision, status: int = 409) -> Decision:
    """The decision itself if it passed; raises the refusal otherwise."""
    if not decision.passed:
        raise refusal(decision, status)
    return decision
