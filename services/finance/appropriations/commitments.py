"""What a case takes of its programme's budget line, and what becomes of it: committed, released, paid, come back, paid
again (3.1-4).

To use it: `commit_budget` in the transaction that approves the money, after the other ceilings; `release_budget` (or
`release_budgets` for a sweep) where it ends unpaid; `pay_budget` where it is paid, `return_budget` where some of it
comes back, `repay_budget` where what came back goes out again. `year` is the case's own year all the time: where the
year was closed meanwhile, the unpaid rest is found on the line it was carried to. Each writes its journal entry for
the case's event, whose version `Claim` names.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final, Protocol
from uuid import UUID

from sqlalchemy import select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.appropriations.holdings import (
    UNPAID,
    give_back,
    hold,
    lock_held,
    of_case,
    open_line,
    row_key,
    take,
)
from services.finance.appropriations.models import Appropriation, budget_commitment as held
from services.finance.appropriations.rules import decide_line
from services.finance.appropriations.states import APPROVED, CLOSED
from services.finance.journal.entries import Booking, Movement, Part, book
from shared.events.outbox import EventContext
from shared.money import ZERO
from shared.policy.decision import Decision, combine
from shared.policy.edition import Edition
from shared.refusals import require_passed

GRANTS: Final = "grants"
INTEREST_SUBSIDY: Final = "interest_subsidy"
GUARANTEE_COMPENSATION: Final = "guarantee_compensation"
ANGEL_FUND: Final = "angel_fund"
FINANCING_REWARD: Final = "financing_reward"
ALLIANCE_SUPPORT: Final = "alliance_support"


class CaseRow(Protocol):
    """A case, from the model or from a statement's RETURNING."""

    @property
    def id(self) -> UUID: ...
    @property
    def no(self) -> str: ...
    @property
    def version(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Claim:
    """A case that takes budget, by the event that it happens with."""

    case_id: UUID
    case_no: str
    case_version: int

    @classmethod
    def of(cls, row: CaseRow) -> Claim:
        """After the case's event was appended."""
        return cls(row.id, row.no, row.version)

    @classmethod
    def before(cls, row: CaseRow) -> Claim:
        """Just before the case's event is appended, which raises the version by one."""
        return cls(row.id, row.no, row.version + 1)


@dataclass(frozen=True, slots=True)
class Release:
    """What one case of a sweep gives back."""

    programme: str
    year: int
    amount: Decimal
    case: Claim
    effective_on: date
    actor: str


async def commit_budget(
    session: AsyncSession,
    edition: Edition,
    *,
    programme: str,
    year: int,
    amount: Decimal,
    case: Claim,
    context: EventContext,
) -> Decision:
    """Take the amount out of what the line has left; where the year is closed, out of the open line of the day's year.

    Raises 409 `appropriation-missing`, `appropriation-closed`, `appropriation-exhausted` (with what remains).
    """
    line = select(Appropriation.status).where(Appropriation.programme == programme, Appropriation.year == year)
    status = await session.scalar(line.with_for_update(read=True))
    line_year = year
    if status == CLOSED and (later := await open_line(session, programme, context.effective_on.year)) is not None:
        line_year, status = later, APPROVED
    decision = require_passed(decide_line(edition, programme=programme, year=line_year, status=status))
    if status != APPROVED:
        return decision
    within = await take(session, edition, programme, line_year, amount)
    await hold(session, (case.case_id, case.case_no), programme, year, line_year=line_year, committed=amount, paid=ZERO)
    await _book(session, Movement.BUDGET_COMMITTED, case, programme, [(line_year, amount)], context)
    return combine(decision, within)


async def release_budget(
    session: AsyncSession, *, programme: str, year: int, amount: Decimal, case: Claim, context: EventContext
) -> None:
    """Give back what will not be paid: at most what is committed and unpaid, nothing where the year's closing has
    released it."""
    release = Release(programme, year, amount, case, context.effective_on, context.actor)
    await release_budgets(session, [release])


async def release_budgets(session: AsyncSession, releases: Sequence[Release]) -> None:
    """The same for many cases, one release a case and programme, in a handful of statements."""
    wanted = {(release.case.case_id, release.programme, release.year): release for release in releases}
    if not wanted:
        return
    rows = await lock_held(session, tuple_(held.c.case_id, held.c.programme, held.c.year).in_(list(wanted)), UNPAID > 0)
    bookings: list[Booking] = []
    given: list[tuple[UUID, str, int, int, Decimal]] = []
    for row in rows:
        release = wanted[row.case_id, row.programme, row.year]
        amount = min(release.amount, row.committed - row.paid)
        given.append((row.case_id, row.programme, row.year, row.line_year, amount))
        part = [(row.line_year, amount)]
        day, actor = release.effective_on, release.actor
        bookings.append(_booking(Movement.BUDGET_RELEASED, release.case, row.programme, part, day, actor))
    await give_back(session, given)
    await book(session, bookings)


async def pay_budget(
    session: AsyncSession,
    edition: Edition,
    *,
    programme: str,
    year: int,
    amount: Decimal,
    case: Claim,
    context: EventContext,
) -> Decision:
    """What was committed is paid.

    A commitment that a year's closing released is committed anew first, on the case's line while it is open, else on
    that of the year of payment. Raises as `commit_budget`, then.
    """
    rows = await lock_held(session, *of_case(case.case_id, programme, year), UNPAID > 0)
    if not rows:
        line_year = await open_line(session, programme, year, context.effective_on.year)
        return await _pay_anew(session, edition, programme, year, line_year, amount, case, context)
    (row,) = rows
    if row.committed - row.paid < amount:
        raise ValueError(f"{case.case_no}: {amount} is paid, {row.committed - row.paid} is committed")
    await session.execute(update(held).where(*row_key(row)).values(paid=held.c.paid + amount))
    await _book(session, Movement.BUDGET_PAID, case, programme, [(row.line_year, amount)], context)
    return decide_line(edition, programme=programme, year=row.line_year, status=APPROVED)


async def return_budget(
    session: AsyncSession, *, programme: str, year: int, amount: Decimal, case: Claim, context: EventContext
) -> None:
    """Some of what was paid came back to the treasury. It is not free again: a revision may raise the line by it."""
    await return_budgets(session, programme=programme, years=[(year, amount)], case=case, context=context)


async def return_budgets(
    session: AsyncSession, *, programme: str, years: Sequence[tuple[int, Decimal]], case: Claim, context: EventContext
) -> None:
    """The same for a case that was paid in several years: (year, amount), in one journal entry."""
    mine = (held.c.case_id == case.case_id, held.c.programme == programme)
    await lock_held(session, *mine, held.c.year.in_([year for year, _ in years]))
    lines: dict[int, Decimal] = {}
    for year, amount in years:
        for line_year, part in await _spread(session, case, programme, year, amount, back=True):
            lines[line_year] = lines.get(line_year, ZERO) + part
    await _book(session, Movement.BUDGET_RETURNED, case, programme, list(lines.items()), context)


async def repay_budget(
    session: AsyncSession, *, programme: str, year: int, amount: Decimal, case: Claim, context: EventContext
) -> None:
    """What had come back goes out again: the line bears it already."""
    parts = await _spread(session, case, programme, year, amount, back=False)
    await _book(session, Movement.BUDGET_REPAID, case, programme, parts, context)


async def _pay_anew(
    session: AsyncSession,
    edition: Edition,
    programme: str,
    year: int,
    line_year: int | None,
    amount: Decimal,
    case: Claim,
    context: EventContext,
) -> Decision:
    status = APPROVED if line_year is not None else None
    shown = line_year or context.effective_on.year
    decision = require_passed(decide_line(edition, programme=programme, year=shown, status=status))
    if line_year is None:
        return decision
    within = await take(session, edition, programme, line_year, amount)
    await hold(
        session, (case.case_id, case.case_no), programme, year, line_year=line_year, committed=amount, paid=amount
    )
    await _book(session, Movement.BUDGET_COMMITTED, case, programme, [(line_year, amount)], context)
    await _book(session, Movement.BUDGET_PAID, case, programme, [(line_year, amount)], context)
    return combine(decision, within)


async def _spread(
    session: AsyncSession, case: Claim, programme: str, year: int, amount: Decimal, *, back: bool
) -> list[tuple[int, Decimal]]:
    """Which lines the amount came from, the newest first; none for a case that never took budget."""
    parts: list[tuple[int, Decimal]] = []
    left = amount
    rows = await lock_held(session, *of_case(case.case_id, programme, year))
    for row in sorted(rows, key=lambda row: -row.line_year):
        part = min(left, row.paid - row.returned if back else row.returned)
        if part > 0:
            change = part if back else -part
            await session.execute(update(held).where(*row_key(row)).values(returned=held.c.returned + change))
            parts.append((row.line_year, part))
            left -= part
    if rows and left:
        raise ValueError(f"{case.case_no}: {amount} comes back or goes out again, {left} of it was never paid")
    return parts


async def _book(
    session: AsyncSession,
    movement: Movement,
    case: Claim,
    programme: str,
    parts: Sequence[tuple[int, Decimal]],
    context: EventContext,
) -> None:
    if parts:
        day, actor = context.effective_on, context.actor
        await book(session, [_booking(movement, case, programme, parts, day, actor)])


def _booking(
    movement: Movement,
    case: Claim,
    programme: str,
    parts: Sequence[tuple[int, Decimal]],
    effective_on: date,
    actor: str,
) -> Booking:
    (line_year, amount), *others = parts
    return Booking(
        movement=movement,
        case_id=case.case_id,
        case_no=case.case_no,
        case_version=case.case_version,
        subject=programme,
        period=str(line_year),
        amount=amount,
        effective_on=effective_on,
        actor=actor,
        parts=tuple(Part(str(year), part) for year, part in others),
    )
