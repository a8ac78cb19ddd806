"""A programme's budget of a year: entered by the treasury's officer, approved by another person, revised forward
(3.1-4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.appropriations.models import Appropriation, AppropriationRevision
from services.finance.appropriations.queries import find, lock_committed, pending_closing, pending_revision
from services.finance.appropriations.rules import decide_another_person, decide_covers, decide_programme
from services.finance.appropriations.schemas import AppropriationAmount, AppropriationIn, AppropriationRefusal
from services.finance.appropriations.states import APPROVED, CLOSED, PROPOSED, RECORDED, REFUSED
from services.finance.ceilings.models import PROGRAMME_YEAR, ceiling
from services.finance.journal.entries import Booking, Movement, book
from shared.auth.principal import Principal
from shared.clock import effective_date
from shared.db import constraint_of
from shared.errors import DomainError, invalid_transition
from shared.events import outbox
from shared.events.contracts.finance.appropriations import (
    AppropriationApproved,
    AppropriationRecorded,
    AppropriationRefused,
    AppropriationRevised,
    AppropriationState,
)
from shared.events.outbox import EventContext
from shared.events.types import EventType
from shared.http.etag import honour_match
from shared.ids import next_case_no, uuid7
from shared.money import ZERO
from shared.policy.decision import Decision, combine
from shared.policy.edition import Edition, Editions
from shared.refusals import require_passed

RULES: Final = ("appropriations.line",)

_TAKEN: Final[Mapping[str | None, str]] = {
    "uq_appropriation_programme_year": "appropriation-exists",
    "uq_appropriation_revision_document": "appropriation-document-used",
    "uq_appropriation_transfer_document": "appropriation-document-used",
}


@dataclass(frozen=True, slots=True)
class Step:
    """Who takes a step, on which line or transfer, knowing which version, under which editions."""

    id: UUID
    principal: Principal
    editions: Editions
    if_match: str | None = None


async def record_line(
    session: AsyncSession, sent: AppropriationIn, *, principal: Principal, editions: Editions
) -> Appropriation:
    """Open a programme's year with its first amount; it counts once somebody else approves it.

    Raises 409 `appropriation-exists`, `appropriation-programme-unknown`, `appropriation-year-not-open`.
    """
    day = effective_date(principal, sent.proposed_on)
    edition = edition_on(editions, day)
    first_year = min(known.first_day.year for known in editions)
    programme, today = sent.programme, principal.today
    require_passed(decide_programme(edition, programme=programme, year=sent.year, first_year=first_year, today=today))
    line = await new_line(session, edition, programme, sent.year)
    amount = AppropriationAmount(document_no=sent.document_no, amount=sent.amount)
    revision = await _propose(session, line, amount, principal, day)
    await tell(session, AppropriationRecorded, line, EventContext.of(principal, day), RULES, revision)
    return line


async def revise_line(session: AsyncSession, sent: AppropriationAmount, *, step: Step) -> Appropriation:
    """Propose another amount by another document; what is approved counts until this one is.

    Raises 409 `appropriation-pending`, `appropriation-document-used`, `appropriation-below-committed`,
    `invalid-transition` for a closed year.
    """
    line, edition = await lock_open(session, step)
    await require_nothing_pending(session, line)
    day = day_of(step.principal, sent.proposed_on, not_before=line.approved_on)
    require_passed(await _decide_amount(session, edition, line, sent.amount))
    if line.status == REFUSED:
        line.status, line.reason_code = RECORDED, None
    revision = await _propose(session, line, sent, step.principal, day)
    await tell(session, AppropriationRevised, line, EventContext.of(step.principal, day), RULES, revision)
    return line


async def approve_line(session: AsyncSession, decided_on: date | None, *, step: Step) -> Appropriation:
    """The amount that waits is the line's. Raises 403 `four-eyes-required` to whoever proposed it, 409
    `appropriation-below-committed`."""
    line, edition = await lock_open(session, step)
    revision = await _waiting(session, line)
    four_eyes = decide_four_eyes(edition, revision.proposed_by, step)
    day = day_of(step.principal, decided_on, not_before=revision.proposed_on)
    decision = combine(four_eyes, require_passed(await _decide_amount(session, edition, line, revision.amount)))
    change = revision.amount - line.granted
    revision.status, revision.decided_by, revision.decided_on = APPROVED, step.principal.account_id, day
    revision.decision = decision.to_json()
    line.status, line.granted, line.document_no = APPROVED, revision.amount, revision.document_no
    line.approved_by, line.approved_on, line.reason_code = step.principal.account_id, day, None
    line.first_approved_on = line.first_approved_on or day
    await set_limit(session, line)
    context = EventContext.of(step.principal, day)
    await tell(session, AppropriationApproved, line, context, decision.rules, None)
    if change:
        movement = Movement.BUDGET_GRANTED if change > 0 else Movement.BUDGET_LOWERED
        (revision.journal_entry_id,) = await book(session, [booking(movement, line, abs(change), context)])
    return line


async def refuse_line(session: AsyncSession, sent: AppropriationRefusal, *, step: Step) -> Appropriation:
    """The amount is not approved; an earlier approved one stays. Raises as `approve_line`."""
    line, edition = await lock_open(session, step)
    revision = await _waiting(session, line)
    decision = decide_four_eyes(edition, revision.proposed_by, step)
    day = day_of(step.principal, sent.decided_on, not_before=revision.proposed_on)
    revision.status, revision.decided_by, revision.decided_on = REFUSED, step.principal.account_id, day
    revision.reason_code, revision.decision = sent.reason_code, decision.to_json()
    line.reason_code = sent.reason_code
    if line.status != APPROVED:
        line.status = REFUSED
    await tell(session, AppropriationRefused, line, EventContext.of(step.principal, day), decision.rules, None)
    return line


def edition_on(editions: Editions, day: date) -> Edition:
    """The edition in force, or after its end the last one: its cases are finished and paid for under it (6-1)."""
    return editions.closest_to(day) or editions.require_in_force(day)


async def new_line(session: AsyncSession, edition: Edition, programme: str, year: int) -> Appropriation:
    """A line without any amount yet. Raises 409 `appropriation-exists`."""
    line = Appropriation(
        id=uuid7(),
        version=0,
        no=await next_case_no(session, "AP", year),
        programme=programme,
        year=year,
        edition=edition.id,
        status=RECORDED,
        revision=0,
        **dict.fromkeys(("granted", "transferred", "carried_in", "carried_out", "lapsed"), ZERO),
    )
    session.add(line)
    await flush(session, {"programme": programme, "year": year})
    return line


async def lock_open(session: AsyncSession, step: Step) -> tuple[Appropriation, Edition]:
    """A line whose year is not closed, locked. Raises 404, 412, 409 `invalid-transition`."""
    line = await find(session, step.id, lock=True)
    honour_match(step.if_match, line.version)
    if line.status == CLOSED:
        raise invalid_transition(line.status, (RECORDED, APPROVED, REFUSED))
    return line, step.editions.get(line.edition)


async def require_nothing_pending(session: AsyncSession, line: Appropriation) -> None:
    """One proposal at a time, so that each is decided on the figures it was made with. Raises 409
    `appropriation-pending`."""
    if await pending_revision(session, line.id) or await pending_closing(session, line.id):
        raise DomainError("appropriation-pending", 409, clauses=["3.1-4"])


def day_of(principal: Principal, sent: date | None, *, not_before: date | None) -> date:
    """The day a step counts for. Raises 422 as `effective_date`, 409 `step-before-earlier-step`."""
    day = effective_date(principal, sent)
    if not_before is not None and day < not_before:
        raise DomainError("step-before-earlier-step", 409, params={"sent": day, "not_before": not_before})
    return day


def decide_four_eyes(edition: Edition, proposed_by: str, step: Step) -> Decision:
    """Raises 403 `four-eyes-required`."""
    return require_passed(decide_another_person(edition, actor=step.principal.account_id, proposed_by=proposed_by), 403)


async def set_limit(session: AsyncSession, line: Appropriation, committed: Decimal = ZERO) -> None:
    """The budget is the ceiling's limit from here on, a lower one too; its CHECK stands behind the rules. `committed`
    is added to what is committed already."""
    key = {"kind": PROGRAMME_YEAR, "subject": line.programme, "period": str(line.year)}
    statement = insert(ceiling).values(**key, limit_amount=line.budget, committed=committed)
    moved = {"limit_amount": statement.excluded.limit_amount, "committed": ceiling.c.committed + committed}
    await session.execute(statement.on_conflict_do_update(index_elements=["kind", "subject", "period"], set_=moved))


def booking(movement: Movement, line: Appropriation, amount: Decimal, context: EventContext) -> Booking:
    """An entry of the line's accounts, after the event it belongs to was appended."""
    return Booking(
        movement=movement,
        case_id=line.id,
        case_no=line.no,
        case_version=line.version,
        subject=line.programme,
        period=str(line.year),
        amount=amount,
        effective_on=context.effective_on,
        actor=context.actor,
    )


