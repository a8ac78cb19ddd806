"""The caps of loans: outstanding principal of a borrower, approved and unpaid included (3.2-3 to 3.2-5).

Rows are locked in one order: the borrowers' by subject, then the joint group's. A person's row is also what forming or
leaving a joint group waits for. After a merger of enterprises the sum over all their codes counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.ceilings.models import LOAN_GRADUATE, LOAN_GUARANTEED, LOAN_JOINT, LOAN_SMALL_MICRO, ceiling
from services.finance.enterprises import family_codes
from services.finance.journal.entries import Booking, Movement, book
from services.finance.loans.models import JointMember, Loan, LoanPartner
from services.finance.loans.rules import decide_cap, decide_joint_group
from services.finance.loans.states import GRADUATE, GRADUATE_JOINT, GUARANTEED, SMALL_MICRO
from shared.events.outbox import EventContext
from shared.ids import uuid7
from shared.money import ZERO
from shared.policy.decision import Decision, combine
from shared.policy.edition import Edition

KINDS: Final[Mapping[str, str]] = {
    GUARANTEED: LOAN_GUARANTEED,
    SMALL_MICRO: LOAN_SMALL_MICRO,
    GRADUATE: LOAN_GRADUATE,
    GRADUATE_JOINT: LOAN_JOINT,
}


async def partners_of(session: AsyncSession, loan_id: UUID) -> list[str]:
    """References of those who borrow jointly, the first one first."""
    query = select(LoanPartner.person_ref).where(LoanPartner.loan_id == loan_id).order_by(LoanPartner.position)
    return list(await session.scalars(query))


async def commit(
    session: AsyncSession, edition: Edition, loan: Loan, amount: Decimal, *, forced: bool = False
) -> Decision:
    """Take the amount out of the borrower's cap; nothing is taken where the decision does not pass, unless `forced`.

    A graduate's own loan counts within the joint total of its group as well; the first approval of a joint loan forms
    the group.
    """
    if loan.product == GRADUATE_JOINT:
        decision, loan.group_id = await _commit_joint(session, edition, loan, amount, forced)
    elif loan.product == GRADUATE:
        decision = await _commit_graduate(session, edition, loan, amount, forced)
    else:
        decision = await _commit_firm(session, edition, loan, amount, forced)
    if decision.passed or forced:
        loan.committed += amount
    return decision


async def restore(session: AsyncSession, edition: Edition, loan: Loan, amount: Decimal) -> Decision:
    """Take what is owed again, above the cap if need be: a debt is a fact, and nobody's approval. The decision does not
    pass where it is above, and neither does the next approval."""
    return await commit(session, edition, loan, amount, forced=True)


async def preview(
    session: AsyncSession, edition: Edition, loan: Loan, partners: Sequence[str], known: Sequence[str]
) -> Decision:
    """The same without taking anything, nor any lock: what it would say now, by what those of the partners owe who are
    `known` to the caller."""
    amount = loan.requested
    if loan.product != GRADUATE_JOINT:
        held = sum((await _held(session, loan, await _family(session, loan))).values(), ZERO)
        own = decide_cap(edition, loan.product, borrower=loan.borrower, outstanding=held, amount=amount)
        group = (await _groups(session, loan.livemode, [loan.borrower])).get(loan.borrower)
        if loan.product != GRADUATE or group is None:
            return own
        return combine(own, await _joint_cap(session, edition, loan, str(group), amount))
    groups = await _groups(session, loan.livemode, known)
    group_id, other = await _own_group(session, loan.livemode, partners, groups)
    fits = decide_joint_group(edition, in_another=other)
    if group_id is not None:
        return combine(fits, await _joint_cap(session, edition, loan, str(group_id), amount))
    owed = sum((await _held(session, loan, sorted(known), LOAN_GRADUATE)).values(), ZERO)
    cap = decide_cap(edition, loan.product, borrower=loan.borrower, outstanding=owed, amount=amount, counted=owed)
    return combine(fits, cap)


async def release(session: AsyncSession, loan: Loan, amount: Decimal) -> None:
    """Give back what was repaid, lowered or will not be lent; a group without a loan is none any more. To be called
    before the event of the step, `enter` after it."""
    loan.committed -= amount
    await session.flush()
    if loan.product == GRADUATE_JOINT:
        assert loan.group_id is not None, f"{loan.no} holds {amount} and is in no group"
        await _lock(session, loan, LOAN_GRADUATE, await partners_of(session, loan.id))
        await _move(session, loan, LOAN_JOINT, str(loan.group_id), -amount)
        await _dissolve(session, loan)
        return
    await _lock(session, loan, KINDS[loan.product], [loan.borrower])
    await _move(session, loan, KINDS[loan.product], loan.borrower, -amount)
    if loan.product == GRADUATE:
        group = (await _groups(session, loan.livemode, [loan.borrower])).get(loan.borrower)
        if group is not None:
            await _move(session, loan, LOAN_JOINT, str(group), -amount)


async def enter(session: AsyncSession, loan: Loan, change: Decimal, context: EventContext) -> None:
    """Write down what the step took (positive) or gave back, after its event; nothing for loans in test mode."""
    if not change or not loan.livemode:
        return
    assert loan.checked_on is not None, "a cap is held from the approval on"
    entry = Booking(
        movement=Movement.LOAN_COMMITTED if change > 0 else Movement.LOAN_RELEASED,
        case_id=loan.id,
        case_no=loan.no,
        case_version=loan.version,
        subject=loan.borrower,
        period=str(loan.checked_on.year),
        amount=abs(change),
        effective_on=context.effective_on,
        actor=context.actor,
    )
    await book(session, [entry])


async def _commit_firm(session: AsyncSession, edition: Edition, loan: Loan, amount: Decimal, forced: bool) -> Decision:
    kind = KINDS[loan.product]
    held = sum((await _lock(session, loan, kind, await _family(session, loan))).values(), ZERO)
    decision = decide_cap(edition, loan.product, borrower=loan.borrower, outstanding=held, amount=amount)
    if decision.passed or forced:
        await _move(session, loan, kind, loan.borrower, amount, edition, forced=forced)
    return decision


async def _commit_graduate(
    session: AsyncSession, edition: Edition, loan: Loan, amount: Decimal, forced: bool
) -> Decision:
    held = await _lock(session, loan, LOAN_GRADUATE, [loan.borrower])
    decision = decide_cap(edition, loan.product, borrower=loan.borrower, outstanding=held[loan.borrower], amount=amount)
    group = (await _groups(session, loan.livemode, [loan.borrower])).get(loan.borrower)
    if group is not None:
        await _lock(session, loan, LOAN_JOINT, [str(group)])
        decision = combine(decision, await _joint_cap(session, edition, loan, str(group), amount))
    if decision.passed or forced:
        await _move(session, loan, LOAN_GRADUATE, loan.borrower, amount, edition, forced=forced)
        if group is not None:
            await _move(session, loan, LOAN_JOINT, str(group), amount, forced=forced)
    return decision


async def _commit_joint(
    session: AsyncSession, edition: Edition, loan: Loan, amount: Decimal, forced: bool
) -> tuple[Decision, UUID | None]:
    """A forced loan whose group is gone is in it again, with those of its partners who are in no other."""
    partners = await partners_of(session, loan.id)
    owed = sum((await _lock(session, loan, LOAN_GRADUATE, partners)).values(), ZERO)
    groups = await _groups(session, loan.livemode, partners)
    group_id, other = await _own_group(session, loan.livemode, partners, groups)
    fits = decide_joint_group(edition, in_another=other)
    if not fits.passed and not forced:
        return fits, None
    formed = group_id or (loan.group_id if forced else None) or uuid7()
    held = (await _lock(session, loan, LOAN_JOINT, [str(formed)]))[str(formed)] if group_id else owed
    cap = decide_cap(edition, loan.product, borrower=loan.borrower, outstanding=held, amount=amount, counted=owed)
    decision = combine(fits, cap)
    if not decision.passed and not forced:
        return decision, None
    if group_id is None:
        await _lock(session, loan, LOAN_JOINT, [str(formed)])
        rows = [{"livemode": loan.livemode, "person_ref": ref, "group_id": formed} for ref in partners]
        joining = insert(JointMember).values(rows)
        await session.execute(joining.on_conflict_do_nothing() if forced else joining)
    total = amount if group_id else amount + owed
    await _move(session, loan, LOAN_JOINT, str(formed), total, edition, forced=forced)
    return decision, formed


async def _joint_cap(session: AsyncSession, edition: Edition, loan: Loan, group: str, amount: Decimal) -> Decision:
    held = (await _held(session, loan, [group], LOAN_JOINT)).get(group, ZERO)
    return decide_cap(edition, GRADUATE_JOINT, borrower=loan.borrower, outstanding=held, amount=amount)


async def _own_group(
    session: AsyncSession, livemode: bool, partners: Sequence[str], groups: Mapping[str, UUID]
) -> tuple[UUID | None, str | None]:
    """The group that is exactly these partners, and else somebody of them who is in another one."""
    if not groups:
        return None, None
    group_id = next(iter(groups.values()))
    members = select(JointMember.person_ref).where(JointMember.livemode == livemode, JointMember.group_id == group_id)
    if set(await session.scalars(members)) == set(partners):
        return group_id, None
    return None, min(groups)


async def _groups(session: AsyncSession, livemode: bool, refs: Sequence[str]) -> dict[str, UUID]:
    query = select(JointMember.person_ref, JointMember.group_id).where(
        JointMember.livemode == livemode, JointMember.person_ref.in_(refs)
    )
    return {row.person_ref: row.group_id for row in await session.execute(query)}


async def _dissolve(session: AsyncSession, loan: Loan) -> None:
    """A group lives as long as one of its loans holds something."""
    left = await session.scalar(select(func.sum(Loan.committed)).where(Loan.group_id == loan.group_id))
    if left:
        return
    await session.execute(delete(JointMember).where(JointMember.group_id == loan.group_id))
    await session.execute(delete(ceiling).filter_by(**_key(loan, LOAN_JOINT, str(loan.group_id))))


async def _family(session: AsyncSession, loan: Loan) -> list[str]:
    """The borrower's code and those of every record that went into the same one."""
    if loan.enterprise_id is None or loan.borrower != loan.enterprise_code:
        return [loan.borrower]
    return sorted(await family_codes(session, [loan.borrower]))


