"""The notice that counts for a case, and the objections somebody may read."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.access import reads_all
from services.vouchers.notices.models import NoticeObjection, PublicNotice
from services.vouchers.notices.subjects import NoticeSubject
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
        raise not_found("public_notice")
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


def sees_objectors(principal: Principal, subject: NoticeSubject) -> bool:
    """Who decides the case, the city's bureaus and the auditor; others know it of their own objections only."""
    return subject.in_charge or reads_all(principal)


def objections(principal: Principal, notice_id: UUID, subject: NoticeSubject) -> Select[NoticeObjection]:
    """The bureaus read all of them; whoever objected its own; whom the case is about the signed ones, to answer them,
    without who signed: an objector need not fear it. Leads are for the bureaus."""
    objection = NoticeObjection
    readable: ColumnElement[bool] = true()
    if not sees_objectors(principal, subject):
        theirs = objection.recorded_by == principal.account_id
        readable = or_(theirs, objection.signed) if subject.own else theirs
    return select(objection).where(objection.notice_id == notice_id, readable)
