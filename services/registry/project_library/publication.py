"""The publish switch, one project at a time or a round of them on its day (4.8-4: published at times)."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import Select, and_, case, func, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.centres.rules import require_state
from services.registry.persons.consents import consented
from services.registry.policy import edition_at, edition_of_case, require_known
from services.registry.project_library import rules
from services.registry.project_library.models import LibraryItem, LibraryRound, LibrarySwitch
from services.registry.project_library.owners import require_agreed
from services.registry.project_library.queries import PURPOSE, ROUND, lock_item, lock_round
from services.registry.project_library.schemas import LibraryRoundOut, PlanRound, PublishedRoundOut
from services.registry.project_library.state import FOUR_EYES, record_item, record_round
from services.registry.steps import CaseStep, require_four_eyes, step_day
from shared.auth.principal import Principal
from shared.errors import DomainError, not_found
from shared.events.contracts import registry as rc
from shared.events.outbox import EventContext
from shared.http.etag import honour_match
from shared.http.validation import PayloadInvalid
from shared.ids import next_case_no, uuid7
from shared.policy.edition import Editions


async def publish_item(session: AsyncSession, principal: Principal, item_id: UUID, step: CaseStep) -> LibraryItem:
    """Put one project up. Raises 403 `four-eyes-required` for who drafted or submitted it, 409 `consent-missing`."""
    item = await lock_item(session, true(), item_id)
    honour_match(step.if_match, item.version)
    require_state(item.status, rules.PUBLISHABLE)
    require_four_eyes(principal, item.drafted_by, item.submitted_by)
    day = step_day(principal, step.on, after=await _not_before(session, item))
    await require_agreed(session, item, principal.today)
    item.round_id = None
    await _put_on(session, item, EventContext.of(principal, day))
    return item


async def switch_off_item(
    session: AsyncSession, editions: Editions, principal: Principal, item_id: UUID, step: CaseStep
) -> LibraryItem:
    """Take it off the public page, with a reason; it can be put up again."""
    item = await lock_item(session, true(), item_id)
    honour_match(step.if_match, item.version)
    require_state(item.status, rules.SWITCHABLE_OFF)
    known = edition_of_case(editions, item.edition, principal.today).project_library.switch_off_reasons
    require_known("reason_code", [step.reason_code or ""], known)
    context = EventContext.of(principal, step_day(principal, step.on, after=item.published_on))
    put_off(session, item, context, cause="officer")
    item.status, item.reason_code = rules.SWITCHED_OFF, step.reason_code
    await record_item(session, rc.LibraryItemSwitchedOff, item, context, remark=step.remark)
    return item


async def schedule_item(
    session: AsyncSession, principal: Principal, item_id: UUID, round_id: UUID | None, *, if_match: str | None
) -> LibraryItem:
    """Have a round publish it, or take it out of its round."""
    item = await lock_item(session, true(), item_id)
    honour_match(if_match, item.version)
    require_state(item.status, rules.SCHEDULABLE)
    wanted = None if round_id is None else await scheduled_round(session, round_id)
    if item.round_id != wanted:
        item.round_id = wanted
        await record_item(session, rc.LibraryItemAmended, item, EventContext.of(principal))
    return item


async def scheduled_round(session: AsyncSession, round_id: UUID) -> UUID:
    """A round that is still to come, locked. Raises 404, 409 `invalid-transition`."""
    found = await lock_round(session, round_id)
    require_state(found.status, (rules.PLANNED,))
    return found.id


async def plan_round(session: AsyncSession, principal: Principal, sent: PlanRound) -> LibraryRound:
    """Plan a publication. Raises 422 for a day that is over."""
    if sent.publishes_on < principal.today:
        raise PayloadInvalid.at("publishes_on", "in_the_past")
    found = LibraryRound(
        id=uuid7(),
        version=0,
        status=rules.PLANNED,
        planned_by=principal.account_id,
        **sent.model_dump(),
        no=await next_case_no(session, "LR", principal.today.year),
    )
    session.add(found)
    await record_round(session, rc.LibraryRoundPlanned, found, EventContext.of(principal), items=0)
    return found


async def publish_round(
    session: AsyncSession, principal: Principal, round_id: UUID, step: CaseStep
) -> PublishedRoundOut:
    """Put up what was checked for it, on its day or later. Projects whose consent does not run any more are left out
    of it.

    Raises 403 `four-eyes-required` where one of them is the caller's own draft, 409 `step-before-its-cause` before its
    day, `library-round-empty`.
    """
    found = await lock_round(session, round_id)
    honour_match(step.if_match, found.version)
    require_state(found.status, (rules.PLANNED,))
    ready = await _ready(session, found.id)
    since = [day for item in ready if (day := await _not_before(session, item)) is not None]
    day = step_day(principal, step.on, after=max([found.publishes_on, *since]))
    for item in ready:
        require_four_eyes(principal, item.drafted_by, item.submitted_by)
    agreed = await _agreed(session, found.id, principal.today)
    context = EventContext.of(principal, day)
    left_out = [item for item in ready if item.id not in agreed]
    if len(left_out) == len(ready):
        raise DomainError("library-round-empty", 409, clauses=["4.8-4"])
    for item in left_out:
        item.round_id = None
        await record_item(session, rc.LibraryItemAmended, item, EventContext.of(principal))
    for item in ready:
        if item.id in agreed:
            await _put_on(session, item, context)
    found.status, found.published_by, found.published_on = rules.PUBLISHED, principal.account_id, day
    count = len(ready) - len(left_out)
    await record_round(session, rc.LibraryRoundPublished, found, context, items=count)
    return PublishedRoundOut(**round_out(found, count).model_dump(), left_out=[item.id for item in left_out])


async def cancel_round(
    session: AsyncSession, editions: Editions, principal: Principal, round_id: UUID, step: CaseStep
) -> LibraryRound:
    """It does not take place; what was checked for it waits for another."""
    found = await lock_round(session, round_id)
    honour_match(step.if_match, found.version)
    require_state(found.status, (rules.PLANNED,))
    known = edition_at(editions, principal.today).project_library.round_cancel_reasons
    require_known("reason_code", [step.reason_code or ""], known)
    found.status, found.reason_code = rules.CANCELLED, step.reason_code
    for item in await _ready(session, found.id):
        item.round_id = None
        await record_item(session, rc.LibraryItemAmended, item, EventContext.of(principal))
    await record_round(session, rc.LibraryRoundCancelled, found, EventContext.of(principal), items=0)
    return found


def round_out(found: LibraryRound, items: int) -> LibraryRoundOut:
    """A round as it is read."""
    names = LibraryRoundOut.model_fields.keys() - {"items"}
    return LibraryRoundOut.model_validate({"items": items, **{name: getattr(found, name) for name in names}})


def rounds() -> Select[LibraryRound, int]:
    """Rounds with how many projects each published, or is to publish."""
    put_up = select(func.count(LibrarySwitch.item_id.distinct())).where(LibrarySwitch.round_id == LibraryRound.id)
    ready = and_(LibraryItem.round_id == LibraryRound.id, LibraryItem.status.in_(rules.PUBLISHABLE))
    scheduled = select(func.count()).select_from(LibraryItem).where(ready)
    items = case((LibraryRound.status == rules.PLANNED, scheduled.scalar_subquery()), else_=put_up.scalar_subquery())
    return select(LibraryRound, items.label("items"))


async def find_round(session: AsyncSession, _: Principal, round_id: UUID) -> object:
    """One round, which everybody may read. Raises 404."""
    found = await session.get(LibraryRound, round_id)
    if found is None:
        raise not_found(ROUND)
    return found


async def _ready(session: AsyncSession, round_id: UUID) -> list[LibraryItem]:
    query = select(LibraryItem).where(LibraryItem.round_id == round_id, LibraryItem.status.in_(rules.PUBLISHABLE))
    return list(await session.scalars(query.order_by(LibraryItem.id).with_for_update()))


async def _agreed(session: AsyncSession, round_id: UUID, day: date) -> set[UUID]:
    runs = consented(LibraryItem.owner_person_id, PURPOSE, day, subject_id=LibraryItem.id)
    return set(await session.scalars(select(LibraryItem.id).where(LibraryItem.round_id == round_id, runs)))


async def _not_before(session: AsyncSession, item: LibraryItem) -> date | None:
    """A project is not put up again before the day on which it was taken off."""
    switched = select(func.max(LibrarySwitch.switched_on)).where(LibrarySwitch.item_id == item.id)
    return max(filter(None, (item.checked_on, await session.scalar(switched))), default=None)


async def _put_on(session: AsyncSession, item: LibraryItem, context: EventContext) -> None:
    item.status, item.reason_code = rules.PUBLISHED, None
    item.published_by, item.published_on = context.actor, context.effective_on
    item.first_published_on = item.first_published_on or context.effective_on
    cause = "officer" if item.round_id is None else "round"
    _enter(session, item, context, public=True, cause=cause, round_id=item.round_id)
    await record_item(session, rc.LibraryItemPublished, item, context, cited=FOUR_EYES)


def put_off(session: AsyncSession, item: LibraryItem, context: EventContext, *, cause: str) -> None:
    """The switch goes off with a step of the project, which the caller records."""
    item.published_on = None
    _enter(session, item, context, public=False, cause=cause)


def _enter(
    session: AsyncSession,
    item: LibraryItem,
    context: EventContext,
    *,
    public: bool,
    cause: str,
    round_id: UUID | None = None,
) -> None:
    session.add(
        LibrarySwitch(
            id=uuid7(),
            item_id=item.id,
            public=public,
            switched_on=context.effective_on,
            cause=cause,
            round_id=round_id,
            switched_by=context.actor,
        )
    )
