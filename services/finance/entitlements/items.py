"""One thing that can be applied for, and how far the rules let it."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final, Literal, TypeAlias

from shared.policy.decision import Decision

Standing: TypeAlias = Literal["open", "needs", "closed", "ask"]

OPEN: Final = "open"
"""Every rule that can be tested before an application is met."""
NEEDS: Final = "needs"
"""What is not met is for the application to bring, such as the list of hires."""
CLOSED: Final = "closed"
"""A rule stands in the way today."""
ASK: Final = "ask"
"""Another service knows; the link asks it."""
BROUGHT: Final = frozenset(
    {
        "loans.bank_refusal",
        "loans.staff",
        "loans.size_age",
        "loans.hire_ratio",
        "loans.joint_partners",
        "grants.purpose_evidence",
    }
)
"""Rules about what an application brings with it."""

LEAST: Final = Decimal("0.01")
"""What rules are asked about: whether anything at all can be applied for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """`limit`, `counted` and `remaining` are those of the cap that leaves least, in yuan; None without a cap. `state`
    is for programmes that tell themselves what is missing from what is broken."""

    programme: str
    product: str
    subject: str
    apply: str
    dry_run: str | None = None
    decision: Decision | None = None
    limit: Decimal | None = None
    counted: Decimal | None = None
    state: Standing | None = None
    brought: frozenset[str] = field(default=BROUGHT)
    budget: str | None = None
    """The programme whose budget line an approval, or the interest subsidy of a loan, takes its money from."""

    @property
    def standing(self) -> Standing:
        """How far the rules let it."""
        if self.state is not None:
            return self.state
        if self.decision is None:
            return ASK
        broken = {result.rule for result in self.decision.results if not result.passed}
        if not broken:
            return OPEN
        return NEEDS if broken <= self.brought else CLOSED

    @property
    def remaining(self) -> Decimal | None:
        """What may still be applied for under the cap."""
        if self.limit is None or self.counted is None:
            return None
        return max(self.limit - self.counted, Decimal("0.00"))
