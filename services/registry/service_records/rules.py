"""Which service counts as provided to whom, and what may be said about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

from shared.policy.decision import Decision
from shared.policy.edition import Edition

RECORDED: Final = "recorded"
CONFIRMED: Final = "confirmed"
CONTESTED: Final = "contested"
CORRECTED: Final = "corrected"
STATUSES: Final = (RECORDED, CONFIRMED, CONTESTED, CORRECTED)
ANSWERABLE: Final = (RECORDED,)
CORRECTABLE: Final = (RECORDED, CONFIRMED, CONTESTED)

_CONFIRMED_SERVICES: Final = "services.confirmed_per_enterprise"
"""The rubric's formula that the confirmed records feed."""


@dataclass(frozen=True, slots=True)
class Stay:
    """A tenancy of the enterprise at the centre; both days are included."""

    admitted_on: date
    ended_on: date | None

    def covers(self, day: date) -> bool:
        return self.admitted_on <= day and (self.ended_on is None or day <= self.ended_on)


def record_types(edition: Edition) -> tuple[str, ...]:
    """2.1-1, 2.1-2: the five parts of the service system, technology transfers and new products."""
    return (*edition.centres.service_types, *edition.service_records.achievement_types)


def decide_provided_to_tenant(edition: Edition, stays: Iterable[Stay], provided_on: date) -> Decision:
    """2.1-1: a centre records services only for an enterprise that was its tenant on that day; the first and the last
    day of a stay count."""
    inside = any(stay.covers(provided_on) for stay in stays)
    return edition.decision(
        edition.result(
            "services.tenant_on_the_day",
            inside,
            {"provided_on": provided_on},
            message="service-for-a-tenant" if inside else "service-for-no-tenant",
        )
    )


def decide_proof(edition: Edition, record_type: str, document_no: str | None) -> Decision:
    """2.1-2: a technology transfer or a new product is shown by its contract or certificate."""
    needed = record_type in edition.service_records.achievement_types
    proven = not needed or document_no is not None
    return edition.decision(
        edition.result(
            "services.achievement_proof",
            proven,
            {"type": record_type, "document_no": document_no},
            message="achievement-proven" if proven else "achievement-document-missing",
        )
    )


def counted_at_most(edition: Edition) -> int | None:
    """2.3-2: how many confirmed services of one enterprise and year count for the evaluation; None for no limit."""
    for indicator in edition.rubric.indicators:
        if indicator.formula == _CONFIRMED_SERVICES:
            limit = indicator.params.get("counted_at_most")
            return int(limit) if isinstance(limit, int | str) else None
    return None
