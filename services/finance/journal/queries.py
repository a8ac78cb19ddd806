"""Reading the journal."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from services.finance.journal.models import JournalEntry, JournalPeriod, Posting
from services.finance.journal.schemas import EntryFilter, EntryOut, JournalPeriodFilter, JournalPeriodOut
from shared.errors import not_found
from shared.http.paging import Page, SortKey, paginate


async def list_entries(session: AsyncSession, wanted: EntryFilter) -> Page[EntryOut]:
    """One page of the journal with the postings of each entry."""
    statement = _with_postings()
    for column in (JournalEntry.case_id, JournalEntry.case_no, JournalEntry.kind):
        if (value := getattr(wanted, column.key)) is not None:
            statement = statement.where(column == value)
    if wanted.programme is not None:
        of_programme = Posting.account.startswith(f"{wanted.programme}.", autoescape=True)
        statement = statement.where(JournalEntry.id.in_(select(Posting.entry_id).where(of_programme)))
    if wanted.effective_from is not None:
        statement = statement.where(JournalEntry.effective_on >= wanted.effective_from)
    if wanted.effective_to is not None:
        statement = statement.where(JournalEntry.effective_on <= wanted.effective_to)
    subject = wanted.subject or _text(wanted.centre_id)
    on_account = {"account": wanted.account, "subject": subject, "period": _text(wanted.fiscal_year)}
    chosen = {name: value for name, value in on_account.items() if value is not None}
    if wanted.division is not None:
        statement = statement.where(JournalEntry.id.in_(select(Posting.entry_id).filter_by(subject=wanted.division)))
    if chosen:
        statement = statement.where(JournalEntry.id.in_(select(Posting.entry_id).filter_by(**chosen)))
    return await paginate(session, statement, keys=[JournalEntry.id], params=wanted, item=EntryOut.model_validate)


async def read_entry(session: AsyncSession, entry_id: UUID) -> EntryOut:
    """One entry. Raises 404."""
    entry = await session.scalar(_with_postings().where(JournalEntry.id == entry_id))
    if entry is None:
        raise not_found("journal-entry")
    return EntryOut.model_validate(entry)


async def find_period(session: AsyncSession, period_id: UUID) -> JournalPeriod:
    """Raises 404."""
    period = await session.get(JournalPeriod, period_id)
    if period is None:
        raise not_found("journal-period")
    return period


async def list_periods(session: AsyncSession, wanted: JournalPeriodFilter) -> Page[JournalPeriodOut]:
    """One page of the periods that were ever closed or proposed, the latest first."""
    query = select(JournalPeriod)
    for column in (JournalPeriod.label, JournalPeriod.status):
        if (value := getattr(wanted, column.key)) is not None:
            query = query.where(column == value)
    keys: list[SortKey] = [JournalPeriod.starts_on.desc(), JournalPeriod.no.desc()]
    return await paginate(session, query, keys=keys, params=wanted, item=JournalPeriodOut.model_validate)


def _with_postings() -> Select[JournalEntry]:
    return select(JournalEntry).options(selectinload(JournalEntry.postings))


def _text(value: object) -> str | None:
    return None if value is None else str(value)
