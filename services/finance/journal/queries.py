"""Reading the journal."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from services.finance.journal.models import JournalEntry, Posting
from services.finance.journal.schemas import EntryFilter, EntryOut
from shared.errors import not_found
from shared.http.paging import Page, paginate


async def list_entries(session: AsyncSession, wanted: EntryFilter) -> Page[EntryOut]:
    """One page of the journal with the postings of each entry."""
    statement = _with_postings()
    for column in (JournalEntry.case_id, JournalEntry.case_no, JournalEntry.kind):
        if (value := getattr(wanted, column.key)) is not None:
            statement = statement.where(column == value)
    on_account = {"account": wanted.account, "subject": _text(wanted.centre_id), "period": _text(wanted.fiscal_year)}
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


def _with_postings() -> Select[JournalEntry]:
    return select(JournalEntry).options(selectinload(JournalEntry.postings))


def _text(value: object) -> str | None:
    return None if value is None else str(value)
