"""Reading delisting cases: within the caller's scope, and as a timeline."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.access import in_scope
from services.evaluation.base import AnyRow, table_of
from services.evaluation.delistings import rules
from services.evaluation.delistings.models import DelistingCase, DelistingParticipant, DelistingStep
from services.evaluation.delistings.schemas import (
    CaseFilter,
    CaseOut,
    CaseTimeline,
    ParticipantOut,
    StepOut,
    TitleOut,
)
from services.evaluation.projections import known_qualification
from services.evaluation.terms import warning_codes
from shared.auth.principal import Principal
from shared.auth.roles import CENTRE_OPERATOR
from shared.calendar import WorkingDay
from shared.errors import not_found
from shared.events.contracts.evaluation import DELISTING, DelistingAnswered, DelistingRemedyAnswered
from shared.kernel_tables import event_log
from shared.policy.edition import Edition

_VERBS = (
    *("opened", "dropped", "decided", "reminded", "completed", "stayed", "lifted", "reversed"),
    *("remedy_proposed", "remedy_rejected", "remedy_reminded", "remedy_completed"),
)
_ANSWERS = (DelistingAnswered.name, DelistingRemedyAnswered.name)


def visible(principal: Principal) -> ColumnElement[bool]:
    """The caller's centres, and cases against it as operator of record, also after it lost the centre."""
    scope = in_scope(principal, DelistingCase.centre_id)
    if principal.has(CENTRE_OPERATOR) and principal.org is not None:
        return or_(scope, DelistingCase.operator_code == principal.org)
    return scope


def cases_for(principal: Principal, wanted: CaseFilter) -> Select[DelistingCase]:
    """The cases the caller may see, filtered."""
    query = select(DelistingCase).where(visible(principal))
    for name in wanted.model_fields_set - {"limit", "cursor"}:
        query = query.where(getattr(DelistingCase, name) == getattr(wanted, name))
    return query


async def find_case(session: AsyncSession, principal: Principal, case_id: UUID, *, lock: bool = False) -> DelistingCase:
    """One case of the caller's scope, locked for a step if asked. Raises 404."""
    query = select(DelistingCase).where(DelistingCase.id == case_id, visible(principal))
    locked = query.with_for_update().execution_options(populate_existing=True)
    case = await session.scalar(locked if lock else query)
    if case is None:
        raise not_found("delisting")
    return case


async def taken_so_far(session: AsyncSession, case: DelistingCase) -> rules.Taken:
    """The steps that count; a legal review that found the case insufficient does not."""
    counted = select(DelistingStep.step).where(
        DelistingStep.case_id == case.id, DelistingStep.outcome != "insufficient"
    )
    return rules.Taken(
        steps=frozenset(await session.scalars(counted)),
        hearing_requested=case.hearing_requested,
        statement_due_on=case.statement_due_on,
        hearing_request_due_on=case.hearing_request_due_on,
    )


async def timeline(session: AsyncSession, case: DelistingCase, edition: Edition) -> CaseTimeline:
    """Everything recorded about the case, in the order of the event log; participants' answers in a list of their
    own."""
    taken = await taken_so_far(session, case)
    participants = await session.scalars(
        select(DelistingParticipant)
        .where(DelistingParticipant.case_id == case.id)
        .order_by(DelistingParticipant.service)
    )
    missing = missing_of(case, edition, taken)
    return CaseTimeline(
        **CaseOut.model_validate(case).model_dump(),
        clauses=clauses_of(edition, ("delisting.consecutive_failures", "delisting.trigger", "ban.period")),
        decision=case.decision,
        missing_steps=list(missing),
        term_warnings=_warnings(case, edition),
        expected_title_ids=list(case.expected_title_ids or ()),
        steps=[_step(row, case.published_at, edition) for row in await _log(session, case.id)],
        participants=[participant_out(found, case.published_at, edition) for found in participants],
        titles=await titles_of(session, case),
        reminders=case.reminders,
        completed_after_ms=milliseconds(case.published_at, case.completed_at),
    )


def missing_of(case: DelistingCase, edition: Edition, taken: rules.Taken) -> tuple[str, ...]:
    """Steps still to take before the case may be published."""
    over = (*rules.IN_FORCE, rules.REVERSED, rules.DROPPED)
    return () if case.status in over else rules.missing_steps(edition, taken)


