"""What goes when a winner takes its consent back, or may be known no longer."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.activities.queries import SHELF
from services.registry.activities.winners.models import ActivityWinner
from services.registry.activities.winners.usecases import tell
from services.registry.documents.models import Document
from services.registry.personal_data.hooks import PendingFiles
from services.registry.persons.models import Consent
from services.registry.remarks.models import CaseRemark
from shared.clock import utcnow
from shared.events import outbox
from shared.events.contracts import registry as rc
from shared.events.outbox import EventContext


async def consent_withdrawn(session: AsyncSession, consent: Consent, context: EventContext) -> None:
    """The name, and the photograph on which the person is seen, are shown no more; the result stays."""
    for winner in await _of_person(session, consent.person_id):
        if consent.subject_id not in (None, winner.id) or not winner.name_shown:
            continue
        photo_id, winner.photo_id, winner.name_shown = winner.photo_id, None, False
        await tell(session, rc.ActivityWinnerNameWithdrawn, winner, context)
        await _remove_photograph(session, None, photo_id, context)


async def erase_person(session: AsyncSession, files: PendingFiles, person_id: UUID, context: EventContext) -> None:
    """The result stays as somebody's; who it was, what was written about it and its photograph go."""
    for winner in await _of_person(session, person_id):
        if winner.erased_on is not None:
            continue
        photo_id, winner.photo_id, winner.name_shown = winner.photo_id, None, False
        winner.erased_on = context.effective_on
        await session.execute(update(CaseRemark).where(CaseRemark.subject_id == winner.id).values(text=None))
        await tell(session, rc.ActivityWinnerErased, winner, context)
        await _remove_photograph(session, files, photo_id, context)


async def _of_person(session: AsyncSession, person_id: UUID) -> list[ActivityWinner]:
    query = select(ActivityWinner).where(ActivityWinner.person_id == person_id).order_by(ActivityWinner.id)
    return list(await session.scalars(query.with_for_update()))


async def _remove_photograph(
    session: AsyncSession, files: PendingFiles | None, photo_id: UUID | None, context: EventContext
) -> None:
    """Take it off the shelf; its file goes at once where `files` is given, else with the next sweep. Its hash stays."""
    if photo_id is None:
        return
    query = select(Document).where(Document.id == photo_id, Document.subject_kind == SHELF)
    document: Document | None = await session.scalar(query.with_for_update())
    if document is None or document.removed_at is not None:
        return
    if files is not None:
        await files.remove([document.key])
    document.removed_by, document.removed_at, document.name = context.actor, utcnow(), ""
    state = rc.DocumentState.model_validate(document, from_attributes=True)
    await outbox.append(session, rc.DocumentRemoved, document, state, context=context)
