"""The books as the treasury reads them: the trial balance, and the ledger posting by posting with control totals."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Final

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    SQLColumnExpression,
    String,
    and_,
    case,
    cast,
    func,
    literal,
    null,
    or_,
    select,
)
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.journal.accounts import Account
from services.finance.journal.chart import CHART
from services.finance.journal.models import JournalEntry, JournalPeriod, Posting
from services.finance.journal.periods import SHUT
from services.finance.journal.rules import bounds_of
from services.finance.journal.schemas import (
    BalanceFilter,
    BalanceLine,
    BalanceTotals,
    BooksFilter,
    Ledger,
    LedgerAccountFilter,
    LedgerAccountOut,
    LedgerFilter,
    LedgerLine,
    LedgerTotals,
    TrialBalance,
)
from services.finance.projections import known_centre
from shared.http.asking import current
from shared.http.paging import Page, paginate
from shared.money import ZERO

_ON: Final = JournalEntry.id == Posting.entry_id
_DEBIT: Final = case((Posting.amount > 0, Posting.amount))
_CREDIT: Final = case((Posting.amount < 0, -Posting.amount))
_CENTRE: Final = cast(known_centre.c.id, String) == Posting.subject


def chart(wanted: LedgerAccountFilter) -> Page[LedgerAccountOut]:
    """All accounts of the chart, or a programme's."""
    shown = [
        LedgerAccountOut(
            code=account,
            programme=programme_of(account),
            title_zh=title.zh,
            title_en=title.en,
            normal=title.normal,
            subject=title.subject,
        )
        for account, title in CHART.items()
        if wanted.programme in (None, programme_of(account))
    ]
    return Page(items=shown, next=None)


def programme_of(account: Account) -> str:
    """What the account's code begins with."""
    return account.partition(".")[0]


async def trial_balance(session: AsyncSession, wanted: BalanceFilter) -> TrialBalance:
    """Opening, movements and closing of each account; the sums are zero wherever whole entries are asked for."""
    _, from_on, to_on = bounds_of(wanted.year, wanted.month)
    by_subject = wanted.by == "subject"
    own = (Posting.account, Posting.subject, Posting.period) if by_subject else (Posting.account,)
    within = JournalEntry.effective_on >= from_on
    query = (
        select(
            Posting.account,
            (Posting.subject if by_subject else null()).label("subject"),
            (Posting.period if by_subject else null()).label("period"),
            _sum(Posting.amount, ~within).label("opening"),
            _sum(Posting.amount, and_(within, Posting.amount > 0)).label("debit"),
            _sum(-Posting.amount, and_(within, Posting.amount < 0)).label("credit"),
        )
        .join(JournalEntry, _ON)
        .where(JournalEntry.effective_on <= to_on, *_chosen(wanted))
        .group_by(*own)
        .order_by(*own)
    )
    rows = (await session.execute(query)).all()
    names = await _names(session, {row.subject for row in rows if row.subject})
    lines = [
        BalanceLine(
            account=Account(row.account),
            account_title=title_of(row.account),
            normal=CHART[Account(row.account)].normal,
            subject=row.subject,
            subject_name=names.get(row.subject),
            period=row.period,
            opening=row.opening,
            debit=row.debit,
            credit=row.credit,
            closing=row.opening + row.debit - row.credit,
        )
        for row in rows
    ]
    closed = await _closed(session, from_on, to_on)
    return TrialBalance(from_on=from_on, to_on=to_on, closed=closed, lines=lines, totals=_totals(lines))


async def ledger(session: AsyncSession, wanted: LedgerFilter) -> Ledger:
    """Postings in the order booked; the control totals are of all of them, on the last page."""
    query = _postings(wanted)
    keys = [JournalEntry.effective_on, Posting.entry_id, Posting.line]
    page = await paginate(session, query, keys=keys, params=wanted, item=_line)
    totals = await _control(session, wanted) if page.next is None else None
    return Ledger(items=page.items, next=page.next, totals=totals)