async def titles_of(session: AsyncSession, case: DelistingCase) -> list[TitleOut]:
    """The titles that the case revoked, and their plaques (2.3-5)."""
    title = known_qualification.c
    query = select(known_qualification).where(title.case_id == case.id, title.status == "revoked").order_by(title.no)
    return [TitleOut.model_validate(row) for row in await session.execute(query)]


async def _log(session: AsyncSession, case_id: UUID) -> Sequence[AnyRow]:
    log = event_log.c
    query = (
        select(
            log.id,
            log.type,
            log.actor,
            log.effective_on,
            log.recorded_at,
            log.attributes,
            DelistingStep.step,
            DelistingStep.outcome,
            DelistingStep.details,
            DelistingStep.decision,
        )
        .select_from(event_log.outerjoin(table_of(DelistingStep), DelistingStep.event_id == log.id))
        .where(log.aggregate_id == case_id, log.topic == DELISTING.name, log.type.not_in(_ANSWERS))
        .order_by(log.aggregate_version)
    )
    return (await session.execute(query)).all()


def _step(row: AnyRow, published_at: datetime | None, edition: Edition) -> StepOut:
    applied = tuple(filter(None, json.loads(row.attributes).get("rules", "").split(",")))
    verb = row.type.split(".")[2]
    return StepOut(
        event_id=row.id,
        event_type=row.type,
        step=row.step or (verb if verb in _VERBS else None),
        outcome=row.outcome,
        effective_on=row.effective_on,
        recorded_at=row.recorded_at,
        after_publication_ms=milliseconds(published_at, row.recorded_at),
        actor=row.actor,
        rules=list(applied),
        clauses=clauses_of(edition, applied),
        details=row.details or {},
        decision=row.decision,
    )


class Follower(Protocol):
    """A service that must act on a decision or an order, and its confirmation."""

    @property
    def service(self) -> str: ...
    @property
    def acted_at(self) -> datetime | None: ...
    @property
    def confirmed_at(self) -> datetime | None: ...
    @property
    def event_id(self) -> UUID | None: ...
    @property
    def event_type(self) -> str | None: ...
    @property
    def position(self) -> int | None: ...
    @property
    def rules(self) -> list[str] | None: ...
    @property
    def details(self) -> dict[str, JsonValue] | None: ...
    @property
    def problem(self) -> str | None: ...


def participant_out(found: Follower, published_at: datetime | None, edition: Edition) -> ParticipantOut:
    """A participant as the case shows it; milliseconds count from the publication, or from an order's approval."""
    return ParticipantOut(
        service=found.service,
        confirmed=found.confirmed_at is not None,
        acted_at=found.acted_at,
        acted_after_ms=milliseconds(published_at, found.acted_at),
        confirmed_at=found.confirmed_at,
        confirmed_after_ms=milliseconds(published_at, found.confirmed_at),
        event_id=found.event_id,
        event_type=found.event_type,
        position=found.position,
        rules=found.rules or [],
        clauses=clauses_of(edition, found.rules or ()),
        details=found.details,
        problem=found.problem,
    )


def clauses_of(edition: Edition, applied: Sequence[str]) -> list[str]:
    """The clauses of the rules, each once."""
    known = [edition.rules[rule].clause for rule in applied if rule in edition.rules]
    return list(dict.fromkeys(known))


def milliseconds(published_at: datetime | None, moment: datetime | None) -> int | None:
    """Milliseconds from publication; None before it. Events carry whole milliseconds, so the same one counts as 0."""
    if published_at is None or moment is None or moment < published_at - timedelta(milliseconds=1):
        return None
    return max(0, round((moment - published_at).total_seconds() * 1000))


def _warnings(case: DelistingCase, edition: Edition) -> list[str]:
    """Doubts of the calendar about the terms: they are recomputed, for a calendar may have been completed since."""
    days: list[WorkingDay] = []
    if case.notice_served_on is not None:
        days += rules.terms_of_notice(edition, case.notice_served_on)
    if case.served_on is not None:
        days += rules.remedies(edition, case.served_on)
    return warning_codes(*days)
