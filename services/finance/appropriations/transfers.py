"""Money from one programme of a year to another: proposed by one person, approved by a second, both lines at once."""

from __future__ import annotations

from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.appropriations.models import Appropriation, AppropriationTransfer
from services.finance.appropriations.queries import find_transfer, lock_committed, lock_lines, pending_revision
from services.finance.appropriations.rules import decide_covers, decide_line
from services.finance.appropriations.schemas import AppropriationRefusal, AppropriationTransferIn
from services.finance.appropriations.states import APPROVED, PROPOSED, REFUSED
from services.finance.appropriations.usecases import (
    Step,
    day_of,
    decide_four_eyes,
    edition_on,
    flush,
    set_limit,
    tell,
)
from services.finance.journal.entries import Booking, Movement, book
from shared.auth.principal import Principal
from shared.errors import invalid_transition
from shared.events import outbox
from shared.events.contracts.finance.appropriations import (
    AppropriationTransferApproved,
    AppropriationTransferProposed,
    AppropriationTransferred,
    AppropriationTransferRefused,
    AppropriationTransferState,
)
from shared.events.outbox import EventContext
from shared.events.types import EventType
from shared.http.etag import honour_match
from shared.ids import next_case_no, uuid7
from shared.policy.decision import Decision, combine
from shared.policy.edition import Edition, Editions
from shared.refusals import require_passed


async def propose_transfer(
    session: AsyncSession, sent: AppropriationTransferIn, *, principal: Principal, editions: Editions
) -> AppropriationTransfer:
    """Raises 409 `appropriation-missing`, `appropriation-closed`, `appropriation-below-committed` as things stand now,
    `appropriation-document-used`."""
    day = day_of(principal, sent.proposed_on, not_before=None)
    edition = edition_on(editions, day)
    source, target = await _lines(session, edition, sent.year, sent.from_programme, sent.to_programme)
    require_passed(await _decide(session, edition, source, sent))
    transfer = AppropriationTransfer(
        id=uuid7(),
        version=0,
        no=await next_case_no(session, "AT", sent.year),
        edition=edition.id,
        from_id=source.id,
        to_id=target.id,
        status=PROPOSED,
        proposed_by=principal.account_id,
        proposed_on=day,
        **sent.model_dump(exclude={"proposed_on"}),
    )
    session.add(transfer)
    await flush(session, {"document_no": sent.document_no})
    rules = ("appropriations.ceiling",)
    await _tell(session, AppropriationTransferProposed, transfer, EventContext.of(principal, day), rules)
    return transfer


async def approve_transfer(session: AsyncSession, decided_on: date | None, *, step: Step) -> AppropriationTransfer:
    """Both lines move in this transaction and the year's total stays. Raises 403 `four-eyes-required` to whoever
    proposed it, 409 as `propose_transfer`."""
    transfer, edition = await _open(session, step)
    day = day_of(step.principal, decided_on, not_before=transfer.proposed_on)
    four_eyes = decide_four_eyes(edition, transfer.proposed_by, step)
    year, amount = transfer.year, transfer.amount
    source, target = await _lines(session, edition, year, transfer.from_programme, transfer.to_programme)
    decision = combine(four_eyes, require_passed(await _decide(session, edition, source, transfer)))
    source.transferred -= amount
    target.transferred += amount
    for line in sorted((source, target), key=lambda line: line.programme):
        await set_limit(session, line)
    context = EventContext.of(step.principal, day)
    for line in (source, target):
        waiting = await pending_revision(session, line.id)
        await tell(session, AppropriationTransferred, line, context, decision.rules, waiting)
    (entry_id,) = await book(session, [_booking(transfer, context)])
    transfer.status, transfer.decided_by, transfer.decided_on = APPROVED, step.principal.account_id, day
    transfer.decision, transfer.journal_entry_id = decision.to_json(), entry_id
    await _tell(session, AppropriationTransferApproved, transfer, context, decision.rules)
    return transfer


async def refuse_transfer(session: AsyncSession, sent: AppropriationRefusal, *, step: Step) -> AppropriationTransfer:
    """Nothing moves. Raises 403 `four-eyes-required` to whoever proposed it."""
    transfer, edition = await _open(session, step)
    day = day_of(step.principal, sent.decided_on, not_before=transfer.proposed_on)
    decision = decide_four_eyes(edition, transfer.proposed_by, step)
    transfer.status, transfer.decided_by, transfer.decided_on = REFUSED, step.principal.account_id, day
    transfer.reason_code, transfer.decision = sent.reason_code, decision.to_json()
    context = EventContext.of(step.principal, day)
    await _tell(session, AppropriationTransferRefused, transfer, context, decision.rules)
    return transfer


async def _open(session: AsyncSession, step: Step) -> tuple[AppropriationTransfer, Edition]:
    transfer = await find_transfer(session, step.id, lock=True)
    honour_match(step.if_match, transfer.version)
    if transfer.status != PROPOSED:
        raise invalid_transition(transfer.status, [PROPOSED])
    return transfer, step.editions.get(transfer.edition)


async def _lines(
    session: AsyncSession, edition: Edition, year: int, source: str, target: str
) -> tuple[Appropriation, Appropriation]:
    """Both lines, approved and open. Raises 409 `appropriation-missing`, `appropriation-closed`."""
    found = await lock_lines(session, (source, year), (target, year))
    lines: list[Appropriation] = []
    for programme, line in zip((source, target), found, strict=True):
        status = line.status if line is not None else None
        require_passed(decide_line(edition, programme=programme, year=year, status=status, needed=True))
        assert line is not None, "a line was found, or the rule refused"
        lines.append(line)
    return lines[0], lines[1]


async def _decide(
    session: AsyncSession,
    edition: Edition,
    source: Appropriation,
    asked: AppropriationTransferIn | AppropriationTransfer,
) -> Decision:
    return decide_covers(
        edition,
        programme=source.programme,
        amount=asked.amount,
        budget=source.budget - asked.amount,
        committed=await lock_committed(session, source),
    )


def _booking(transfer: AppropriationTransfer, context: EventContext) -> Booking:
    """For the event that is appended next, which carries the entry's id."""
    return Booking(
        movement=Movement.BUDGET_TRANSFERRED,
        case_id=transfer.id,
        case_no=transfer.no,
        case_version=transfer.version + 1,
        subject=transfer.to_programme,
        credit_subject=transfer.from_programme,
        period=str(transfer.year),
        amount=transfer.amount,
        effective_on=context.effective_on,
        actor=context.actor,
    )


async def _tell(
    session: AsyncSession,
    event_type: EventType[AppropriationTransferState],
    transfer: AppropriationTransfer,
    context: EventContext,
    rules: tuple[str, ...],
) -> None:
    data = AppropriationTransferState.model_validate(transfer, from_attributes=True)
    await outbox.append(session, event_type, transfer, data, context=context, rules=rules, edition=transfer.edition)
