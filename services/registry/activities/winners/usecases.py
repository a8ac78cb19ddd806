"""Results: entered, corrected, followed up, given up, taken out (4.5-3)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.activities.models import Activity
from services.registry.activities.queries import documents_among, is_photograph, lock_for as lock_activity, write_scope
from services.registry.activities.rules import TOOK_PLACE
from services.registry.activities.winners import rules
from services.registry.activities.winners.models import ActivityWinner, WinnerFollowUp
from services.registry.activities.winners.queries import lock_for
from services.registry.activities.winners.schemas import CorrectWinner, EndWinner, EnterWinner, FollowUpWinner
from services.registry.base import Base
from services.registry.centres.models import Centre
from services.registry.centres.rules import require_state
from services.registry.changes import put, unchanged
from services.registry.enterprises.models import Enterprise
from services.registry.persons.consents import give_consent
from services.registry.persons.contacts import person_with_contact
from services.registry.persons.models import Person
from services.registry.policy import edition_at, require_known
from services.registry.projects.models import Project
from services.registry.remarks.usecases import keep_remark
from services.registry.steps import step_day
from shared.auth.principal import Principal
from shared.errors import DomainError, not_found
from shared.events import outbox
from shared.events.contracts import registry as rc
from shared.events.outbox import EventContext
from shared.events.types import EventType
from shared.http.etag import honour_match, require_match
from shared.http.validation import PayloadInvalid
from shared.ids import next_case_no, uuid7
from shared.policy.edition import Editions
from shared.runtime import Runtime
from shared.sealing import Keyring

WINNERS: Final = ("activities.winners",)
FOLLOW_UP: Final = ("activities.follow_up",)


async def winner_state(
    session: AsyncSession, winner: ActivityWinner, *, remark_hash: str | None = None
) -> rc.ActivityWinnerState:
    """The winner as its events carry it: a person by its reference alone."""
    ref = None
    if winner.person_id is not None:
        ref = await session.scalar(select(Person.ref).where(Person.id == winner.person_id))
    fields = set(rc.ActivityWinnerState.model_fields) - {"person_ref", "remark_hash"}
    known = {name: getattr(winner, name) for name in fields}
    return rc.ActivityWinnerState.model_validate({**known, "person_ref": ref, "remark_hash": remark_hash})


async def enter_winner(
    session: AsyncSession, runtime: Runtime, keys: Keyring | None, principal: Principal, sent: EnterWinner
) -> ActivityWinner:
    """Enter a result of an activity that took place.

    Raises 404 for somebody else's activity, an unknown project or enterprise, 409 `invalid-transition` before it was
    held, `winner-known`, and what naming a person and its consent raise.
    """
    activity = await lock_activity(session, write_scope(principal), sent.activity_id)
    require_state(activity.status, TOOK_PLACE)
    await _require_party(session, sent)
    await _require_photograph(session, activity, sent.photo_id)
    person: Person | None = None
    if sent.person is not None:
        person, _ = await person_with_contact(session, runtime, keys, principal, sent.person)
    edition = edition_at(runtime.editions, activity.held_on)
    winner = ActivityWinner(
        id=uuid7(),
        version=0,
        person_id=person.id if person else None,
        name_shown=bool(sent.consent and sent.consent.show_name),
        status=rules.OPEN,
        next_due_on=rules.first_due(edition.activities.follow_up, activity.ended_on),
        entered_by=principal.account_id,
        **sent.model_dump(exclude={"person", "consent"}),
    )
    await _require_new(session, winner)
    if person is not None and sent.consent is not None:
        await give_consent(
            session,
            principal,
            person,
            rules.CONSENT,
            subject_kind="activity_winner",
            subject_id=winner.id,
            editions=runtime.editions,
            **sent.consent.model_dump(exclude={"show_name"}),
        )
    winner.no = await next_case_no(session, "WN", principal.today.year)
    session.add(winner)
    await session.flush()
    await tell(session, rc.ActivityWinnerEntered, winner, EventContext.of(principal))
    return winner


async def correct_winner(
    session: AsyncSession, principal: Principal, winner_id: UUID, sent: CorrectWinner, *, if_match: str | None
) -> ActivityWinner:
    """Correct rank, award or prize, or take a person's name out of the public."""
    winner = await lock_for(session, principal, winner_id)
    require_match(if_match, winner.version)
    require_state(winner.status, rules.CORRECTABLE)
    for name, value in sent.model_dump(exclude_unset=True).items():
        if value is None and name != "prize":
            raise PayloadInvalid.at(name, "missing")
        put(winner, name, value)
    if not winner.name_shown:
        put(winner, "photo_id", None)
    if not unchanged(session, winner):
        await tell(session, rc.ActivityWinnerCorrected, winner, EventContext.of(principal))
    return winner


