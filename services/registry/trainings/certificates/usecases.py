"""Certificates: issued to those who attended, revoked by somebody else (4.8-2)."""

from __future__ import annotations

import secrets
from typing import Final
from uuid import UUID

from sqlalchemy import exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.centres.rules import require_state
from services.registry.policy import edition_at, require_known, require_passed
from services.registry.remarks.usecases import keep_remark
from services.registry.steps import CaseStep, require_four_eyes, step_day
from services.registry.trainings import rules
from services.registry.trainings.models import Enrolment, TrainingAttendance, TrainingCertificate, TrainingSession
from services.registry.trainings.scopes import keeps_session, lock_session
from services.registry.trainings.states import certificate_state, course_of
from shared.auth.principal import Principal
from shared.errors import DomainError, four_eyes_required, not_found
from shared.events import outbox
from shared.events.contracts import registry as rc
from shared.events.outbox import EventContext
from shared.events.types import EventType
from shared.http.etag import honour_match
from shared.ids import next_case_no, uuid7
from shared.policy.edition import Editions

_CHANCE: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's 32: none of them reads as another."""
_CHANCES: Final = 8


async def issue_certificates(
    session: AsyncSession, editions: Editions, principal: Principal, training_id: UUID, step: CaseStep
) -> tuple[TrainingSession, int, int]:
    """Issue one to everybody who attended and has none; again, and nobody gets a second one.

    Raises 409 unless the session is completed, and for a course without certificates; 403 `four-eyes-required` for who
    entered somebody's attendance of this session by hand.
    """
    training = await lock_session(session, keeps_session(principal), training_id)
    honour_match(step.if_match, training.version)
    require_state(training.status, (rules.COMPLETED,))
    course = await course_of(session, training)
    if not course.certified:
        raise DomainError("training-not-certified", 409, clauses=["4.8-2"])
    await _require_other_hands(session, principal, training)
    day = step_day(principal, step.on, after=training.completed_on)
    has_one = exists().where(TrainingCertificate.enrolment_id == Enrolment.id)
    query = select(Enrolment).where(Enrolment.session_id == training.id, Enrolment.status == rules.ATTENDED, ~has_one)
    attended = list(await session.scalars(query.order_by(Enrolment.queue_no).with_for_update(of=Enrolment)))
    edition = edition_at(editions, training.ended_on)
    for enrolment in attended:
        minutes = enrolment.minutes_attended or 0
        decision = require_passed(rules.decide_certificate(edition, attended=minutes, whole=training.minutes))
        certificate = TrainingCertificate(
            id=uuid7(),
            version=0,
            no=await _number(session, day.year),
            session_id=training.id,
            enrolment_id=enrolment.id,
            person_id=enrolment.person_id,
            centre_id=enrolment.centre_id,
            minutes=minutes,
            edition=edition.id,
            decision=decision.to_json(),
            issued_by=principal.account_id,
            issued_on=day,
        )
        session.add(certificate)
        await _record(session, rc.TrainingCertificateIssued, certificate, EventContext.of(principal, day))
    await session.flush()
    of_session = select(func.count()).where(TrainingCertificate.session_id == training.id)
    return training, len(attended), await session.scalar(of_session) or 0


async def revoke_certificate(
    session: AsyncSession, editions: Editions, principal: Principal, certificate_id: UUID, step: CaseStep
) -> TrainingCertificate:
    """End it, with a reason of the edition. Raises 403 `four-eyes-required` for who issued it, 409 for one that is
    revoked."""
    query = select(TrainingCertificate).where(TrainingCertificate.id == certificate_id).with_for_update()
    certificate: TrainingCertificate | None = await session.scalar(query)
    if certificate is None:
        raise not_found("training-certificate")
    honour_match(step.if_match, certificate.version)
    require_state("issued" if certificate.revoked_on is None else "revoked", ("issued",))
    require_four_eyes(principal, certificate.issued_by)
    known = edition_at(editions, principal.today).training.revocation_reasons
    require_known("reason_code", [step.reason_code or ""], known)
    day = step_day(principal, step.on, after=certificate.issued_on)
    certificate.revoked_on, certificate.revoked_by = day, principal.account_id
    certificate.reason_code = step.reason_code
    context = EventContext.of(principal, day)
    await _record(session, rc.TrainingCertificateRevoked, certificate, context, remark=step.remark)
    return certificate


async def _require_other_hands(session: AsyncSession, principal: Principal, training: TrainingSession) -> None:
    by_hand = exists().where(
        TrainingAttendance.session_id == training.id,
        TrainingAttendance.via == rules.HAND,
        TrainingAttendance.struck_at.is_(None),
        TrainingAttendance.recorded_by == principal.account_id,
    )
    if await session.scalar(select(by_hand)):
        raise four_eyes_required()


async def _number(session: AsyncSession, year: int) -> str:
    chance = "".join(secrets.choice(_CHANCE) for _ in range(_CHANCES))
    return f"{await next_case_no(session, 'TZ', year)}-{chance}"


async def _record(
    session: AsyncSession,
    event_type: EventType[rc.TrainingCertificateState],
    certificate: TrainingCertificate,
    context: EventContext,
    *,
    remark: str | None = None,
) -> None:
    step = event_type.name.split(".")[2]
    remark_hash = await keep_remark(session, certificate.id, step=step, text=remark, written_by=context.actor)
    state = await certificate_state(session, certificate, remark_hash=remark_hash)
    await outbox.append(
        session,
        event_type,
        certificate,
        state,
        context=context,
        rules=rules.CERTIFICATE_RULES,
        edition=certificate.edition,
    )
