"""Keeping a division's page: leading group and offices, papers asked for and handed in (5.1-1)."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.changes import unchanged
from services.registry.divisions.budgets import lock_owed_budget
from services.registry.divisions.models import Division, DivisionPaper
from services.registry.divisions.queries import KEEPERS, lock_for_change, papers_of
from services.registry.divisions.rules import LEADING_GROUP, MATCHING_BUDGET
from services.registry.divisions.schemas import AddPaper, AmendDivision, HandIn, LeadingGroup, ReturnPaper
from services.registry.policy import edition_at, require_known
from services.registry.remarks.usecases import keep_remark
from shared.auth.principal import Principal
from shared.clock import effective_date
from shared.errors import DomainError, forbidden, invalid_transition, not_found
from shared.events import outbox
from shared.events.contracts import registry as rc
from shared.events.contracts.finance.matching_funds import MatchingFundState
from shared.events.outbox import EventContext
from shared.events.types import EventType
from shared.http.etag import honour_match, require_match
from shared.http.validation import PayloadInvalid
from shared.ids import uuid7
from shared.policy.edition import Editions

RULES = ("divisions.duties",)


def division_state(division: Division, papers: Sequence[DivisionPaper]) -> rc.DivisionState:
    """The page as its events carry it."""
    return rc.DivisionState(
        id=division.id,
        code=division.code,
        group_document_no=division.group_document_no,
        group_established_on=division.group_established_on,
        group_chair_post=division.group_chair_post,
        group_members=tuple(division.group_members),
        contacts=tuple(rc.DivisionContact.model_validate(contact) for contact in division.contacts),
        papers=tuple(rc.DivisionPaper.model_validate(paper, from_attributes=True) for paper in papers),
    )


async def amend_division(
    session: AsyncSession, principal: Principal, division_id: UUID, sent: AmendDivision, *, if_match: str | None
) -> Division:
    """Name the leading group and the offices to turn to; naming the group settles that duty."""
    division = await lock_for_change(session, principal, division_id)
    require_match(if_match, division.version)
    for name in sent.model_fields_set:
        if getattr(sent, name) is None:
            raise PayloadInvalid.at(name, "missing")
    if sent.leading_group is not None:
        await _name_group(session, principal, division, sent.leading_group)
    if sent.contacts is not None:
        division.contacts = [contact.model_dump() for contact in sent.contacts]
    if sent.leading_group is None and unchanged(session, division):
        return division
    await _record(session, rc.DivisionAmended, division, EventContext.of(principal))
    return division


async def add_paper(
    session: AsyncSession,
    editions: Editions,
    principal: Principal,
    division_id: UUID,
    sent: AddPaper,
    *,
    if_match: str | None,
) -> Division:
    """Ask a division for a paper by a day, or enter one of its own. Only the city's bureaus set a day (403)."""
    division = await lock_for_change(session, principal, division_id)
    honour_match(if_match, division.version)
    if sent.due_on is not None and not principal.has(*KEEPERS):
        raise forbidden()
    edition = edition_at(editions, principal.today)
    require_known("kind", [sent.kind], edition.division_duties.papers)
    paper = DivisionPaper(
        id=uuid7(),
        division_id=division.id,
        required=False,
        requested_by=principal.account_id,
        **sent.model_dump(),
    )
    session.add(paper)
    await session.flush()
    await _record(session, rc.DivisionPaperRequested, division, EventContext.of(principal))
    return division


async def hand_in(
    session: AsyncSession,
    principal: Principal,
    division_id: UUID,
    paper_id: UUID,
    sent: HandIn,
    *,
    if_match: str | None,
) -> Division:
    """Hand a paper in under its document number. Raises 404, 409 `leading-group-not-named`,
    `matching-budget-not-approved`, `invalid-transition`."""
    division = await lock_for_change(session, principal, division_id)
    honour_match(if_match, division.version)
    paper = await session.get(DivisionPaper, paper_id)
    if paper is None or paper.division_id != division.id:
        raise not_found("division-paper")
    if paper.handed_in_on is not None:
        raise invalid_transition("handed_in", ["owed"])
    if paper.kind == LEADING_GROUP:
        raise DomainError("leading-group-not-named", 409, clauses=["5.1-1"])
    if paper.kind == MATCHING_BUDGET:
        raise DomainError("matching-budget-not-approved", 409, clauses=["5.1-2"])
    day = effective_date(principal, sent.handed_in_on)
    paper.handed_in_on, paper.handed_in_by, paper.document_no = day, principal.account_id, sent.document_no
    await session.flush()
    await _record(session, rc.DivisionPaperHandedIn, division, EventContext.of(principal, day))
    return division


async def return_paper(
    session: AsyncSession,
    principal: Principal,
    division_id: UUID,
    paper_id: UUID,
    sent: ReturnPaper,
    *,
    if_match: str | None,
) -> Division:
    """Send a paper back that is not what was asked for, or stands under the wrong number: it is owed again, by the same
    day. Raises 404, 409 `paper-not-returnable`, `invalid-transition`."""
    division = await lock_for_change(session, principal, division_id)
    honour_match(if_match, division.version)
    paper = await session.get(DivisionPaper, paper_id)
    if paper is None or paper.division_id != division.id:
        raise not_found("division-paper")
    if paper.kind in (LEADING_GROUP, MATCHING_BUDGET):
        raise DomainError("paper-not-returnable", 409, clauses=["5.1-1"])
    if paper.handed_in_on is None:
        raise invalid_transition("owed", ["handed_in"])
    paper.handed_in_on, paper.handed_in_by, paper.document_no = None, None, None
    await session.flush()
    await keep_remark(session, paper.id, step="returned", text=sent.remark, written_by=principal.account_id)
    await _record(session, rc.DivisionPaperReturned, division, EventContext.of(principal))
    return division


async def settle_budget(session: AsyncSession, fund: MatchingFundState, context: EventContext) -> None:
    """Finance says that the year's matching budget is approved: the duty is settled from that day (5.1-2)."""
    owed = await lock_owed_budget(session, fund.division, fund.year)
    if owed is None:
        return
    division, paper = owed
    paper.handed_in_on, paper.handed_in_by, paper.document_no = fund.approved_on, context.actor, fund.document_no
    await session.flush()
    await _record(session, rc.DivisionPaperHandedIn, division, context)


async def _name_group(session: AsyncSession, principal: Principal, division: Division, group: LeadingGroup) -> None:
    if group.established_on > principal.today:
        raise PayloadInvalid.at("leading_group.established_on", "in_the_future")
    division.group_document_no = group.document_no
    division.group_established_on = group.established_on
    division.group_chair_post = group.chair_post
    division.group_members = list(group.members)
    for paper in (await papers_of(session, [division.id]))[division.id]:
        if paper.kind == LEADING_GROUP and paper.handed_in_on is None:
            paper.document_no = group.document_no
            paper.handed_in_on = group.established_on
            paper.handed_in_by = principal.account_id
    await session.flush()


async def _record(
    session: AsyncSession, event_type: EventType[rc.DivisionState], division: Division, context: EventContext
) -> None:
    papers = (await papers_of(session, [division.id]))[division.id]
    await outbox.append(session, event_type, division, division_state(division, papers), context=context, rules=RULES)
