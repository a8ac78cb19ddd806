"""Grants of a failed centre rest until its rectification is accepted (2.3-4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import Row, func, null, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.centres import open_failure
from services.finance.grants import states
from services.finance.grants.cases import state_of
from services.finance.grants.models import Grant
from services.finance.projections import known_centre
from shared.events import outbox
from shared.events.contracts.finance import GrantHeld, GrantReleased, GrantState
from shared.events.outbox import EventContext
from shared.events.types import EventType

RULES = ("grants.held_until_rectified",)


async def settle_holds(session: AsyncSession, causes: Mapping[UUID, EventContext]) -> None:
    """Hold what is pending at these centres if they have an unrectified fail, and release it if they have none.

    `causes` is centre → what made the question come up. It is asked of what is known now of results and rectifications,
    so the order in which their topics arrive does not matter, and asking twice changes nothing.
    """
    await _lock_centres(session, causes)
    held = (
        update(Grant)
        .where(
            Grant.centre_id.in_(causes),
            Grant.status.in_(states.PENDING),
            Grant.hold_on_failure,
            open_failure(Grant.centre_id),
        )
        .values(status=states.HELD, held_from=Grant.status, reason_code=states.EVALUATION_FAILED)
    )
    released = (
        update(Grant)
        .where(Grant.centre_id.in_(causes), Grant.status == states.HELD, ~open_failure(Grant.centre_id))
        .values(status=Grant.held_from, held_from=null(), reason_code=null())
    )
    for event_type, statement in ((GrantHeld, held), (GrantReleased, released)):
        raised = statement.values(version=Grant.version + 1, updated_at=func.now())
        rows = await session.execute(
            raised.returning(*Grant.__table__.columns), execution_options={"synchronize_session": False}
        )
        await _announce(session, event_type, rows.all(), causes)


async def _lock_centres(session: AsyncSession, causes: Mapping[UUID, EventContext]) -> None:
    """Exclusively, by id: steps on their grants are finished by then, and later ones see what is done here."""
    query = select(known_centre.c.id).where(known_centre.c.id.in_(causes)).order_by(known_centre.c.id)
    await session.execute(query.with_for_update())


async def _announce(
    session: AsyncSession,
    event_type: EventType[GrantState],
    rows: Sequence[Row[tuple[object, ...]]],
    causes: Mapping[UUID, EventContext],
) -> None:
    by_centre: dict[UUID, list[tuple[UUID, int, GrantState]]] = {}
    for row in sorted(rows, key=lambda row: str(row.no)):
        by_centre.setdefault(row.centre_id, []).append((row.id, row.version, state_of(row)))
    for centre_id, events in by_centre.items():
        await outbox.append_many(session, event_type, events, context=causes[centre_id], rules=RULES)
