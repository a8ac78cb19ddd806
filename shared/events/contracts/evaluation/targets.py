"""Yearly targets and their actual figures (1.2-3, 1.2-4)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from pydantic import Field

from shared.events.types import Audience, EventData, EventType, Topic

TARGET = Topic("evaluation.target", "Yearly targets (年度目标)")


class TargetActual(EventData):
    """A figure as somebody entered it. `confirmed` ones count; one that was corrected stays as `superseded`."""

    id: UUID
    quarter: int
    as_of_on: date
    value: Decimal
    by_division: dict[str, Decimal] = Field(default_factory=dict)
    status: str
    document_no: str
    corrects_id: UUID | None
    reason_code: str | None


class TargetState(EventData):
    """A target with every figure ever entered for it; computed ones have none."""

    id: UUID
    no: str
    item: str
    year: int
    operator: str
    value: Decimal
    tolerance_percent: Decimal
    unit: str
    measure: str
    source: str
    actuals: tuple[TargetActual, ...]


def _type(name: str, summary: str, audience: Audience = Audience.INTERNAL) -> EventType[TargetState]:
    return EventType(TARGET, f"{TARGET.name}.{name}.v1", TargetState, audience, summary)


TargetSet = _type("set", "An edition's target is on the ledger.", Audience.BUREAU)
TargetActualEntered = _type("actual_entered", "A figure came in; it counts once confirmed.")
TargetActualCorrected = _type("actual_corrected", "A figure is to be replaced; the old one stays on record.")
TargetActualConfirmed = _type("actual_confirmed", "A second person confirmed a figure.", Audience.BUREAU)
