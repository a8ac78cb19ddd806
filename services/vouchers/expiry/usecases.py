"""Stopping what has run out: one statement for many vouchers, safe to run anywhere, at once and any number of times.

A voucher cannot be used after its last day whether this has run or not; what it adds is the money's way back. It waits
until sales that a counter made offline on the last day may have come in, and for an extension that was asked for in
time. Held parts stay reserved: they are redeemed, or go back when their hold is released.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.access import own_division
from services.vouchers.ceilings.returns import Unspent, give_back
from services.vouchers.requests.models import EXTENSION, VoucherRequest
from services.vouchers.steps import OPEN
from services.vouchers.vouchers.models import Voucher
from services.vouchers.vouchers.rules import EXPIRED, STOPPED
from services.vouchers.vouchers.schemas import ExpireAsked, ExpiredOut
from shared.auth import roles as r
from shared.auth.principal import Principal
from shared.clock import effective_date
from shared.events import outbox
from shared.events.contracts import vouchers as vc
from shared.events.outbox import EventContext
from shared.money import ZERO
from shared.policy.edition import Editions

AT_ONCE: Final = 500
"""Vouchers of one transaction, which keeps their budgets' rows locked until its end."""

_ROUNDS: Final = 4
"""Of one request: what it locks waits for its end."""

RULES: Final = ("vouchers.expiry",)
_BULK: Final = {"synchronize_session": False, "populate_existing": True}


@dataclass(frozen=True, slots=True)
class Expired:
    """How many were stopped, and the yuan that went back."""

    count: int = 0
    returned: Decimal = ZERO

    def __add__(self, other: Expired) -> Expired:
        return Expired(self.count + other.count, self.returned + other.returned)


def run_out(editions: Editions, day: date) -> ColumnElement[bool]:
    """Vouchers whose last day, with the time that offline sales have to come in, is before `day`."""
    late = [
        and_(
            Voucher.edition == edition.id,
            Voucher.valid_until < day - timedelta(days=edition.vouchers.use.offline_days.value),
        )
        for edition in editions
    ]
    # The widest of the conditions once more, on its own: it is the one that the index on the last day serves.
    widest = day - timedelta(days=min(edition.vouchers.use.offline_days.value for edition in editions))
    asked = exists().where(
        VoucherRequest.voucher_id == Voucher.id, VoucherRequest.kind == EXTENSION, VoucherRequest.status.in_(OPEN)
    )
    return and_(Voucher.status != STOPPED, Voucher.valid_until < widest, or_(*late), ~asked)


async def expire(session: AsyncSession, *, editions: Editions, principal: Principal, wanted: ExpireAsked) -> ExpiredOut:
    """Stop what has run out by the caller's day, or an earlier one; of one's own division, or everywhere for the city's
    science bureau. Raises 403, 422 for a day to come."""
    day = effective_date(principal, wanted.day)
    which: list[ColumnElement[bool]] = []
    if not principal.has(r.SCIENCE_OFFICER):
        which.append(Voucher.issuer_division == own_division(principal))
    context = EventContext.of(principal, day)
    total = Expired()
    for _ in range(_ROUNDS):
        some = await expire_some(session, editions, day, context, *which)
        total += some
        if some.count < AT_ONCE:
            return ExpiredOut(expired=total.count, returned=total.returned, more=False)
    return ExpiredOut(expired=total.count, returned=total.returned, more=True)


async def expire_some(
    session: AsyncSession,
    editions: Editions,
    day: date,
    context: EventContext,
    *which: ColumnElement[bool],
    at_once: int = AT_ONCE,
) -> Expired:
    """Stop up to `at_once` of them, the longest past first.

    Rows that somebody else holds are passed over: two of these at the same time share the work instead of waiting, and
    a voucher in use is taken the next time. Each stop is dated the day after the voucher's last day, so it is the same
    whenever, and by whomever, it is carried out.
    """
    query = select(
        Voucher.id, Voucher.programme_id, Voucher.issuer_division, Voucher.enterprise_id, Voucher.balance
    ).where(run_out(editions, day), *which)
    query = query.order_by(Voucher.valid_until, Voucher.id).limit(at_once).with_for_update(skip_locked=True, of=Voucher)
    found = (await session.execute(query)).all()
    if not found:
        return Expired()
    stopped = await _stop(session, [row.id for row in found])
    await give_back(
        session, [Unspent(row.programme_id, row.issuer_division, row.enterprise_id, row.balance) for row in found]
    )
    for edition in sorted({voucher.edition for voucher in stopped}):
        facts = [
            (voucher.id, voucher.version, vc.VoucherState.model_validate(voucher, from_attributes=True))
            for voucher in stopped
            if voucher.edition == edition
        ]
        await outbox.append_many(session, vc.VoucherStopped, facts, context=context, rules=RULES, edition=edition)
    return Expired(len(found), sum((row.balance for row in found), ZERO))


async def _stop(session: AsyncSession, ids: Sequence[UUID]) -> list[Voucher]:
    stopping = (
        update(Voucher)
        .where(Voucher.id.in_(ids))
        .values(
            status=STOPPED,
            stopped_on=Voucher.valid_until + 1,
            reason_code=EXPIRED,
            returned=Voucher.returned + Voucher.balance,
            balance=ZERO,
            version=Voucher.version + 1,
            updated_at=func.now(),
        )
        .returning(Voucher)
    )
    return list(await session.scalars(stopping, execution_options=_BULK))
