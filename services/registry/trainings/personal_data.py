"""What training does when a consent ends or a person is erased."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ColumnElement, select, true, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.personal_data.hooks import PendingFiles
from services.registry.persons.models import Consent
from services.registry.remarks.models import CaseRemark
from services.registry.trainings import rules
from services.registry.trainings.enrolments.usecases import withdraw
from services.registry.trainings.models import Enrolment, TrainingCertificate
from services.registry.trainings.scopes import lock_session
from shared.events.outbox import EventContext


async def consent_withdrawn(session: AsyncSession, consent: Consent, context: EventContext) -> None:
    """Who no longer agrees is no longer enrolled: places and turns to come are given to the next. What was attended
    stays attended, and a certificate stays valid; its verification names nobody any more."""
    whose = true() if consent.subject_id is None else Enrolment.id == consent.subject_id
    await _withdraw(session, consent.person_id, whose, context, "consent_withdrawn")


async def erase_person(session: AsyncSession, files: PendingFiles, person_id: UUID, context: EventContext) -> None:
    """Training keeps nothing of a person but its reference; remarks on its enrolments and certificates go."""
    await _withdraw(session, person_id, true(), context, "erased")
    for table in (Enrolment, TrainingCertificate):
        cases = select(table.id).where(table.person_id == person_id)
        await session.execute(update(CaseRemark).where(CaseRemark.subject_id.in_(cases)).values(text=None))


async def _withdraw(
    session: AsyncSession, person_id: UUID, whose: ColumnElement[bool], context: EventContext, reason_code: str
) -> None:
    query = select(Enrolment.id, Enrolment.session_id).where(
        Enrolment.person_id == person_id, Enrolment.status.in_(rules.OPEN), whose
    )
    for enrolment_id, training_id in (await session.execute(query.order_by(Enrolment.session_id))).all():
        training = await lock_session(session, true(), training_id)
        enrolment = await session.get_one(Enrolment, enrolment_id, with_for_update=True, populate_existing=True)
        if enrolment.status in rules.OPEN:
            await withdraw(session, enrolment, training, context, reason_code)
