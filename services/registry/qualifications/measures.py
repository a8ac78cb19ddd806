"""Suspending, resuming and renewing a title in force, by two people."""

from __future__ import annotations

from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.centres.models import Centre
from services.registry.centres.rules import require_state
from services.registry.policy import require_known
from services.registry.qualifications import rules
from services.registry.qualifications.cases import lock_title, record
from services.registry.qualifications.models import ONE_PROPOSED, Qualification, TitleMeasure
from services.registry.steps import CaseStep, require_four_eyes, step_day
from shared.auth.principal import Principal
from shared.db import constraint_of
from shared.errors import DomainError
from shared.events.contracts import registry as rc
from shared.events.outbox import EventContext
from shared.ids import uuid7
from shared.policy.decision import Decision
from shared.policy.edition import Edition, Editions
from shared.refusals import require_passed

_DECIDED: Final = {
    "suspension": rc.QualificationSuspended,
    "resumption": rc.QualificationResumed,
    "renewal": rc.QualificationRenewed,
}


async def propose_measure(
    session: AsyncSession, editions: Editions, principal: Principal, title_id: UUID, kind: str, step: CaseStep
) -> Qualification:
    """Propose a measure; the title stays as it is until another person decides.

    Raises 404, 409 `invalid-transition`, `measure-pending`, for a renewal `title-not-renewable`, 422 for an unknown
    reason.
    """
    title, centre = await lock_title(session, principal, title_id, step)
    _require_state(title, kind, principal)
    day = step_day(principal, step.on, after=title.granted_on)
    edition = editions.get(title.edition)
    if step.reason_code is not None:
        require_known("reason_code", [step.reason_code], rules.reasons_for(edition, kind))
    decision = _decide(edition, kind, title, centre, day)
    session.add(
        TitleMeasure(
            id=uuid7(),
            qualification_id=title.id,
            kind=kind,
            status="proposed",
            reason_code=step.reason_code,
            proposed_by=principal.account_id,
            proposed_on=day,
        )
    )
    await _flush(session)
    context = EventContext.of(principal, day)
    event = rc.QualificationMeasureProposed
    await record(session, event, title, context, decision, remark=step.remark, measure=kind)
    return title


async def decide_measure(
    session: AsyncSession, editions: Editions, principal: Principal, title_id: UUID, kind: str, step: CaseStep
) -> Qualification:
    """Do what another person proposed, by a document.

    Raises 409 `measure-not-proposed`, `invalid-transition`, 403 `four-eyes-required`, and as at the proposal.
    """
    title, centre = await lock_title(session, principal, title_id, step)
    _require_state(title, kind, principal)
    measure = await _proposed(session, title, kind)
    require_four_eyes(principal, measure.proposed_by)
    day = step_day(principal, step.on, after=measure.proposed_on)
    edition = editions.get(title.edition)
    decision = _decide(edition, kind, title, centre, day)
    measure.status, measure.document_no = "decided", step.document_no
    measure.decided_by, measure.decided_on = principal.account_id, day
    title.status = rules.MEASURES[kind].becomes or title.status
    if kind == "renewal" and title.expires_on is not None:
        title.expires_on = rules.last_day(edition, title.level, title.expires_on)
    await record(session, _DECIDED[kind], title, EventContext.of(principal, day), decision, measure=kind)
    return title


async def decline_measure(
    session: AsyncSession, editions: Editions, principal: Principal, title_id: UUID, kind: str, step: CaseStep
) -> Qualification:
    """Leave the title as it is; something may be proposed again. Raises as `decide_measure`, 422 for an unknown
    reason."""
    title, _ = await lock_title(session, principal, title_id, step)
    if step.reason_code is not None:
        require_known("reason_code", [step.reason_code], editions.get(title.edition).title_terms.decline_reasons)
    measure = await _proposed(session, title, kind)
    require_four_eyes(principal, measure.proposed_by)
    day = step_day(principal, step.on, after=measure.proposed_on)
    measure.status, measure.reason_code = "declined", step.reason_code or measure.reason_code
    measure.decided_by, measure.decided_on = principal.account_id, day
    context = EventContext.of(principal, day)
    await record(session, rc.QualificationMeasureDeclined, title, context, remark=step.remark, measure=kind)
    return title


def _require_state(title: Qualification, kind: str, principal: Principal) -> None:
    status = rules.status_on(title.status, title.expires_on, principal.today)
    require_state(status, rules.MEASURES[kind].allowed_from)


def _decide(edition: Edition, kind: str, title: Qualification, centre: Centre, day: date) -> Decision:
    if kind == "renewal":
        return require_passed(rules.decide_renewal(edition, centre.status, title.expires_on, day))
    return require_passed(rules.decide_measure(edition, kind, centre.status))


async def _proposed(session: AsyncSession, title: Qualification, kind: str) -> TitleMeasure:
    query = select(TitleMeasure).where(
        TitleMeasure.qualification_id == title.id, TitleMeasure.kind == kind, TitleMeasure.status == "proposed"
    )
    measure = await session.scalar(query.execution_options(populate_existing=True))
    if measure is None:
        raise DomainError("measure-not-proposed", 409, params={"kind": kind})
    return measure


async def _flush(session: AsyncSession) -> None:
    """Write the proposal now: one is open at a time."""
    try:
        await session.flush()
    except IntegrityError as error:
        if constraint_of(error) == ONE_PROPOSED:
            raise DomainError("measure-pending", 409) from error
        raise
