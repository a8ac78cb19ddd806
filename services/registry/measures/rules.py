"""Which measure is possible from which state of a centre, and by which reasons."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from shared.errors import DomainError, invalid_transition
from shared.policy.edition import Edition


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of measure: the states it starts from, the one it leads to, and the rule that its events cite."""

    name: str
    allowed_from: Sequence[str]
    leads_to: str
    rule: str


SUSPENSION: Final = Kind("suspension", ("listed",), "suspended", "centre.suspension")
RESUMPTION: Final = Kind("resumption", ("suspended",), "listed", "centre.suspension")
WITHDRAWAL: Final = Kind("withdrawal", ("listed", "suspended"), "withdrawn", "centre.withdrawal")

KINDS: Final = {kind.name: kind for kind in (SUSPENSION, RESUMPTION, WITHDRAWAL)}


def reasons_for(edition: Edition, kind: Kind) -> Collection[str]:
    """2.1-1: the reasons that the edition knows for a measure."""
    profile = edition.centre_profile
    known = {
        SUSPENSION.name: profile.suspension_reasons,
        RESUMPTION.name: profile.resumption_reasons,
        WITHDRAWAL.name: profile.withdrawal_reasons,
    }
    return known[kind.name]


def require_proposable(kind: Kind, status: str, waiting: str | None) -> None:
    """2.1-1: one proposal at a time, from a state in which it makes sense. Raises 409 `invalid-transition`,
    `proposal-open`."""
    if status not in kind.allowed_from:
        raise invalid_transition(status, kind.allowed_from)
    if waiting is not None:
        raise DomainError("proposal-open", 409, params={"proposal": waiting})


def require_proposed(kind: Kind, status: str, waiting: str | None) -> None:
    """2.1-1: nothing is decided that nobody proposed. Raises 409 `invalid-transition`, `proposal-missing`."""
    if status not in kind.allowed_from:
        raise invalid_transition(status, kind.allowed_from)
    if waiting != kind.name:
        raise DomainError("proposal-missing", 409, params={"measure": kind.name, "proposal": waiting})