def title_of(account: str) -> str:
    """In the reader's language."""
    title, asked = CHART[Account(account)], current()
    if asked is None:
        return title.zh
    asked.in_language = True
    return title.en if asked.language == "en" else title.zh


def _line(
    row: Row[JournalEntry, str, str, str, Decimal | None, Decimal | None, int, str | None],
) -> LedgerLine:
    entry = row[0]
    own = {name: getattr(row, name) for name in ("account", "subject", "period", "debit", "credit", "line")}
    names = ("effective_on", "occurred_on", "closed_period", "kind", "case_no", "counterparty", "actor", "recorded_at")
    of_entry = {name: getattr(entry, name) for name in (*names, "reverses_id", "case_id")}
    shown = {"account_title": title_of(row.account), "subject_name": row.subject_name, "entry_id": entry.id}
    return LedgerLine.model_validate(own | of_entry | shown)


def _postings(
    wanted: BooksFilter,
) -> Select[JournalEntry, str, str, str, Decimal | None, Decimal | None, int, str | None]:
    _, from_on, to_on = bounds_of(wanted.year, wanted.month)
    return (
        select(
            JournalEntry,
            Posting.account,
            Posting.subject,
            Posting.period,
            _DEBIT.label("debit"),
            _CREDIT.label("credit"),
            Posting.line,
            known_centre.c.name.label("subject_name"),
        )
        .select_from(Posting)
        .join(JournalEntry, _ON)
        .outerjoin(known_centre, _CENTRE)
        .where(JournalEntry.effective_on.between(from_on, to_on), *_chosen(wanted))
    )


async def _control(session: AsyncSession, wanted: BooksFilter) -> LedgerTotals:
    _, from_on, to_on = bounds_of(wanted.year, wanted.month)
    sums = (func.count(), func.coalesce(func.sum(_DEBIT), ZERO), func.coalesce(func.sum(_CREDIT), ZERO))
    query = select(*sums).select_from(Posting).join(JournalEntry, _ON)
    days = JournalEntry.effective_on.between(from_on, to_on)
    count, debit, credit = (await session.execute(query.where(days, *_chosen(wanted)))).one()
    return LedgerTotals(line=count, debit=debit, credit=credit)


def _chosen(wanted: BooksFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.programme is not None:
        conditions.append(Posting.account.startswith(f"{wanted.programme}.", autoescape=True))
    if wanted.account is not None:
        conditions.append(Posting.account == wanted.account.value)
    if wanted.subject is not None:
        conditions.append(Posting.subject == wanted.subject)
    if wanted.division is not None:
        owned = select(cast(known_centre.c.id, String)).where(known_centre.c.owner_division == wanted.division)
        conditions.append(or_(Posting.subject == wanted.division, Posting.subject.in_(owned)))
    return conditions


def _sum(amount: SQLColumnExpression[Decimal], when: ColumnElement[bool]) -> ColumnElement[Decimal]:
    return func.coalesce(func.sum(case((when, amount))), literal(ZERO))


async def _names(session: AsyncSession, subjects: Iterable[str]) -> dict[str, str]:
    """The centres' names; other subjects are codes that people know."""
    query = select(cast(known_centre.c.id, String).label("subject"), known_centre.c.name)
    rows = await session.execute(query.where(cast(known_centre.c.id, String).in_(sorted(subjects))))
    return {row.subject: row.name for row in rows}


async def _closed(session: AsyncSession, from_on: date, to_on: date) -> list[str]:
    overlap = (JournalPeriod.starts_on <= to_on, JournalPeriod.ends_on >= from_on)
    query = select(JournalPeriod.label).where(JournalPeriod.status.in_(SHUT), *overlap)
    return list(await session.scalars(query.order_by(JournalPeriod.label)))


def _totals(lines: Iterable[BalanceLine]) -> BalanceTotals:
    names = ("opening", "debit", "credit", "closing")
    sums = dict.fromkeys(names, ZERO)
    for line in lines:
        for name in names:
            sums[name] += getattr(line, name)
    return BalanceTotals(**sums)
