"""What becomes of applications when their programme closes (4.3-3)."""

from __future__ import annotations

from collections import defaultdict
from typing import Final
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.applications.models import Application
from services.vouchers.steps import OPEN, REFUSED
from shared.events import outbox
from shared.events.contracts import vouchers as vc
from shared.events.outbox import EventContext

ANSWER: Final = "本批次发放计划已结束，不再受理申请。 The programme is closed and takes no more applications."
RULES: Final = ("vouchers.application",)


async def refuse_open(session: AsyncSession, programme_id: UUID, context: EventContext) -> int:
    """Refuse all that wait, in one step; how many. The caller holds the programme locked: who applies or approves
    beside this finds it closed. One that was made or reviewed after the day of closing is refused on its own day."""
    waiting = (Application.programme_id == programme_id) & Application.status.in_(OPEN)
    await session.execute(select(Application.id).where(waiting).order_by(Application.id).with_for_update())
    day = func.greatest(context.effective_on, Application.submitted_on, Application.reviewed_on)
    refusing = (
        update(Application)
        .where(waiting)
        .values(
            status=REFUSED,
            decided_by=context.actor,
            decided_on=day,
            answer=ANSWER,
            version=Application.version + 1,
            updated_at=func.now(),
        )
        .returning(Application)
    )
    bulk = {"synchronize_session": False, "populate_existing": True}
    refused = sorted(await session.scalars(refusing, execution_options=bulk), key=lambda one: one.id)
    by_edition: defaultdict[str, list[Application]] = defaultdict(list)
    for one in refused:
        by_edition[one.edition].append(one)
    for edition, some in by_edition.items():
        rows = [(one.id, one.version, vc.ApplicationState.model_validate(one, from_attributes=True)) for one in some]
        await outbox.append_many(session, vc.ApplicationRefused, rows, context=context, rules=RULES, edition=edition)
    return len(refused)
