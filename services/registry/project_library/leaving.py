"""What a person's consent and data mean to the library: taken back it takes projects off the page at once, and what was
written about somebody goes when the person is erased."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, exists, or_, select, true, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.personal_data.hooks import HIDDEN, PendingFiles, remove_documents
from services.registry.persons.models import Consent, Person
from services.registry.project_library import rules
from services.registry.project_library.follow_ups import end_claim
from services.registry.project_library.items import take_out
from services.registry.project_library.models import LibraryClaim, LibraryFollowUp, LibraryItem
from services.registry.project_library.queries import ITEM, lock_item
from services.registry.project_library.state import record_claim
from services.registry.remarks.models import CaseRemark
from shared.events.contracts import registry as rc
from shared.events.outbox import EventContext


async def consent_withdrawn(session: AsyncSession, consent: Consent, context: EventContext) -> None:
    """The owner's projects leave the library, but for those that a founder has: they leave when the founder is done. A
    founder's requests end, and what it has goes back."""
    subject = consent.subject_id
    mine = [LibraryItem.owner_person_id == consent.person_id, LibraryItem.status.in_(rules.WITHDRAWABLE)]
    if subject is not None:
        mine.append(LibraryItem.id == subject)
    for item_id in list(await session.scalars(select(LibraryItem.id).where(*mine).order_by(LibraryItem.id))):
        item = await lock_item(session, true(), item_id)
        if item.status in rules.WITHDRAWABLE and not await _agreed_otherwise(session, consent, item.id):
            await take_out(session, item, rules.CONSENT_WITHDRAWN, context)
    chosen = [LibraryClaim.person_id == consent.person_id, LibraryClaim.status.in_((rules.REQUESTED, rules.CLAIMED))]
    if subject is not None:
        chosen.append(LibraryClaim.id == subject)
    for claim in list(await session.scalars(select(LibraryClaim).where(*chosen).order_by(LibraryClaim.id))):
        if not await _agreed_otherwise(session, consent, claim.id):
            await _give_back(session, claim, context)


async def _give_back(session: AsyncSession, claim: LibraryClaim, context: EventContext) -> None:
    item = await lock_item(session, true(), claim.item_id)
    await session.refresh(claim, with_for_update=True)
    if claim.status == rules.REQUESTED:
        claim.status, claim.ended_on = rules.TAKEN_BACK, max(context.effective_on, claim.requested_on)
        await record_claim(session, rc.LibraryClaimTakenBack, claim, context)
    elif claim.status == rules.CLAIMED:
        claim.reason_code = rules.CONSENT_WITHDRAWN
        await end_claim(session, item, claim, rules.ABANDONED, rc.LibraryClaimAbandoned, context)


async def _agreed_otherwise(session: AsyncSession, ended: Consent, subject_id: UUID) -> bool:
    """A consent to everything covers what one to this alone does not any more, and the other way round."""
    other = Consent
    query = exists().where(
        other.person_id == ended.person_id,
        other.purpose == ended.purpose,
        other.id != ended.id,
        other.withdrawn_on.is_(None),
        other.lapsed_on.is_(None),
        or_(other.subject_id.is_(None), other.subject_id == subject_id),
    )
    return bool(await session.scalar(select(query)))


async def erase_person(session: AsyncSession, files: PendingFiles, person_id: UUID, context: EventContext) -> None:
    """The papers of the person's projects, its name in what they say, the plans it wrote, what was noted at its
    follow-ups, and remarks on either. Numbers, days and states stay."""
    items = list(await session.scalars(select(LibraryItem.id).where(LibraryItem.owner_person_id == person_id)))
    claims = list(await session.scalars(select(LibraryClaim.id).where(LibraryClaim.person_id == person_id)))
    if items:
        await remove_documents(session, files, ITEM, items, context)
        await _unname(session, items, await session.scalar(select(Person.name).where(Person.id == person_id)))
    if claims:
        await session.execute(update(LibraryClaim).where(LibraryClaim.id.in_(claims)).values(plan=None))
        await session.execute(update(LibraryFollowUp).where(LibraryFollowUp.claim_id.in_(claims)).values(note=None))
    if subjects := [*items, *claims]:
        await session.execute(update(CaseRemark).where(CaseRemark.subject_id.in_(subjects)).values(text=None))


async def _unname(session: AsyncSession, items: list[UUID], name: str | None) -> None:
    if not name:
        return
    own = select(LibraryItem).where(LibraryItem.id.in_(items)).order_by(LibraryItem.id).with_for_update()
    for item in await session.scalars(own):
        item.name, item.summary = item.name.replace(name, HIDDEN), item.summary.replace(name, HIDDEN)
    await session.flush()


def holds(day: date) -> ColumnElement[bool]:
    """A founder who has a project is kept as long as it has it."""
    _ = day
    return exists().where(LibraryClaim.person_id == Person.id, LibraryClaim.status == rules.CLAIMED)
