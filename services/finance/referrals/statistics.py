"""What banks make of referrals, by bank and product; counts and sums that name no enterprise (3.2-1)."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from sqlalchemy import ColumnElement, Integer, Row, func, null, select, type_coerce
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.referrals import states
from services.finance.referrals.access import own_bank, reads_as_bank
from services.finance.referrals.models import Referral
from services.finance.referrals.schemas import Statistics, StatisticsLine, StatisticsQuery
from shared.auth.principal import Principal
from shared.livemode import of_mode

_TENTH: Final = Decimal("0.1")


async def count_referrals(session: AsyncSession, wanted: StatisticsQuery, principal: Principal) -> Statistics:
    """Referrals sent within the days asked for, as they stand now; a bank sees its own."""
    sent_from = wanted.sent_from or date(principal.today.year, 1, 1)
    sent_to = wanted.sent_to or principal.today
    which = [of_mode(Referral, principal), Referral.sent_on >= sent_from, Referral.sent_on <= sent_to]
    if reads_as_bank(principal):
        which.append(Referral.bank == own_bank(principal))
    if wanted.bank is not None:
        which.append(Referral.bank == wanted.bank)
    by_product = wanted.by == "product"
    reasons = await _reasons(session, which, by_product)
    rows = (await session.execute(_counted(which, by_product))).all()
    items = [_line(row, reasons.get((row.bank, row.product), {})) for row in rows]
    return Statistics(sent_from=sent_from, sent_to=sent_to, items=items)


def _product(by_product: bool) -> ColumnElement[str | None]:
    return (Referral.product if by_product else type_coerce(null(), Referral.product.type)).label("product")


def _counted(which: list[ColumnElement[bool]], by_product: bool) -> Any:
    """One row a bank and product; the columns have many types, hence Any."""
    days = type_coerce(Referral.answered_on - Referral.sent_on, Integer)
    one = func.count().filter
    columns = (
        Referral.bank,
        _product(by_product),
        func.count().label("sent"),
        func.count(Referral.answered_on).label("answered"),
        func.count(Referral.accepted_on).label("accepted"),
        one(Referral.status == states.REFUSED).label("refused"),
        func.count(Referral.offered_on).label("offered"),
        one(Referral.status == states.DECLINED).label("declined"),
        one(Referral.status == states.WITHDRAWN).label("withdrawn"),
        one(Referral.status == states.EXPIRED).label("expired"),
        one(Referral.disbursed > 0).label("disbursed"),
        func.sum(Referral.amount).label("requested_amount"),
        func.coalesce(func.sum(Referral.offered_amount), 0).label("offered_amount"),
        func.sum(Referral.disbursed).label("disbursed_amount"),
        func.sum(Referral.repaid).label("repaid_amount"),
        func.percentile_cont(0.5).within_group(days.asc()).label("median_days"),
    )
    keys = (Referral.bank, Referral.product) if by_product else (Referral.bank,)
    return select(*columns).where(*which).group_by(*keys).order_by(*(key.asc().nulls_first() for key in keys))


async def _reasons(
    session: AsyncSession, which: list[ColumnElement[bool]], by_product: bool
) -> dict[tuple[str, str | None], dict[str, int]]:
    keys = (Referral.bank, Referral.product) if by_product else (Referral.bank,)
    query = (
        select(Referral.bank, _product(by_product), Referral.refusal_reason, func.count().label("count"))
        .where(*which, Referral.status == states.REFUSED)
        .group_by(*keys, Referral.refusal_reason)
        .order_by(Referral.refusal_reason)
    )
    found: dict[tuple[str, str | None], dict[str, int]] = {}
    for row in await session.execute(query):
        found.setdefault((row.bank, row.product), {})[str(row.refusal_reason)] = row[3]
    return found


def _line(row: Row[*tuple[Any, ...]], reasons: dict[str, int]) -> StatisticsLine:
    values = dict(row._mapping)  # the public way to a row's names
    median = values.pop("median_days")
    if median is not None:
        median = Decimal(str(median)).quantize(_TENTH, ROUND_HALF_UP)
    return StatisticsLine(**values, median_days=median, refused_by_reason=reasons)
