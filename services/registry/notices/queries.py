"""The notice that counts for a case, and the objections somebody may read."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.access import OFFICERS, READ_ALL
from services.registry.notices.models import NoticeObjection, PublicNotice
from shared.auth.principal import Principal
from shared.errors import not_found


@dataclass(frozen=True, slots=True)
class Tally:
    """The objections of a notice."""

    signed: int
    unanswered: int
    upheld: int
    leads: int


def _newest(kind: str, subject_id: UUID) -> Select[PublicNotice]:
    mine = (PublicNotice.subject_kind == kind, PublicNotice.subject_id == subject_id)
    return select(PublicNotice).where(*mine).order_by(PublicNotice.round.desc()).limit(1)


async def find_notice(session: AsyncSession, kind: str, subject_id: UUID) -> PublicNotice:
    """The newest notice of the case. Raises 404."""
    notice = await session.scalar(_newest(kind, subject_id))
    if notice is None:
        raise not_found("public-notice")
    return notice


async def lock_notice(session: AsyncSession, kind: str, subject_id: UUID) -> PublicNotice | None:
    """The newest notice of the case, locked: nobody objects while it is decided on, and the other way round.

    The case's own row, where a use case needs it locked too, comes first.
    """
    newest = _newest(kind, subject_id).with_for_update().execution_options(populate_existing=True)
    notice: PublicNotice | None = await session.scalar(newest)
    return notice


async def tally(session: AsyncSession, notice_id: UUID) -> Tally:
    """How many objections there are, signed, open, upheld and anonymous."""
    objection = NoticeObjection
    row = (
        await session.execute(
            select(
                func.count().filter(objection.signed),
                func.count().filter(objection.signed, objection.outcome.is_(None)),
                func.count().filter(objection.outcome == "upheld"),
                func.count().filter(~objection.signed),
            ).where(objection.notice_id == notice_id)
        )
    ).one()
    return Tally(*row)


def sees_objectors(principal: Principal) -> bool:
    """Bureaus and the auditor see who objected; others know it of their own objections only."""
    return principal.has(*READ_ALL, *OFFICERS)


def readable_objections(principal: Principal, *, own_case: bool) -> ColumnElement[bool]:
    """Bureaus and the auditor read all of them; whoever objected its own; the applicant the signed ones, to answer
    them, without who signed: an objector need not fear it. Leads are for the bureaus."""
    if sees_objectors(principal):
        return true()
    theirs = NoticeObjection.recorded_by == principal.account_id
    return or_(theirs, NoticeObjection.signed) if own_case else theirs


def objections(principal: Principal, notice_id: UUID, *, own_case: bool) -> Select[NoticeObjection]:
    """Those the caller may read."""
    readable = readable_objections(principal, own_case=own_case)
    return select(NoticeObjection).where(NoticeObjection.notice_id == notice_id, readable)
