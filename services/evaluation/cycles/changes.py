"""What a second person decides about a running year: later last days, and going back one phase."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final, TypeVar
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import ColumnElement, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.base import table_of
from services.evaluation.cycles import phases, rules
from services.evaluation.cycles.change_schemas import NewExtension, NewReopening
from services.evaluation.cycles.models import EvaluationCycle
from services.evaluation.cycles.proposed.models import CycleExtension, CycleReopening
from services.evaluation.cycles.queries import find_cycle
from services.evaluation.experts.models import ExpertAssignment
from services.evaluation.refusals import require_passed, require_status
from shared.auth.principal import Principal
from shared.errors import DomainError, four_eyes_required, not_found
from shared.events import outbox
from shared.events.contracts import evaluation as ec
from shared.events.outbox import EventContext
from shared.events.types import EventType
from shared.http.etag import honour_match
from shared.policy.edition import Edition, Editions

_EXTENSION: Final = ("evaluation.phase_extension",)
_REOPENING: Final = ("evaluation.reopening",)
_SIGNED: Final = (
    *("approved_on", "approved_by", "approved_bureau"),
    *("countersigned_on", "countersigned_by", "countersigned_bureau"),
)
_ANNOUNCED: Final = ("announced_on", "announced_by", "notice_until", "objections_until")

P = TypeVar("P", CycleExtension, CycleReopening)


async def propose_extension(
    session: AsyncSession, principal: Principal, editions: Editions, cycle_id: UUID, sent: NewExtension
) -> CycleExtension:
    """Ask for a later last day of a phase that is not over yet for good (2.3-1)."""
    cycle = await find_cycle(session, cycle_id, lock=True)
    require_status(cycle.status, phases.EXTENDABLE[sent.phase])
    await _require_none_proposed(session, CycleExtension, cycle_id, CycleExtension.phase == sent.phase)
    edition = editions.get(cycle.edition)
    due_before = _due(edition, cycle, sent.phase)
    require_passed(phases.decide_extension(edition, due_before, sent.until, principal.today))
    extension = CycleExtension(
        cycle_id=cycle.id,
        phase=sent.phase,
        due_before=due_before,
        due_on=sent.until,
        reason=sent.reason,
        statement=sent.statement,
        status="proposed",
        proposed_on=principal.today,
        proposed_by=principal.account_id,
    )
    session.add(extension)
    await session.flush()
    await _tell(session, ec.CycleExtensionProposed, cycle, extension, EventContext.of(principal), _EXTENSION)
    return extension


def _due(edition: Edition, cycle: EvaluationCycle, phase: str) -> date:
    """The last day so far. Raises 409 for a year from before phases had one."""
    if phase == "notice":
        assert cycle.announced_on is not None
        assert cycle.notice_until is not None
        return max(cycle.notice_until, rules.last_objection_day(edition, cycle.announced_on, cycle.objections_until))
    known = cycle.self_report_due_on if phase == "self_report" else cycle.marking_due_on
    if known is None:
        raise DomainError("phase-without-term", 409, params={"phase": phase})
    return known


async def decide_extension(
    session: AsyncSession,
    principal: Principal,
    editions: Editions,
    cycle_id: UUID,
    extension_id: UUID,
    *,
    approved: bool,
    if_match: str | None,
) -> EvaluationCycle:
    """An approver who did not ask for it grants the later day, which holds at once, or refuses it."""
    cycle, extension = await _to_decide(session, principal, CycleExtension, cycle_id, extension_id, if_match)
    _decide(extension, principal, approved)
    context = EventContext.of(principal)
    if not approved:
        await _tell(session, ec.CycleExtensionRefused, cycle, extension, context, _EXTENSION)
        return cycle
    require_status(cycle.status, phases.EXTENDABLE[extension.phase])
    edition = editions.get(cycle.edition)
    require_passed(
        phases.decide_extension(edition, _due(edition, cycle, extension.phase), extension.due_on, principal.today)
    )
    await _extend(session, cycle, extension)
    await _tell(session, ec.CycleExtended, cycle, extension, context, _EXTENSION)
    return cycle


async def _extend(session: AsyncSession, cycle: EvaluationCycle, extension: CycleExtension) -> None:
    if extension.phase == "notice":
        cycle.notice_until = cycle.objections_until = extension.due_on
    elif extension.phase == "self_report":
        cycle.self_report_due_on = extension.due_on
    else:
        cycle.marking_due_on = extension.due_on
        table = table_of(ExpertAssignment)
        waiting = (table.c.cycle_id == cycle.id, table.c.status == "assigned", table.c.due_on < extension.due_on)
        await session.execute(update(table).where(*waiting).values(due_on=extension.due_on))


async def propose_reopening(
    session: AsyncSession, principal: Principal, cycle_id: UUID, sent: NewReopening
) -> CycleReopening:
    """Ask to go back one phase, because something that was settled has to change (2.3-1)."""
    cycle = await find_cycle(session, cycle_id, lock=True)
    require_status(cycle.status, tuple(phases.BACK))
    await _require_none_proposed(session, CycleReopening, cycle_id)
    reopening = CycleReopening(
        cycle_id=cycle.id,
        from_status=cycle.status,
        to_status=phases.BACK[cycle.status],
        reason=sent.reason,
        statement=sent.statement,
        undone={},
        status="proposed",
        proposed_on=principal.today,
        proposed_by=principal.account_id,
    )
    session.add(reopening)
    await session.flush()
    await _tell(session, ec.CycleReopeningProposed, cycle, reopening, EventContext.of(principal), _REOPENING)
    return reopening


async def decide_reopening(
    session: AsyncSession,
    principal: Principal,
    cycle_id: UUID,
    reopening_id: UUID,
    *,
    approved: bool,
    if_match: str | None,
) -> EvaluationCycle:
    """An approver who did not ask for it takes the year back one phase, or leaves it where it is."""
    cycle, reopening = await _to_decide(session, principal, CycleReopening, cycle_id, reopening_id, if_match)
    _decide(reopening, principal, approved)
    context = EventContext.of(principal)
    if not approved:
        await _tell(session, ec.CycleReopeningRefused, cycle, reopening, context, _REOPENING)
        return cycle
    require_status(cycle.status, (reopening.from_status,))
    undone = _SIGNED if reopening.to_status == "announced" else _ANNOUNCED
    reopening.undone = {name: _plain(getattr(cycle, name)) for name in undone}
    for name in undone:
        setattr(cycle, name, None)
    cycle.status = reopening.to_status
    await _tell(session, ec.CycleReopened, cycle, reopening, context, _REOPENING)
    return cycle


def _plain(value: date | str | None) -> JsonValue:
    return value.isoformat() if isinstance(value, date) else value


async def _require_none_proposed(
    session: AsyncSession, table: type[P], cycle_id: UUID, *which: ColumnElement[bool]
) -> None:
    conditions = (table.cycle_id == cycle_id, table.status == "proposed", *which)
    if await session.scalar(select(table.id).where(*conditions)) is not None:
        raise DomainError("change-proposed-already", 409)


async def _to_decide(
    session: AsyncSession, principal: Principal, table: type[P], cycle_id: UUID, change_id: UUID, if_match: str | None
) -> tuple[EvaluationCycle, P]:
    cycle = await find_cycle(session, cycle_id, lock=True)
    honour_match(if_match, cycle.version)
    change = await session.scalar(
        select(table).where(table.id == change_id, table.cycle_id == cycle_id).with_for_update()
    )
    if change is None:
        raise not_found(table.__tablename__)
    require_status(change.status, ("proposed",))
    if change.proposed_by == principal.account_id:
        raise four_eyes_required()
    return cycle, change


def _decide(change: CycleExtension | CycleReopening, principal: Principal, approved: bool) -> None:
    change.status = "approved" if approved else "refused"
    change.decided_on, change.decided_by = principal.today, principal.account_id


async def _tell(
    session: AsyncSession,
    happened: EventType[ec.CycleChangeState],
    cycle: EvaluationCycle,
    change: CycleExtension | CycleReopening,
    context: EventContext,
    applied: Sequence[str],
) -> None:
    extension = change if isinstance(change, CycleExtension) else None
    reopening = change if isinstance(change, CycleReopening) else None
    state = ec.CycleChangeState(
        id=cycle.id,
        year=cycle.year,
        status=cycle.status,
        change_id=change.id,
        outcome=change.status,
        reason=change.reason,
        phase=None if extension is None else extension.phase,
        due_on=None if extension is None else extension.due_on,
        from_status=None if reopening is None else reopening.from_status,
        to_status=None if reopening is None else reopening.to_status,
    )
    await outbox.append(session, happened, cycle, state, context=context, rules=applied, edition=cycle.edition)


async def changes_of(session: AsyncSession, table: type[P], cycle_id: UUID) -> list[P]:
    """All of a year, newest first."""
    return list(await session.scalars(select(table).where(table.cycle_id == cycle_id).order_by(table.id.desc())))