async def tell(
    session: AsyncSession,
    event_type: EventType[AppropriationState],
    line: Appropriation,
    context: EventContext,
    rules: tuple[str, ...],
    waiting: AppropriationRevision | None,
) -> None:
    """Append the event with the line as it now stands."""
    computed = {
        "committed": await lock_committed(session, line),
        "pending_document_no": waiting.document_no if waiting else None,
        "pending_amount": waiting.amount if waiting else None,
    }
    own = {name: getattr(line, name) for name in AppropriationState.model_fields if name not in computed}
    data = AppropriationState.model_validate(own | computed)
    await outbox.append(session, event_type, line, data, context=context, rules=rules, edition=line.edition)


async def flush(session: AsyncSession, params: Mapping[str, object]) -> None:
    """The unique keys decide, also between two that come at the same moment."""
    try:
        await session.flush()
    except IntegrityError as error:
        code = _TAKEN.get(constraint_of(error))
        if code is None:
            raise
        raise DomainError(code, 409, params=params, clauses=["3.1-4"]) from error


async def _decide_amount(session: AsyncSession, edition: Edition, line: Appropriation, amount: Decimal) -> Decision:
    return decide_covers(
        edition,
        programme=line.programme,
        amount=amount,
        budget=line.budget - line.granted + amount,
        committed=await lock_committed(session, line),
    )


async def _propose(
    session: AsyncSession, line: Appropriation, sent: AppropriationAmount, principal: Principal, day: date
) -> AppropriationRevision:
    line.revision += 1
    revision = AppropriationRevision(
        appropriation_id=line.id,
        revision=line.revision,
        status=PROPOSED,
        document_no=sent.document_no,
        amount=sent.amount,
        proposed_by=principal.account_id,
        proposed_on=day,
    )
    session.add(revision)
    await flush(session, {"document_no": sent.document_no})
    return revision


async def _waiting(session: AsyncSession, line: Appropriation) -> AppropriationRevision:
    revision = await pending_revision(session, line.id)
    if revision is None:
        raise invalid_transition(line.status, [PROPOSED])
    return revision
