"""Entering, confirming and correcting the figures of targets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.refusals import require_passed, require_status
from services.evaluation.targets import rules
from services.evaluation.targets.models import Target, TargetActual
from services.evaluation.targets.queries import actuals_of, find_target, is_computed
from services.evaluation.targets.schemas import Correction, NewActual
from services.evaluation.targets.telling import tell
from shared.auth.principal import Principal
from shared.clock import effective_date
from shared.errors import DomainError, four_eyes_required, not_found
from shared.events.contracts import evaluation as ec
from shared.events.outbox import EventContext
from shared.http.etag import honour_match
from shared.ids import uuid7
from shared.policy.edition import Edition, Editions


@dataclass(frozen=True, slots=True)
class Caller:
    """Who takes the step, under which version of the target, and the editions to read it by."""

    session: AsyncSession
    principal: Principal
    editions: Editions
    if_match: str | None


@dataclass(frozen=True, slots=True)
class Entry:
    """A figure to record, and which one it replaces."""

    quarter: int
    value: Decimal
    by_division: Mapping[str, Decimal]
    document_no: str
    corrects_id: UUID | None = None
    reason_code: str | None = None


async def enter_actual(caller: Caller, target_id: UUID, sent: NewActual) -> Target:
    """Record a quarter's figure with its source; it counts once a second person has confirmed it (1.2-3, 1.2-4)."""
    target, rows = await _hold(caller, target_id)
    edition = caller.editions.get(target.edition)
    if is_computed(target):
        raise DomainError("target-computed", 409, params={"item": target.item})
    alive = (rules.ENTERED, rules.CONFIRMED)
    if any(row.quarter == sent.quarter and row.status in alive for row in rows):
        raise DomainError("target-actual-exists", 409, params={"quarter": sent.quarter})
    day = effective_date(caller.principal, sent.entered_on)
    require_passed(rules.decide_quarter_over(edition, target.year, sent.quarter, day))
    entry = Entry(sent.quarter, sent.value, sent.by_division, sent.document_no)
    _check(edition, target, rows, entry)
    row = _add(caller, target, entry, day)
    context = EventContext.of(caller.principal, day)
    await tell(caller.session, ec.TargetActualEntered, target, [*rows, row], context)
    return target


async def correct_actual(caller: Caller, target_id: UUID, actual_id: UUID, sent: Correction) -> Target:
    """Put another figure in the place of one: it stays on record, and one that counts goes on counting until the
    correction is confirmed."""
    target, rows = await _hold(caller, target_id)
    old = _find(rows, actual_id)
    require_status(old.status, (rules.ENTERED, rules.CONFIRMED))
    if old.status == rules.CONFIRMED and any(
        row.quarter == old.quarter and row.status == rules.ENTERED for row in rows
    ):
        raise DomainError("target-actual-exists", 409, params={"quarter": old.quarter})
    day = _not_before(effective_date(caller.principal, sent.entered_on), old.confirmed_on or old.entered_on)
    entry = Entry(old.quarter, sent.value, sent.by_division, sent.document_no, old.id, sent.reason_code)
    _check(caller.editions.get(target.edition), target, rows, entry)
    if old.status == rules.ENTERED:
        old.status = rules.WITHDRAWN
        await caller.session.flush()
    row = _add(caller, target, entry, day)
    context = EventContext.of(caller.principal, day)
    await tell(caller.session, ec.TargetActualCorrected, target, [*rows, row], context)
    return target


async def confirm_actual(caller: Caller, target_id: UUID, actual_id: UUID, sent: date | None) -> Target:
    """Somebody else than who entered it vouches for the figure: now it counts, and what it corrects no longer does."""
    target, rows = await _hold(caller, target_id)
    row = _find(rows, actual_id)
    require_status(row.status, (rules.ENTERED,))
    if caller.principal.account_id in _hands(rows, row):
        raise four_eyes_required()
    day = _not_before(effective_date(caller.principal, sent), row.entered_on)
    entry = Entry(row.quarter, row.value, {}, row.document_no)
    _check(caller.editions.get(target.edition), target, rows, entry)
    for old in rows:
        if old.quarter == row.quarter and old.status == rules.CONFIRMED:
            old.status = rules.SUPERSEDED
    await caller.session.flush()
    row.status = rules.CONFIRMED
    row.confirmed_on, row.confirmed_by = day, caller.principal.account_id
    await tell(caller.session, ec.TargetActualConfirmed, target, rows, EventContext.of(caller.principal, day))
    return target


async def _hold(caller: Caller, target_id: UUID) -> tuple[Target, list[TargetActual]]:
    target = await find_target(caller.session, target_id, lock=True)
    honour_match(caller.if_match, target.version)
    return target, await actuals_of(caller.session, target.id)


def _find(rows: Sequence[TargetActual], actual_id: UUID) -> TargetActual:
    found = next((row for row in rows if row.id == actual_id), None)
    if found is None:
        raise not_found("target_actual")
    return found


def _hands(rows: Sequence[TargetActual], row: TargetActual) -> set[str]:
    """Who entered the figure, and who entered those of the quarter that it took the place of before they counted."""
    replaced = {old.entered_by for old in rows if old.quarter == row.quarter and old.status == rules.WITHDRAWN}
    return {row.entered_by, *replaced}


def _check(edition: Edition, target: Target, rows: Sequence[TargetActual], entry: Entry) -> None:
    others = {row.quarter: row.value for row in rows if row.status == rules.CONFIRMED and row.quarter != entry.quarter}
    require_passed(rules.decide_flow_grows(edition, target.measure, entry.quarter, entry.value, others))
    require_passed(rules.decide_breakdown(edition, entry.value, entry.by_division))


def _add(caller: Caller, target: Target, entry: Entry, day: date) -> TargetActual:
    row = TargetActual(
        id=uuid7(),
        target_id=target.id,
        quarter=entry.quarter,
        as_of_on=rules.quarter_end(target.year, entry.quarter),
        value=entry.value,
        by_division={code: f"{rules.tidy(value):f}" for code, value in entry.by_division.items()},
        document_no=entry.document_no,
        status=rules.ENTERED,
        corrects_id=entry.corrects_id,
        reason_code=entry.reason_code,
        entered_on=day,
        entered_by=caller.principal.account_id,
    )
    caller.session.add(row)
    return row


def _not_before(day: date, earliest: date) -> date:
    if day < earliest:
        raise DomainError("date-before-step", 409, params={"day": day, "earliest": earliest})
    return day