async def follow_up_winner(
    session: AsyncSession,
    editions: Editions,
    principal: Principal,
    winner_id: UUID,
    sent: FollowUpWinner,
    *,
    if_match: str | None,
) -> ActivityWinner:
    """Enter what was found; the day by which it is asked next follows, until the term is over. Raises 422 for a kind
    that the edition does not have or what the kind lacks, 404 for an unknown centre."""
    winner = await lock_for(session, principal, winner_id)
    honour_match(if_match, winner.version)
    require_state(winner.status, rules.FOLLOWABLE)
    activity = await session.get_one(Activity, winner.activity_id)
    known = edition_at(editions, activity.held_on).activities
    require_known("kind", [sent.kind], known.follow_up_kinds)
    missing = rules.missing_of(
        sent.kind,
        has_centre=sent.centre_id is not None,
        has_amount=sent.amount is not None,
        has_document=sent.document_no is not None,
    )
    if missing is not None:
        raise PayloadInvalid.at(missing, "missing")
    if sent.centre_id is not None and await session.get(Centre, sent.centre_id) is None:
        raise not_found("centre")
    day = step_day(principal, sent.followed_on, after=activity.ended_on)
    entry = WinnerFollowUp(
        id=uuid7(),
        winner_id=winner.id,
        followed_on=day,
        recorded_by=principal.account_id,
        **sent.model_dump(exclude={"remark", "followed_on"}),
    )
    session.add(entry)
    last = await _last_followed(session, winner, day)
    winner.next_due_on = rules.next_due(known.follow_up, activity.ended_on, last)
    if winner.next_due_on is None:
        winner.status, winner.ended_on = rules.COMPLETED, day
    await _tell_follow_up(session, winner, entry, EventContext.of(principal, day), sent.remark)
    return winner


async def give_up(
    session: AsyncSession,
    editions: Editions,
    principal: Principal,
    winner_id: UUID,
    sent: EndWinner,
    *,
    if_match: str | None,
) -> ActivityWinner:
    """The winner gave its project up, for a reason of the edition (422)."""
    winner = await lock_for(session, principal, winner_id)
    honour_match(if_match, winner.version)
    require_state(winner.status, rules.FOLLOWABLE)
    known = edition_at(editions, principal.today).activities.given_up_reasons
    return await _end(session, principal, winner, sent, rules.GIVEN_UP, known, rc.ActivityWinnerGivenUp)


async def remove_winner(
    session: AsyncSession,
    editions: Editions,
    principal: Principal,
    winner_id: UUID,
    sent: EndWinner,
    *,
    if_match: str | None,
) -> ActivityWinner:
    """Take a result out that was entered by mistake or taken away, for a reason of the edition (422)."""
    winner = await lock_for(session, principal, winner_id)
    honour_match(if_match, winner.version)
    require_state(winner.status, rules.CORRECTABLE)
    known = edition_at(editions, principal.today).activities.removal_reasons
    return await _end(session, principal, winner, sent, rules.REMOVED, known, rc.ActivityWinnerRemoved)