async def _held(
    session: AsyncSession, loan: Loan, subjects: Sequence[str], kind: str | None = None
) -> dict[str, Decimal]:
    query = select(ceiling.c.subject, ceiling.c.committed).where(
        ceiling.c.kind == (kind or KINDS[loan.product]),
        ceiling.c.period == _period(loan),
        ceiling.c.subject.in_(subjects),
    )
    return {row.subject: row.committed for row in await session.execute(query)}


async def _lock(session: AsyncSession, loan: Loan, kind: str, subjects: Sequence[str]) -> dict[str, Decimal]:
    """What the subjects hold, and nobody else moves it before this transaction ends."""
    ordered = sorted(set(subjects))
    rows = [{**_key(loan, kind, subject), "limit_amount": ZERO, "committed": ZERO} for subject in ordered]
    await session.execute(insert(ceiling).values(rows).on_conflict_do_nothing())
    query = select(ceiling.c.subject, ceiling.c.committed).where(
        ceiling.c.kind == kind, ceiling.c.period == _period(loan), ceiling.c.subject.in_(ordered)
    )
    locked = await session.execute(query.order_by(ceiling.c.subject).with_for_update())
    return {row.subject: row.committed for row in locked}


async def _move(
    session: AsyncSession,
    loan: Loan,
    kind: str,
    subject: str,
    change: Decimal,
    edition: Edition | None = None,
    *,
    forced: bool = False,
) -> None:
    """The row is locked, and the rule has passed; the CHECK of the table stands behind it. A forced change raises the
    row's limit, not the edition's."""
    total = ceiling.c.committed + change
    limit: ColumnElement[Decimal] = ceiling.c.limit_amount
    if edition is not None:
        product = next(name for name, of in KINDS.items() if of == kind)
        limit = func.greatest(edition.loans.products[product].cap.value, limit)
    if forced:
        limit = func.greatest(limit, total)
    statement = update(ceiling).filter_by(**_key(loan, kind, subject)).values(committed=total, limit_amount=limit)
    await session.execute(statement)


def _period(loan: Loan) -> str:
    return "all" if loan.livemode else "test"


def _key(loan: Loan, kind: str, subject: str) -> dict[str, str]:
    return {"kind": kind, "subject": subject, "period": _period(loan)}
