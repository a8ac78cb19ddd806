"""The follow-up of who chose a project, and what becomes of the choice: success, abandonment, lapse."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import exists, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.access import mentor_of
from services.registry.centres.rules import require_state
from services.registry.enterprises.models import Enterprise
from services.registry.enterprises.queries import family
from services.registry.persons.consents import consented, keep_until
from services.registry.persons.models import CONFIRMED, Person, PersonLink
from services.registry.policy import edition_of_case, require_known, require_passed
from services.registry.project_library import rules
from services.registry.project_library.claim_schemas import FollowUp, SucceedClaim
from services.registry.project_library.models import LibraryClaim, LibraryFollowUp, LibraryItem
from services.registry.project_library.queries import (
    LIBRARIANS,
    PURPOSE,
    centre_scope,
    claim_in,
    follow_scope,
    lock_item,
    party_scope,
)
from services.registry.project_library.state import FOLLOW_UP, claim_state, record_claim, record_item
from services.registry.steps import CaseStep, step_day
from shared.auth.principal import Principal
from shared.calendar import add_months
from shared.errors import DomainError, not_found
from shared.events import outbox
from shared.events.contracts import registry as rc
from shared.events.outbox import EventContext
from shared.events.types import EventType
from shared.http.etag import honour_match
from shared.http.validation import Fault, PayloadInvalid
from shared.ids import uuid7
from shared.policy.edition import Editions

BATCH: Final = 100
LAPSE: Final = ("library.lapse",)
_DAY: Final = timedelta(days=1)


async def follow_up(
    session: AsyncSession,
    editions: Editions,
    principal: Principal,
    claim_id: UUID,
    sent: FollowUp,
    *,
    if_match: str | None,
) -> LibraryClaim:
    """Enter what the centre, the mentor or an officer did for the founder; the next one is due, and the choice runs on.

    Raises 422 for an unknown kind, a day to come and a next day that is too late, 409 `library-follow-up-outside` for a
    day before the choice or after it has lapsed.
    """
    claim = await claim_in(session, follow_scope(principal), claim_id)
    await _hold(session, claim, if_match)
    edition = edition_of_case(editions, claim.edition, principal.today)
    require_known("kind", [sent.kind], edition.project_library.follow_up_kinds)
    if sent.held_on > principal.today:
        raise PayloadInvalid.at("held_on", "in_the_future")
    assert claim.claimed_on is not None
    assert claim.last_day is not None
    if not claim.claimed_on <= sent.held_on <= claim.last_day:
        params = {"first": claim.claimed_on, "last": claim.last_day}
        raise DomainError("library-follow-up-outside", 409, params=params, clauses=["4.8-4"])
    latest = rules.latest_due(edition, sent.held_on)
    due = sent.next_due_on or latest
    if not sent.held_on < due <= latest:
        raise PayloadInvalid(Fault("next_due_on", "follow_up_day", {"last": latest.isoformat()}))
    by = rules.BUREAU if principal.has(*LIBRARIANS) else rules.CENTRE
    if by == rules.CENTRE and mentor_of(principal) is not None:
        by = rules.MENTOR
    entry = LibraryFollowUp(
        id=uuid7(),
        claim_id=claim.id,
        kind=sent.kind,
        held_on=sent.held_on,
        note=sent.note,
        next_due_on=due,
        followed_by=by,
        recorded_by=principal.account_id,
    )
    session.add(entry)
    if claim.last_follow_up_on is None or sent.held_on >= claim.last_follow_up_on:
        claim.last_follow_up_on, claim.next_due_on = sent.held_on, due
        claim.last_day = max(rules.last_day(edition, sent.held_on), due)
    await _keep_consents(session, editions, principal, claim, sent.held_on)
    state = await claim_state(session, claim)
    data = rc.LibraryFollowUpData(
        **state.model_dump(), follow_up_id=entry.id, kind=entry.kind, held_on=entry.held_on, by=by
    )
    context = EventContext.of(principal, sent.held_on)
    await outbox.append(
        session, rc.LibraryClaimFollowedUp, claim, data, context=context, rules=FOLLOW_UP, edition=claim.edition
    )
    return claim


async def succeed_claim(
    session: AsyncSession,
    editions: Editions,
    principal: Principal,
    claim_id: UUID,
    sent: SucceedClaim,
    *,
    if_match: str | None,
) -> LibraryClaim:
    """The founder registered an enterprise with the project.

    Raises 404 for an unknown enterprise, 422 unless it is named once, 409 `library-founder-not-behind`,
    `library-registered-before`.
    """
    if (sent.enterprise_id is None) == (sent.enterprise_code is None):
        raise PayloadInvalid.at("enterprise_id", "enterprise_once")
    claim = await claim_in(session, centre_scope(principal), claim_id)
    item = await lock_item(session, true(), claim.item_id)
    await _hold(session, claim, if_match)
    enterprise = await _enterprise(session, sent)
    assert claim.claimed_on is not None
    day = step_day(principal, sent.succeeded_on, after=claim.last_follow_up_on or claim.claimed_on)
    edition = edition_of_case(editions, claim.edition, day)
    behind = await _behind(session, claim.person_id, enterprise.id)
    decision = require_passed(
        rules.decide_success(
            edition, registered_on=enterprise.registered_on, claimed_on=claim.claimed_on, behind=behind
        )
    )
    claim.status, claim.enterprise_id, claim.ended_on = rules.SUCCEEDED, enterprise.id, day
    context = EventContext.of(principal, day)
    await record_claim(session, rc.LibraryClaimSucceeded, claim, context, cited=decision.rules)
    item.status = rules.SUCCEEDED
    await record_item(session, rc.LibraryItemSucceeded, item, context, cited=decision.rules)
    return claim


async def abandon_claim(
    session: AsyncSession, editions: Editions, principal: Principal, claim_id: UUID, step: CaseStep
) -> LibraryClaim:
    """The founder gave it up, with a reason of the edition (422); the project may be published again."""
    claim = await claim_in(session, party_scope(principal), claim_id)
    item = await lock_item(session, true(), claim.item_id)
    await _hold(session, claim, step.if_match)
    known = edition_of_case(editions, claim.edition, principal.today).project_library.abandon_reasons
    require_known("reason_code", [step.reason_code or ""], known)
    day = step_day(principal, step.on, after=claim.last_follow_up_on or claim.claimed_on)
    claim.reason_code = step.reason_code
    context = EventContext.of(principal, day)
    await end_claim(session, item, claim, rules.ABANDONED, rc.LibraryClaimAbandoned, context, remark=step.remark)
    return claim


async def lapse_due(
    session: AsyncSession, today: date, context_on: Callable[[date], EventContext]
) -> Sequence[LibraryClaim]:
    """Choices without a follow-up by their last day: some of them, at most `BATCH`; they ended on the day after it."""
    query = (
        select(LibraryClaim, LibraryItem)
        .join(LibraryItem, LibraryItem.id == LibraryClaim.item_id)
        .where(LibraryClaim.status == rules.CLAIMED, LibraryClaim.last_day < today)
        .order_by(LibraryClaim.id)
        .limit(BATCH)
        .with_for_update(of=[LibraryClaim, LibraryItem], skip_locked=True)
    )
    found = (await session.execute(query)).all()
    for claim, item in found:
        assert claim.last_day is not None
        context = context_on(claim.last_day + _DAY)
        await end_claim(session, item, claim, rules.LAPSED, rc.LibraryClaimLapsed, context, cited=LAPSE)
    return [row[0] for row in found]


async def end_claim(
    session: AsyncSession,
    item: LibraryItem,
    claim: LibraryClaim,
    status: str,
    event_type: EventType[rc.LibraryClaimState],
    context: EventContext,
    *,
    cited: tuple[str, ...] = FOLLOW_UP,
    remark: str | None = None,
) -> None:
    """The founder has the project no more. It waits for its publication, or leaves the library where its owner's
    consent has ended meanwhile. Both are locked."""
    claim.status, claim.ended_on = status, context.effective_on
    await record_claim(session, event_type, claim, context, cited=cited, remark=remark)
    agreed = consented(LibraryItem.owner_person_id, PURPOSE, context.effective_on, subject_id=LibraryItem.id)
    offered = await session.scalar(select(LibraryItem.id).where(LibraryItem.id == item.id, agreed))
    item.claim_id = None
    if offered is None:
        item.status, item.reason_code = rules.WITHDRAWN, rules.CONSENT_WITHDRAWN
        item.withdrawn_on = context.effective_on
        await record_item(session, rc.LibraryItemWithdrawn, item, context, cited=cited)
        return
    item.status = rules.SWITCHED_OFF
    await record_item(session, rc.LibraryItemReleased, item, context, cited=cited)


async def _hold(session: AsyncSession, claim: LibraryClaim, if_match: str | None) -> None:
    await session.refresh(claim, with_for_update=True)
    honour_match(if_match, claim.version)
    require_state(claim.status, rules.CURRENT)


async def _keep_consents(
    session: AsyncSession, editions: Editions, principal: Principal, claim: LibraryClaim, held_on: date
) -> None:
    """What is kept for the project is kept from its last follow-up on."""
    purpose = edition_of_case(editions, claim.edition, held_on).personal_data.purposes[PURPOSE]
    until = add_months(held_on, purpose.retention_months.value)
    item = await session.get_one(LibraryItem, claim.item_id)
    for person_id, subject_id in ((claim.person_id, claim.id), (item.owner_person_id, item.id)):
        person = await session.get_one(Person, person_id)
        await keep_until(session, principal, person, PURPOSE, until, subject_id=subject_id)


async def _enterprise(session: AsyncSession, sent: SucceedClaim) -> Enterprise:
    """The enterprise, or the one that goes on where its record was merged. Raises 404."""
    wanted = Enterprise.id == sent.enterprise_id
    if sent.enterprise_code is not None:
        wanted = Enterprise.code == sent.enterprise_code
    enterprise: Enterprise | None = await session.scalar(select(Enterprise).where(wanted))
    if enterprise is None:
        raise not_found("enterprise")
    if enterprise.merged_into_id is None:
        return enterprise
    return await session.get_one(Enterprise, enterprise.merged_into_id)


async def _behind(session: AsyncSession, person_id: UUID, enterprise_id: UUID) -> bool:
    """Whether the person is, as confirmed, the legal representative or a founder of the enterprise."""
    link, person = PersonLink, await session.get_one(Person, person_id)
    named = exists().where(Enterprise.id == enterprise_id, Enterprise.legal_representative_ref == person.ref)
    linked = exists().where(
        link.enterprise_id.in_(family(enterprise_id)),
        link.person_id == person_id,
        link.status == CONFIRMED,
        link.until.is_(None),
    )
    return bool(await session.scalar(select(or_(named, linked))))
