"""Published delisting decisions as the registry carries them out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar
from uuid import UUID

from sqlalchemy import Date, Text, Uuid, Values, column, values

from shared.events.consumer import Received
from shared.events.contracts.evaluation import DelistingDecidedData
from shared.events.outbox import EventContext
from shared.policy.rules import BanPeriod, ban_period

D = TypeVar("D", bound=DelistingDecidedData)


@dataclass(frozen=True, slots=True)
class DelistingOrder:
    """One case to carry out, with the context of the event that ordered it. `barred_operator` is None where the edition
    spares the operator of record."""

    case_id: UUID
    centre_id: UUID
    barred_operator: str | None
    decision_no: str
    published_on: date
    ban: BanPeriod
    edition: str | None
    context: EventContext

    @classmethod
    def of(cls, event: Received[D]) -> DelistingOrder:
        """Out of a decision, or of a reminder that repeats it."""
        data = event.data
        return cls(
            case_id=data.id,
            centre_id=data.centre_id,
            barred_operator=data.operator_code if data.operator_barred else None,
            decision_no=data.decision_no,
            published_on=data.published_on,
            ban=ban_period(data.published_on, data.ban_years),
            edition=event.edition,
            context=EventContext.caused_by(event),
        )


def as_table(orders: Sequence[DelistingOrder]) -> Values:
    """The orders as a table that statements join, so that a batch is swept at once."""
    return values(
        column("case_id", Uuid),
        column("centre_id", Uuid),
        column("barred_operator", Text),
        column("decision_no", Text),
        column("published_on", Date),
        column("last_barred_day", Date),
        column("first_open_day", Date),
        name="delisting_order",
    ).data(
        [
            (
                order.case_id,
                order.centre_id,
                order.barred_operator,
                order.decision_no,
                order.published_on,
                order.ban.last_barred_day,
                order.ban.first_open_day,
            )
            for order in orders
        ]
    )
