"""What holds for the register of banks and for the terms of their products (3.2-1, 3.3-1)."""

from __future__ import annotations

from collections.abc import Mapping

from shared.policy.decision import Decision
from shared.policy.edition import Edition

MET = "rule-met"


def decide_another_person(edition: Edition, *, actor: str, handled_by: Mapping[str, str | None]) -> Decision:
    """3.2-1: whoever recorded a bank, a product or its terms does not approve them, whatever the role."""
    own = next((step for step, account in handled_by.items() if account == actor), None)
    message = MET if own is None else "four-eyes-required"
    result = edition.result("banking.four_eyes", own is None, {"own_step": own}, message=message)
    return edition.decision(result)
