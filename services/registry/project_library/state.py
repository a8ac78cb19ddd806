"""Projects, choices and rounds as their events carry them."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.persons.models import Person
from services.registry.project_library.models import LibraryClaim, LibraryItem, LibraryRound
from services.registry.remarks.usecases import keep_remark
from shared.events import outbox
from shared.events.contracts import registry as rc
from shared.events.outbox import EventContext
from shared.events.types import EventType

PUBLICATION: Final = ("library.publication",)
FOUR_EYES: Final = ("library.publication", "library.four_eyes")
CONSENT: Final = ("library.consent",)
FOLLOW_UP: Final = ("library.follow_up",)


async def ref_of(session: AsyncSession, person_id: UUID) -> str:
    """The opaque reference of a person."""
    return (await session.get_one(Person, person_id)).ref


async def record_item(
    session: AsyncSession,
    event_type: EventType[rc.LibraryItemState],
    item: LibraryItem,
    context: EventContext,
    *,
    cited: tuple[str, ...] = PUBLICATION,
    remark: str | None = None,
) -> None:
    """Tell a step of a project; a remark is kept apart and told by its hash."""
    remark_hash = await keep_remark(session, item.id, step=item.status, text=remark, written_by=context.actor)
    state = rc.LibraryItemState(
        id=item.id,
        no=item.no,
        project_id=item.project_id,
        owner_kind=item.owner_kind,
        owner_ref=await ref_of(session, item.owner_person_id),
        centre_id=item.centre_id,
        industry_code=item.industry_code,
        stage=item.stage,
        province=item.province,
        status=item.status,
        submitted_on=item.submitted_on,
        checked_on=item.checked_on,
        first_published_on=item.first_published_on,
        published_on=item.published_on,
        round_id=item.round_id,
        claim_id=item.claim_id,
        reason_code=item.reason_code,
        remark_hash=remark_hash,
    )
    await outbox.append(session, event_type, item, state, context=context, rules=cited, edition=item.edition)


async def claim_state(
    session: AsyncSession, claim: LibraryClaim, *, remark_hash: str | None = None
) -> rc.LibraryClaimState:
    """The choice with opaque references."""
    mentor = claim.mentor_person_id
    return rc.LibraryClaimState(
        id=claim.id,
        no=claim.no,
        item_id=claim.item_id,
        person_ref=await ref_of(session, claim.person_id),
        centre_id=claim.centre_id,
        mentor_ref=None if mentor is None else await ref_of(session, mentor),
        status=claim.status,
        requested_on=claim.requested_on,
        answered_on=claim.answered_on,
        claimed_on=claim.claimed_on,
        last_follow_up_on=claim.last_follow_up_on,
        next_due_on=claim.next_due_on,
        last_day=claim.last_day,
        enterprise_id=claim.enterprise_id,
        ended_on=claim.ended_on,
        reason_code=claim.reason_code,
        remark_hash=remark_hash,
    )


async def record_claim(
    session: AsyncSession,
    event_type: EventType[rc.LibraryClaimState],
    claim: LibraryClaim,
    context: EventContext,
    *,
    cited: tuple[str, ...] = FOLLOW_UP,
    remark: str | None = None,
) -> None:
    """Tell a step of a choice; a remark is kept apart and told by its hash."""
    remark_hash = await keep_remark(session, claim.id, step=claim.status, text=remark, written_by=context.actor)
    state = await claim_state(session, claim, remark_hash=remark_hash)
    await outbox.append(session, event_type, claim, state, context=context, rules=cited, edition=claim.edition)


async def record_round(
    session: AsyncSession,
    event_type: EventType[rc.LibraryRoundState],
    found: LibraryRound,
    context: EventContext,
    *,
    items: int,
) -> None:
    """Tell a step of a publication round."""
    state = rc.LibraryRoundState(
        id=found.id,
        no=found.no,
        title=found.title,
        publishes_on=found.publishes_on,
        status=found.status,
        published_on=found.published_on,
        items=items,
        reason_code=found.reason_code,
    )
    await outbox.append(session, event_type, found, state, context=context, rules=PUBLICATION)
