"""Reading angel funds: bureaus and the auditor all, divisions and operators those of their centres, enterprises
what was invested in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, false, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.angel_funds import answers, schemas
from services.finance.angel_funds.models import (
    AngelFund,
    AngelFundBreach,
    AngelFundInvestor,
    AngelFundOrder,
    AngelFundSeat,
    AngelInvestment,
)
from services.finance.angel_funds.shares import admissible
from services.finance.angel_funds.valuing import value_held
from services.finance.centres import READERS as CENTRE_READERS, visible_to
from services.finance.journal.entries import Account
from services.finance.journal.models import JournalEntry, Posting
from services.finance.projections import known_centre
from shared.auth import roles as r
from shared.auth.principal import Principal
from shared.errors import not_found
from shared.http.paging import Page, SortKey, paginate
from shared.money import ZERO
from shared.policy.edition import Edition

READERS: Final = CENTRE_READERS
INVESTMENT_READERS: Final = (*CENTRE_READERS, r.ENTERPRISE)

_ORDERS: Final[Mapping[str, Sequence[SortKey]]] = {"no": [AngelFund.no], "-no": [AngelFund.no.desc()]}
_SAID: Final[Mapping[Account, str]] = {
    Account.FUND_CASH: "cash",
    Account.FUND_INVESTMENTS: "invested",
    Account.FUND_MUNICIPAL_SUBSCRIBED: "municipal_subscribed",
    Account.FUND_MUNICIPAL_CAPITAL: "municipal_paid_in",
    Account.FUND_GAINS: "gains",
    Account.FUND_LOSSES: "losses",
    Account.FUND_MUNICIPAL_DISTRIBUTED: "municipal_proceeds",
    Account.FUND_SUBSCRIBERS: "subscribed",
    Account.FUND_BORNE: "borne",
}
"""Which figure of the fund an account has to show, whatever its side."""
_VOTES: Final = ("voted", "voted_down")
"""The steps whose decisions tell of the vote."""


def _visible(principal: Principal) -> Select[AngelFund]:
    joined = select(AngelFund).join(known_centre, known_centre.c.id == AngelFund.centre_id)
    return joined.where(visible_to(principal))


async def find(session: AsyncSession, fund_id: UUID, principal: Principal) -> AngelFund:
    """A fund that the caller reads. Raises 404."""
    fund = await session.scalar(_visible(principal).where(AngelFund.id == fund_id))
    if fund is None:
        raise not_found("angel-fund")
    return fund


async def list_funds(
    session: AsyncSession, wanted: schemas.AngelFundFilter, principal: Principal
) -> Page[answers.AngelFundOut]:
    """One page of the funds that the caller reads."""
    query = _visible(principal)
    for column in (AngelFund.no, AngelFund.centre_id, AngelFund.status):
        if (value := getattr(wanted, column.key)) is not None:
            query = query.where(column == value)
    for day, asked in ((AngelFund.breached_on, wanted.breached), (AngelFund.stopped_on, wanted.stopped)):
        if asked is not None:
            query = query.where(day.is_not(None) if asked else day.is_(None))
    item = answers.AngelFundOut.model_validate
    return await paginate(session, query, keys=_ORDERS[wanted.sort], params=wanted, item=item)


async def detail(session: AsyncSession, fund: AngelFund, edition: Edition) -> answers.AngelFundDetail:
    """The fund with investors and committee, as this transaction sees it."""
    await session.flush()
    seats = await session.scalars(
        select(AngelFundSeat).where(AngelFundSeat.fund_id == fund.id).order_by(AngelFundSeat.seat)
    )
    percent = edition.angel_fund.share_percent.value
    own = {name: getattr(fund, name) for name in answers.AngelFundOut.model_fields}
    return answers.AngelFundDetail(
        **own,
        investors=await investors_of(session, fund.id),
        seats=[answers.SeatOut.model_validate(seat) for seat in seats],
        admissible_subscription=admissible(fund.municipal_subscribed, fund.subscribed, percent),
        admissible_payment=admissible(fund.municipal_paid_in, fund.paid_in, percent),
        unit_value=(fund.cash + await value_held(session, fund)) / fund.units if fund.units else None,
        decision=fund.decision,
    )


async def investors_of(session: AsyncSession, fund_id: UUID) -> list[answers.InvestorOut]:
    """Everybody who ever subscribed, in the order of joining."""
    query = select(AngelFundInvestor).where(AngelFundInvestor.fund_id == fund_id).order_by(AngelFundInvestor.line)
    return [answers.InvestorOut.model_validate(investor) for investor in await session.scalars(query)]


async def list_orders(
    session: AsyncSession, fund_id: UUID, wanted: schemas.FundOrderFilter
) -> Page[answers.FundOrderOut]:
    """One page of the orders on a fund that the caller was found to read."""
    query = select(AngelFundOrder).where(AngelFundOrder.fund_id == fund_id)
    columns = (
        AngelFundOrder.kind,
        AngelFundOrder.status,
        AngelFundOrder.investor_id,
        AngelFundOrder.investment_id,
    )
    for column in columns:
        if (value := getattr(wanted, column.key)) is not None:
            query = query.where(column == value)
    item = answers.FundOrderOut.model_validate
    return await paginate(session, query, keys=[AngelFundOrder.line], params=wanted, item=item)


async def read_order(session: AsyncSession, fund_id: UUID, order_id: UUID) -> answers.FundOrderDetail:
    """One order with what is particular to it. Raises 404."""
    order = await session.scalar(
        select(AngelFundOrder).where(AngelFundOrder.id == order_id, AngelFundOrder.fund_id == fund_id)
    )
    if order is None:
        raise not_found("angel-fund-order")
    return answers.FundOrderDetail.model_validate(order)


def _investments(principal: Principal) -> Select[AngelInvestment]:
    """Of visible funds, and an enterprise's own."""
    own: ColumnElement[bool] = false()
    if principal.has(r.ENTERPRISE) and principal.org:
        own = AngelInvestment.enterprise_code == principal.org
    return (
        select(AngelInvestment)
        .join(AngelFund, AngelFund.id == AngelInvestment.fund_id)
        .join(known_centre, known_centre.c.id == AngelFund.centre_id)
        .where(or_(visible_to(principal), own))
    )


