"""What may be entered as an asset of a grant (3.1-2)."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from shared.policy.decision import Decision, RuleInput
from shared.policy.edition import Edition

ASSET_LIST: Final = "asset_list"
"""The evidence of purposes that buy equipment."""


def decide_asset(edition: Edition, *, purpose: str, paid_for: bool, amount: Decimal, unlisted: Decimal) -> Decision:
    """3.1-2: equipment is listed for grants whose purpose buys it, against a payment that was made on purpose
    (`paid_for`), and for no more than the payment has left (`unlisted`)."""
    evidence = edition.grants.purposes[purpose].evidence.value
    inputs: dict[str, RuleInput] = {"purpose": purpose, "amount": amount}
    for passed, message, limit in (
        (evidence == ASSET_LIST, "asset-not-for-purpose", None),
        (paid_for, "asset-not-paid-for", None),
        (amount <= unlisted, "asset-above-payment", unlisted),
    ):
        if not passed:
            return edition.decision(edition.result("grants.assets", False, inputs, message=message, limit=limit))
    return edition.decision(edition.result("grants.assets", True, inputs, message="rule-met", limit=unlisted))


def decide_found(edition: Edition, *, condition: str, found: int, quantity: int) -> Decision:
    """3.1-2: a check counts what is there: none where it is missing, at least one otherwise, never more than listed."""
    inputs: dict[str, RuleInput] = {"condition": condition, "found": found}
    passed = found == 0 if condition == "missing" else 0 < found <= quantity
    message = "rule-met" if passed else "asset-count-impossible"
    return edition.decision(edition.result("grants.assets", passed, inputs, message=message, limit=quantity))
