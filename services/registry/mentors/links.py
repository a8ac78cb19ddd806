"""Which centres a mentor works with."""

from __future__ import annotations

from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.access import operator_code_of
from services.registry.centres.models import Centre
from services.registry.centres.rules import require_state
from services.registry.mentors.models import Mentor, MentorLink
from services.registry.mentors.queries import KEEPERS, appointed_on, own, read_scope, shown_to_all, works_on
from services.registry.mentors.rules import APPOINTED
from services.registry.mentors.schemas import LinkCentre, LinkFilter, UnlinkCentre
from services.registry.mentors.state import tell_link
from services.registry.steps import step_day
from shared.auth.principal import Principal
from shared.clock import effective_date
from shared.errors import DomainError, not_found
from shared.events.contracts import registry as rc
from shared.events.outbox import EventContext
from shared.ids import uuid7

LISTED: Final = ("listed", "suspended")


def centre_scope(principal: Principal) -> ColumnElement[bool]:
    """The centres that the caller enters mentors for: an operator its own, the leading bureaus all."""
    return true() if principal.has(*KEEPERS) else Centre.operator_code == operator_code_of(principal)


def links_of(mentor_id: UUID, principal: Principal, wanted: LinkFilter) -> ColumnElement[bool]:
    """A mentor's centres, for those who see its whole record; a centre that it works with sees that link alone."""
    conditions = [MentorLink.mentor_id == mentor_id]
    code = operator_code_of(principal)
    if code is not None and not principal.has(*KEEPERS):
        conditions.append(MentorLink.centre_id.in_(select(Centre.id).where(Centre.operator_code == code)))
    if wanted.on is not None:
        conditions.append(works_on(MentorLink, wanted.on))
    return and_(*conditions)


async def link_centre(session: AsyncSession, principal: Principal, mentor_id: UUID, sent: LinkCentre) -> MentorLink:
    """An appointed mentor works with a listed centre. An operator asks those that it sees, shown to everybody or at its
    own centres already.

    Raises 404, 409 `mentor-not-appointed-then` where no appointment covers the day, `mentor-linked-already`.
    """
    seen = or_(read_scope(principal), shown_to_all(principal.today))
    mentor = await session.scalar(select(Mentor).where(Mentor.id == mentor_id, seen).with_for_update(of=Mentor))
    if mentor is None:
        raise not_found("mentor")
    chosen = select(Centre).where(Centre.id == sent.centre_id, centre_scope(principal))
    centre: Centre | None = await session.scalar(chosen.with_for_update(read=True))
    if centre is None:
        raise not_found("centre")
    require_state(centre.status, LISTED)
    since = effective_date(principal, sent.since)
    appointed = select(Mentor.id).where(Mentor.id == mentor.id, appointed_on(Mentor.id, since))
    if mentor.status != APPOINTED or await session.scalar(appointed) is None:
        raise DomainError("mentor-not-appointed-then", 409, params={"held_on": since}, clauses=["4.8-1"])
    overlaps = select(MentorLink.id).where(
        MentorLink.mentor_id == mentor.id,
        MentorLink.centre_id == centre.id,
        or_(MentorLink.until.is_(None), MentorLink.until >= since),
    )
    if await session.scalar(overlaps.limit(1)) is not None:
        raise DomainError("mentor-linked-already", 409, clauses=["4.8-1"])
    link = MentorLink(
        id=uuid7(),
        version=0,
        mentor_id=mentor.id,
        centre_id=centre.id,
        since=since,
        recorded_by=principal.account_id,
    )
    session.add(link)
    await session.flush()
    await tell_link(session, rc.MentorLinked, link, EventContext.of(principal, since))
    return link


async def unlink_centre(
    session: AsyncSession, principal: Principal, mentor_id: UUID, link_id: UUID, sent: UnlinkCentre
) -> MentorLink:
    """The mentor, the centre or a bureau ends it. Raises 404, also for one that is over."""
    theirs = MentorLink.centre_id.in_(select(Centre.id).where(centre_scope(principal)))
    mine = MentorLink.mentor_id.in_(select(Mentor.id).where(own(principal)))
    query = select(MentorLink).where(
        MentorLink.id == link_id, MentorLink.mentor_id == mentor_id, MentorLink.until.is_(None), or_(theirs, mine)
    )
    link: MentorLink | None = await session.scalar(query.with_for_update())
    if link is None:
        raise not_found("mentor-link")
    link.until = step_day(principal, sent.until, after=link.since)
    await tell_link(session, rc.MentorUnlinked, link, EventContext.of(principal, link.until))
    return link


async def find_link(session: AsyncSession, principal: Principal, mentor_id: UUID, link_id: UUID) -> MentorLink:
    """One link, for those who see it in the list. Raises 404."""
    query = select(MentorLink).where(MentorLink.id == link_id, links_of(mentor_id, principal, LinkFilter()))
    whole = MentorLink.mentor_id.in_(select(Mentor.id).where(read_scope(principal)))
    link: MentorLink | None = await session.scalar(query.where(whole))
    if link is None:
        raise not_found("mentor-link")
    return link


async def end_links(session: AsyncSession, mentor_id: UUID, day: date, reason: str, context: EventContext) -> None:
    """All links of a mentor whose appointment is over; one that had not begun lasts its first day."""
    running = select(MentorLink).where(
        MentorLink.mentor_id == mentor_id, or_(MentorLink.until.is_(None), MentorLink.until > day)
    )
    for link in await session.scalars(running.order_by(MentorLink.id).with_for_update()):
        link.until, link.reason_code = max(link.since, day), reason
        await tell_link(session, rc.MentorUnlinked, link, context)
