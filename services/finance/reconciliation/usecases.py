"""Filing a bank's day, comparing it with ours, and resolving what differs (3.2-1)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.reconciliation import states
from services.finance.reconciliation.comparing import compare_day, resolved_before
from services.finance.reconciliation.models import ReconciliationDay, ReconciliationDifference, ReconciliationLine
from services.finance.reconciliation.movements import movements_of, outstanding_of
from services.finance.reconciliation.queries import lock
from services.finance.reconciliation.rules import (
    Movement,
    Totals,
    decide_day,
    totals_of,
    wrong_totals,
)
from services.finance.reconciliation.schemas import ControlIn, LineIn, LineOut, ResolutionIn, StatementOut, TotalsOut
from services.finance.referrals.access import own_bank
from shared.auth import roles as r
from shared.auth.principal import Principal
from shared.db import constraint_of
from shared.errors import DomainError, forbidden, invalid_transition, not_found
from shared.events import outbox
from shared.events.contracts.finance.banking import (
    ReconciliationCompared,
    ReconciliationFiled,
    ReconciliationReplaced,
    ReconciliationResolved,
    ReconciliationState,
)
from shared.events.outbox import EventContext
from shared.events.types import EventType
from shared.http.etag import honour_match
from shared.ids import next_case_no, uuid7
from shared.livemode import series
from shared.policy.edition import Editions
from shared.refusals import require_passed

COMPARED: Final = ("reconciliation.compared",)
RESOLVED: Final = ("reconciliation.resolved",)


@dataclass(frozen=True, slots=True)
class Filed:
    """A day as a bank sent it."""

    day: date
    replace: bool
    format: str
    lines: Sequence[LineIn]
    control: ControlIn
    sha256: str
    file_name: str | None = None

    @property
    def movements(self) -> list[Movement]:
        return [Movement(line.kind, line.reference, line.case_no, line.amount) for line in self.lines]

    @property
    def totals(self) -> Totals:
        return Totals(**self.control.model_dump())


def digest_of(lines: Sequence[LineIn], control: ControlIn) -> str:
    """What makes two days sent as JSON the same."""
    text = "\n".join(one.model_dump_json() for one in (*lines, control))
    return hashlib.sha256(text.encode()).hexdigest()


async def file_day(
    session: AsyncSession, filed: Filed, *, principal: Principal, editions: Editions
) -> ReconciliationDay:
    """Take the bank's day and compare it. The same file again is the same day; another one counts only where it says
    that it replaces the first, which is kept.

    Raises 409 `reconciliation-day-outside`, `reconciliation-day-filed`, 422 `reconciliation-totals-wrong`,
    `reconciliation-line-twice`.
    """
    bank = own_bank(principal)
    edition = editions.closest_to(filed.day)
    if edition is None:
        raise DomainError("policy-edition-not-loaded", 503, params={"edition": "-"})
    require_passed(decide_day(edition, day=filed.day, today=principal.today))
    _require_sound(filed)
    current = await _current(session, bank, filed.day, principal.livemode)
    if current is not None and current.sha256 == filed.sha256:
        return current
    if current is not None and not filed.replace:
        params = {"no": current.no, "day": filed.day}
        raise DomainError("reconciliation-day-filed", 409, params=params, clauses=["3.2-1"])
    context = EventContext.of(principal)
    if current is not None:
        current.status = states.REPLACED
        await session.flush()
        await _tell(session, ReconciliationReplaced, current, context, COMPARED)
    row = await _keep(session, filed, bank, principal, current)
    await compare_day(session, row, await resolved_before(session, current))
    await _tell(session, ReconciliationFiled, row, context, COMPARED)
    return row


async def recheck(
    session: AsyncSession, day_id: UUID, *, principal: Principal, if_match: str | None
) -> ReconciliationDay:
    """Compare the day again with what is known by now: what is not found any more is gone. Raises 404, 409
    `invalid-transition` for a replaced file."""
    row = await lock(session, day_id, principal)
    honour_match(if_match, row.version)
    if row.status == states.REPLACED:
        raise invalid_transition(row.status, [states.AGREED, states.DIFFERING, states.RESOLVED])
    await compare_day(session, row, {})
    await _tell(session, ReconciliationCompared, row, EventContext.of(principal), COMPARED)
    return row


async def resolve(
    session: AsyncSession,
    day_id: UUID,
    difference_id: UUID,
    sent: ResolutionIn,
    *,
    principal: Principal,
    if_match: str | None,
) -> ReconciliationDay:
    """A person of the finance bureau says what the difference came to. Raises 404, 409 `invalid-transition`."""
    row = await lock(session, day_id, principal)
    honour_match(if_match, row.version)
    difference = await session.get(ReconciliationDifference, difference_id, populate_existing=True)
    if difference is None or difference.day_id != row.id:
        raise not_found("reconciliation-difference")
    if difference.status != states.OPEN or row.status == states.REPLACED:
        raise invalid_transition(difference.status, [states.OPEN])
    difference.status, difference.outcome, difference.reason = states.RESOLVED, sent.outcome, sent.reason
    difference.resolved_by, difference.resolved_on = principal.account_id, principal.today
    row.open_differences -= 1
    if row.open_differences == 0:
        row.status = states.RESOLVED
    await session.flush()
    await _tell(session, ReconciliationResolved, row, EventContext.of(principal), RESOLVED)
    return row


async def statement(session: AsyncSession, day: date, bank: str | None, *, principal: Principal) -> StatementOut:
    """What we know of a bank's day. Raises 422 `bank-required`, 403 for another bank's."""
    if principal.has(r.BANK):
        own = own_bank(principal)
        if bank not in (None, own):
            raise forbidden()
        bank = own
    if bank is None:
        raise DomainError("bank-required", 422)
    movements = await movements_of(session, bank, day, livemode=principal.livemode)
    outstanding = await outstanding_of(session, bank, day, livemode=principal.livemode)
    return StatementOut(
        bank=bank,
        day=day,
        livemode=principal.livemode,
        lines=[LineOut.model_validate(asdict(movement)) for movement in movements],
        control=TotalsOut.model_validate(asdict(totals_of(movements, outstanding))),
    )


def _require_sound(filed: Filed) -> None:
    seen: set[tuple[str, str, str]] = set()
    for line in filed.lines:
        key = (line.kind, line.reference, line.case_no)
        if key in seen:
            params = {"reference": line.reference, "case_no": line.case_no}
            raise DomainError("reconciliation-line-twice", 422, params=params, clauses=["3.2-1"])
        seen.add(key)
    wrong = wrong_totals(filed.movements, filed.totals)
    if wrong:
        params = {"totals": ", ".join(wrong), "counted": ", ".join(f"{name}={value}" for name, value in wrong.items())}
        raise DomainError("reconciliation-totals-wrong", 422, params=params, clauses=["3.2-1"])


async def _current(session: AsyncSession, bank: str, day: date, livemode: bool) -> ReconciliationDay | None:
    query = select(ReconciliationDay).where(
        ReconciliationDay.bank == bank,
        ReconciliationDay.livemode.is_(livemode),
        ReconciliationDay.day == day,
        ReconciliationDay.status != states.REPLACED,
    )
    return (await session.scalars(query.with_for_update())).one_or_none()


async def _keep(
    session: AsyncSession, filed: Filed, bank: str, principal: Principal, before: ReconciliationDay | None
) -> ReconciliationDay:
    """Two that file the same day at the same moment: the second is told so."""
    row = ReconciliationDay(
        id=uuid7(),
        version=0,
        livemode=principal.livemode,
        no=await next_case_no(session, series("BR", livemode=principal.livemode), filed.day.year),
        bank=bank,
        day=filed.day,
        revision=before.revision + 1 if before else 1,
        status=states.AGREED,
        sha256=filed.sha256,
        file_name=filed.file_name,
        format=filed.format,
        our_count=0,
        our_disbursed=0,
        our_repaid=0,
        our_outstanding=0,
        differences=0,
        open_differences=0,
        filed_by=principal.account_id,
        filed_on=principal.today,
        **filed.control.model_dump(),
    )
    session.add(row)
    try:
        await session.flush()
    except IntegrityError as error:
        if constraint_of(error) not in ("uq_reconciliation_day_current", "uq_reconciliation_day_revision"):
            raise
        params = {"no": "-", "day": filed.day}
        raise DomainError("reconciliation-day-filed", 409, params=params, clauses=["3.2-1"]) from error
    session.add_all(
        ReconciliationLine(day_id=row.id, line=number, **line.model_dump())
        for number, line in enumerate(filed.lines, start=1)
    )
    await session.flush()
    return row


async def _tell(
    session: AsyncSession,
    event_type: EventType[ReconciliationState],
    row: ReconciliationDay,
    context: EventContext,
    rules: tuple[str, ...],
) -> None:
    data = ReconciliationState.model_validate({name: getattr(row, name) for name in ReconciliationState.model_fields})
    await outbox.append(session, event_type, row, data, context=context, rules=rules)
