"""Published delisting decisions as the registry carries them out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Date, TableValuedAlias, Text, Uuid, column, func, literal
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import TypeEngine

from services.registry.qualifications.rules import plaque_due
from shared.events.consumer import Received
from shared.events.contracts.evaluation import DelistingDecidedData
from shared.events.outbox import EventContext
from shared.ids import uuid7
from shared.policy.edition import Edition
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
    effective_on: date
    """The day from which centre and titles are gone: that of the publication, or of the end of a stay."""
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
            effective_on=data.published_on,
            ban=ban_period(data.published_on, data.ban_years),
            edition=event.edition,
            context=EventContext.caused_by(event),
        )

    def again_from(self, day: date) -> DelistingOrder:
        """The same decision after a stay: its ban is the one it was, what falls now falls on this day."""
        return replace(self, effective_on=day)


@dataclass(frozen=True, slots=True)
class Departure:
    """A centre that leaves the list at its own request; `case_id` is that of the withdrawal."""

    case_id: UUID
    centre_id: UUID
    left_on: date


def as_departures(departures: Sequence[Departure], edition: Edition) -> TableValuedAlias:
    """Departures as the table that the sweeps join which a withdrawal shares with a delisting: no ban, no refusals."""
    columns: list[tuple[str, TypeEngine[Any], list[object]]] = [
        ("case_id", Uuid(), [departure.case_id for departure in departures]),
        ("centre_id", Uuid(), [departure.centre_id for departure in departures]),
        ("published_on", Date(), [departure.left_on for departure in departures]),
        ("plaque_due_on", Date(), [plaque_due(edition, departure.left_on) for departure in departures]),
    ]
    return _unnested(columns, "departure")


def as_table(orders: Sequence[DelistingOrder], edition: Edition) -> TableValuedAlias:
    """The orders as a table that statements join, so that a batch is swept at once.

    Arrays, not VALUES: the statement is the same for any number of orders and compiled once.
    """
    columns: list[tuple[str, TypeEngine[Any], list[object]]] = [
        ("ban_id", Uuid(), [uuid7() for _ in orders]),
        ("case_id", Uuid(), [order.case_id for order in orders]),
        ("centre_id", Uuid(), [order.centre_id for order in orders]),
        ("barred_operator", Text(), [order.barred_operator for order in orders]),
        ("decision_no", Text(), [order.decision_no for order in orders]),
        ("published_on", Date(), [order.effective_on for order in orders]),
        ("last_barred_day", Date(), [order.ban.last_barred_day for order in orders]),
        ("first_open_day", Date(), [order.ban.first_open_day for order in orders]),
        ("plaque_due_on", Date(), [plaque_due(edition, order.effective_on) for order in orders]),
    ]
    return _unnested(columns, "delisting_order")


def _unnested(columns: Sequence[tuple[str, TypeEngine[Any], list[object]]], name: str) -> TableValuedAlias:
    arrays = [literal(values, ARRAY(kind)) for _, kind, values in columns]
    named = [column(name, kind) for name, kind, _ in columns]
    return func.unnest(*arrays).table_valued(*named).render_derived(name=name)
