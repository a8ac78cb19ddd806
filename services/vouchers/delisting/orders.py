"""Delistings to carry out, as the events ask for them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final, TypeVar
from uuid import UUID

from shared.events.consumer import Received
from shared.events.contracts import evaluation as ev, registry as rc
from shared.events.outbox import EventContext

R = TypeVar("R", bound=ev.DelistingRemedyData)
RULES: Final = ("vouchers.delisted_released", "vouchers.delisted_honoured")


@dataclass(frozen=True, slots=True)
class Order:
    """One case: stop what depends on its centre."""

    case_id: UUID
    centre_id: UUID
    effective_on: date
    edition: str | None
    context: EventContext

    @classmethod
    def of_registry(cls, event: Received[rc.CentreDelistedData]) -> Order:
        """The registry has delisted the centre."""
        data = event.data
        return cls(data.case_id, data.id, data.published_on, event.edition, EventContext.caused_by(event))

    @classmethod
    def of_reminder(cls, event: Received[ev.DelistingRemindedData]) -> Order:
        """The case misses this service's confirmation."""
        data = event.data
        return cls(data.id, data.centre_id, data.published_on, event.edition, EventContext.caused_by(event))

    @classmethod
    def of_stay(cls, event: Received[rc.TenancyState]) -> Order:
        """A stay that ends with its centre. Raises ValueError for one that names no case."""
        data = event.data
        if data.relocation_case_id is None:
            raise ValueError(f"tenancy {data.id} is due for relocation without a case")
        context = EventContext.caused_by(event)
        return cls(data.relocation_case_id, data.centre_id, event.effective_on, event.edition, context)

    @classmethod
    def of_decision(cls, event: Received[R]) -> Order:
        """The decision that an order is about, for a service that has not carried it out yet."""
        data = event.data
        return cls(data.id, data.centre_id, data.published_on, event.edition, EventContext.caused_by(event))