async def list_investments(
    session: AsyncSession, wanted: schemas.InvestmentFilter, principal: Principal
) -> Page[answers.AngelInvestmentOut]:
    """One page of investments over all funds, as far as the caller reads them."""
    query = _investments(principal)
    columns = (
        AngelInvestment.no,
        AngelInvestment.fund_id,
        AngelInvestment.enterprise_code,
        AngelInvestment.status,
    )
    for column in columns:
        if (value := getattr(wanted, column.key)) is not None:
            query = query.where(column == value)
    item = answers.AngelInvestmentOut.model_validate
    return await paginate(session, query, keys=[AngelInvestment.id], params=wanted, item=item)


async def read_investment(
    session: AsyncSession, investment_id: UUID, principal: Principal
) -> tuple[int, answers.AngelInvestmentDetail]:
    """One investment and the version of its fund. Raises 404. Who reads it for being the enterprise alone is not told
    how the committee voted."""
    await session.flush()
    inside = visible_to(principal).label("inside")
    query = _investments(principal).add_columns(AngelFund.version, inside).where(AngelInvestment.id == investment_id)
    row = (await session.execute(query)).one_or_none()
    if row is None:
        raise not_found("angel-investment")
    shown = answers.AngelInvestmentDetail.model_validate(row[0])
    if not row.inside:
        taken = [step for step in shown.decisions if step.step not in _VOTES]
        shown = shown.model_copy(update={"votes": [], "decisions": taken})
    return row[1], shown


async def list_breaches(session: AsyncSession, fund_id: UUID) -> list[answers.BreachOut]:
    """Every breach of the share, the first one first."""
    query = select(AngelFundBreach).where(AngelFundBreach.fund_id == fund_id).order_by(AngelFundBreach.id)
    return [answers.BreachOut.model_validate(breach) for breach in await session.scalars(query)]


async def statement(session: AsyncSession, fund: AngelFund, today: date) -> answers.FundStatementOut:
    """The fund's statement beside the journal's balances of it."""
    query = select(AngelInvestment).where(AngelInvestment.fund_id == fund.id).order_by(AngelInvestment.id)
    investments = (await session.scalars(query)).all()
    value = await value_held(session, fund)
    balances = await balances_of(session, fund.id)
    figures = set(answers.FundStatementOut.model_fields) & set(answers.AngelFundOut.model_fields) - {"id"}
    return answers.FundStatementOut(
        fund_id=fund.id,
        as_of=today,
        investments_value=value,
        value=fund.cash + value,
        investors=await investors_of(session, fund.id),
        investments=[answers.AngelInvestmentOut.model_validate(held) for held in investments],
        balances=[answers.BalanceOut(account=account, amount=amount) for account, amount in balances.items()],
        agrees=all(abs(balances.get(account, ZERO)) == getattr(fund, said) for account, said in _SAID.items()),
        **{name: getattr(fund, name) for name in figures},
    )


async def balances_of(session: AsyncSession, fund_id: UUID) -> dict[str, Decimal]:
    """What the journal has on each of the fund's accounts, over all years."""
    query = (
        select(Posting.account, func.sum(Posting.amount))
        .join(JournalEntry, JournalEntry.id == Posting.entry_id)
        .where(JournalEntry.case_id == fund_id, Posting.subject == str(fund_id))
        .group_by(Posting.account)
        .order_by(Posting.account)
    )
    return {row[0]: row[1] for row in await session.execute(query)}
