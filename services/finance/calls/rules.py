"""Whether a call takes an application (3.1-4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from shared.policy.decision import Decision, RuleInput
from shared.policy.edition import Edition


@dataclass(frozen=True, slots=True)
class Window:
    """A published call as one tier has it, both days inclusive."""

    call_id: UUID
    no: str
    tier: str
    opens_on: date
    closes_on: date

    def takes(self, tier: str, day: date) -> bool:
        return self.tier == tier and self.opens_on <= day <= self.closes_on


def decide_call(edition: Edition, *, tier: str, day: date, windows: Sequence[Window]) -> Decision:
    """3.1-4: where a call is published for the fiscal year, its window binds, from the first day to the last. Without
    one the edition says whether anybody may apply. `windows` are those of the year, of all tiers."""
    inputs: dict[str, RuleInput] = {"tier": tier, "day": day}
    if not windows:
        required = edition.grants.call_required.value
        message = "grant-call-missing" if required else "grant-call-not-required"
        return _one(edition, not required, inputs, message)
    mine = [window for window in windows if window.tier == tier]
    if not mine:
        called = ", ".join(sorted({window.tier for window in windows}))
        return _one(edition, False, inputs, "grant-call-not-for-tier", limit=called)
    nearest = nearest_window(mine, day)
    inputs |= {"call": nearest.no, "opens_on": nearest.opens_on, "closes_on": nearest.closes_on}
    is_open = nearest.takes(tier, day)
    limit = f"{nearest.opens_on}/{nearest.closes_on}"
    return _one(edition, is_open, inputs, "rule-met" if is_open else "grant-call-not-open", limit=limit)


def nearest_window(windows: Sequence[Window], day: date) -> Window:
    """The one that is open; else the next to open; else the last that closed."""
    is_open = [window for window in windows if window.opens_on <= day <= window.closes_on]
    coming = sorted((window for window in windows if window.opens_on > day), key=lambda window: window.opens_on)
    return (is_open or coming or sorted(windows, key=lambda window: window.closes_on)[-1:])[0]


def _one(
    edition: Edition, passed: bool, inputs: Mapping[str, RuleInput], message: str, *, limit: str | None = None
) -> Decision:
    return edition.decision(edition.result("grants.call", passed, inputs, message=message, limit=limit))
