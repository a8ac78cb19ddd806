"""What persons owe elsewhere: the loans of finance (3.2-3 to 3.2-5), by the references of who borrows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final, TypeVar

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.personal_data.models import known_loan
from services.registry.persons.models import Person
from shared.events.consumer import Received
from shared.events.contracts.finance.loans import LOAN, LoanState
from shared.events.projection import upsert_projection
from shared.kernel_tables import parked_event

L = TypeVar("L", bound=LoanState)

OVER: Final = ("closed", "refused", "withdrawn")
"""States of a loan after which nothing is owed and nothing applied for. Whatever else finance may say is a loan that
runs: a word that is not known here keeps the person."""


async def know_borrowers(session: AsyncSession, events: Sequence[Received[L]]) -> None:
    """Keep who borrows: the person of the loan and its partners. Whoever is just being looked at by the erasing job is
    waited for, and whoever borrows is passed over by it until this is written. Loans that a partner's test credential
    made oblige nobody."""
    events = [event for event in events if event.data.livemode]
    named = {ref for event in events for ref in (event.data.person_ref, *event.data.partner_refs) if ref}
    held = select(Person.id).where(Person.ref.in_(named)).order_by(Person.id)
    await session.execute(held.with_for_update(read=True))
    rows = [
        {
            "id": event.data.id,
            "version": event.aggregate_version,
            "status": event.data.status,
            "refs": sorted({*filter(None, [event.data.person_ref]), *event.data.partner_refs}),
        }
        for event in events
    ]
    await upsert_projection(session, known_loan, rows)


def holds(day: date) -> ColumnElement[bool]:
    """Who borrows is kept until nothing is owed, whatever was taken back meanwhile; and everybody, as long as something
    that finance told of a loan could not be taken in: it may be about anybody."""
    _ = day
    parked = parked_event.c
    return or_(
        exists().where(known_loan.c.refs.contains(array([Person.ref])), known_loan.c.status.not_in(OVER)),
        exists().where(parked.topic == LOAN.name, parked.applied_at.is_(None)),
    )
