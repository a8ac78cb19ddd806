"""What alliances keep of natural persons who are members: nothing goes on without their consent (4.6-1)."""

from __future__ import annotations

from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, select, true, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.alliances import rules
from services.registry.alliances.memberships import end_where
from services.registry.alliances.models import AllianceMember
from services.registry.alliances.parties import SHELF
from services.registry.personal_data.hooks import PendingFiles, remove_documents
from services.registry.persons.models import Consent, Person
from services.registry.remarks.models import CaseRemark
from shared.events.outbox import EventContext

CONSENT_WITHDRAWN: Final = "consent_withdrawn"
CONSENT_LAPSED: Final = "consent_lapsed"
ERASED: Final = "person_erased"


async def consent_withdrawn(session: AsyncSession, consent: Consent, context: EventContext) -> None:
    """Without its consent nobody is a member: from the day on which it is taken back. One that lapses ends only what
    was asked for; that of a member does not lapse."""
    its = AllianceMember.person_id == consent.person_id
    of = and_(its, AllianceMember.id == consent.subject_id if consent.subject_id is not None else true())
    day = context.effective_on
    if consent.withdrawn_on is not None:
        await end_where(session, of, day, context, reason_code=CONSENT_WITHDRAWN)
    elif consent.subject_id is not None:
        await end_where(session, of, day, context, reason_code=CONSENT_LAPSED, states=rules.OPEN)


async def erase_person(session: AsyncSession, files: PendingFiles, person_id: UUID, context: EventContext) -> None:
    """The papers and what was written about its memberships go; that somebody was a member stays, and counts."""
    its = AllianceMember.person_id == person_id
    await end_where(session, its, context.effective_on, context, reason_code=ERASED)
    ids = list(await session.scalars(select(AllianceMember.id).where(its)))
    await session.execute(update(CaseRemark).where(CaseRemark.subject_id.in_(ids)).values(text=None))
    await remove_documents(session, files, SHELF, ids, context)


def holds(day: date) -> ColumnElement[bool]:
    """Who is a member is kept, however long."""
    _ = day
    member = AllianceMember
    return exists().where(member.person_id == Person.id, member.status == rules.ACTIVE)


def rests() -> ColumnElement[bool]:
    """The consent of a member does not lapse; its time begins with the end of the membership."""
    member = AllianceMember
    its = and_(member.id == Consent.subject_id, member.person_id == Consent.person_id)
    return exists().where(its, member.status == rules.ACTIVE)