async def tell(
    session: AsyncSession,
    event_type: EventType[rc.ActivityWinnerState],
    winner: ActivityWinner,
    context: EventContext,
    *,
    cited: tuple[str, ...] = WINNERS,
    remark: str | None = None,
) -> None:
    """Tell the bureaus how the winner stands now."""
    remark_hash = await keep_remark(session, winner.id, step=winner.status, text=remark, written_by=context.actor)
    state = await winner_state(session, winner, remark_hash=remark_hash)
    await outbox.append(session, event_type, winner, state, context=context, rules=cited)


async def _end(
    session: AsyncSession,
    principal: Principal,
    winner: ActivityWinner,
    sent: EndWinner,
    status: str,
    reasons: Iterable[str],
    event_type: EventType[rc.ActivityWinnerState],
) -> ActivityWinner:
    require_known("reason_code", [sent.reason_code], reasons)
    activity = await session.get_one(Activity, winner.activity_id)
    day = step_day(principal, sent.ended_on, after=activity.ended_on)
    winner.status, winner.reason_code = status, sent.reason_code
    winner.ended_on, winner.next_due_on = day, None
    await tell(session, event_type, winner, EventContext.of(principal, day), cited=FOLLOW_UP, remark=sent.remark)
    return winner


async def _tell_follow_up(
    session: AsyncSession, winner: ActivityWinner, entry: WinnerFollowUp, context: EventContext, remark: str | None
) -> None:
    remark_hash = await keep_remark(session, winner.id, step=entry.kind, text=remark, written_by=context.actor)
    state = await winner_state(session, winner, remark_hash=remark_hash)
    data = rc.WinnerFollowUpData(
        **state.model_dump(),
        follow_up_id=entry.id,
        kind=entry.kind,
        followed_on=entry.followed_on,
        centre_id=entry.centre_id,
        amount=entry.amount,
        document_no=entry.document_no,
    )
    await outbox.append(session, rc.ActivityWinnerFollowedUp, winner, data, context=context, rules=FOLLOW_UP)


async def _last_followed(session: AsyncSession, winner: ActivityWinner, day: date) -> date:
    """The latest day on which it was followed up: a late entry does not bring the next day forward."""
    query = select(WinnerFollowUp.followed_on).where(WinnerFollowUp.winner_id == winner.id)
    latest = await session.scalar(query.order_by(WinnerFollowUp.followed_on.desc()).limit(1))
    return max(day, latest or day)


async def _require_party(session: AsyncSession, sent: EnterWinner) -> None:
    parties: tuple[tuple[type[Base], UUID | None, str], ...] = (
        (Project, sent.project_id, "project"),
        (Enterprise, sent.enterprise_id, "enterprise"),
    )
    for table, wanted, kind in parties:
        if wanted is not None and await session.get(table, wanted) is None:
            raise not_found(kind)


async def _require_photograph(session: AsyncSession, activity: Activity, photo_id: UUID | None) -> None:
    if photo_id is None:
        return
    found = (await documents_among(session, activity.id, [photo_id])).get(photo_id)
    if found is None:
        raise PayloadInvalid.at("photo_id", "unknown_document")
    if not is_photograph(found):
        raise PayloadInvalid.at("photo_id", "not_a_photograph")


async def _require_new(session: AsyncSession, winner: ActivityWinner) -> None:
    """Nobody wins twice at an activity."""
    same = exists().where(
        ActivityWinner.activity_id == winner.activity_id,
        ActivityWinner.status != rules.REMOVED,
        ActivityWinner.project_id.is_not_distinct_from(winner.project_id),
        ActivityWinner.enterprise_id.is_not_distinct_from(winner.enterprise_id),
        ActivityWinner.person_id.is_not_distinct_from(winner.person_id),
    )
    if await session.scalar(select(same)):
        raise DomainError("winner-known", 409)
