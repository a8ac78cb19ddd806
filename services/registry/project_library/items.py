"""The steps of a project on its way into the library: drafted, submitted, checked by another, returned, withdrawn."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select, true
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.centres.rules import require_state
from services.registry.changes import put, unchanged
from services.registry.policy import edition_at, edition_of_case, require_known, require_passed
from services.registry.project_library import owners, rules
from services.registry.project_library.models import LibraryClaim, LibraryItem
from services.registry.project_library.publication import put_off, scheduled_round
from services.registry.project_library.queries import author_scope, lock_item
from services.registry.project_library.schemas import AmendItem, CheckItem, DraftItem
from services.registry.project_library.state import CONSENT, FOUR_EYES, record_claim, record_item
from services.registry.steps import CaseStep, require_four_eyes, step_day
from shared.auth.principal import Principal
from shared.events.contracts import registry as rc
from shared.events.outbox import EventContext
from shared.http.etag import honour_match, require_match
from shared.http.validation import PayloadInvalid
from shared.ids import next_case_no, uuid7
from shared.policy.edition import Editions
from shared.runtime import Runtime
from shared.sealing import Keyring


async def draft_item(
    session: AsyncSession, runtime: Runtime, keys: Keyring | None, principal: Principal, sent: DraftItem
) -> LibraryItem:
    """Draft a project with its owner's consent.

    Raises 404 for a centre or project that is not the caller's, 422, 409 `library-person-unknown`,
    `library-project-twice`, and what naming a person raises.
    """
    edition = edition_at(runtime.editions, principal.today)
    require_known("stage", [sent.stage], edition.project_library.stages)
    if (sent.owner_kind == rules.SCHOOL) != (sent.school_document_no is not None):
        fault = "missing" if sent.school_document_no is None else "extra_forbidden"
        raise PayloadInvalid.at("school_document_no", fault)
    centre_id = await owners.place_of(session, principal, sent)
    if sent.project_id is not None:
        await owners.hold_project(session, principal, sent.project_id)
    owner = await owners.owner_of(session, runtime, keys, principal, sent)
    item = LibraryItem(
        id=uuid7(),
        version=0,
        status=rules.DRAFT,
        edition=edition.id,
        owner_person_id=owner.id,
        centre_id=centre_id,
        drafted_by=principal.account_id,
        **sent.model_dump(exclude={"owner", "consent", "centre_id"}),
        no=await next_case_no(session, "LB", principal.today.year),
    )
    session.add(item)
    await session.flush()
    await owners.agree(session, runtime.editions, principal, item, owner, sent)
    await record_item(session, rc.LibraryItemDrafted, item, EventContext.of(principal), cited=CONSENT)
    return item


async def amend_item(
    session: AsyncSession,
    editions: Editions,
    principal: Principal,
    item_id: UUID,
    sent: AmendItem,
    *,
    if_match: str | None,
) -> LibraryItem:
    """Change a draft."""
    item = await lock_item(session, author_scope(principal), item_id)
    require_match(if_match, item.version)
    require_state(item.status, rules.EDITABLE)
    for name, value in sent.model_dump(exclude_unset=True).items():
        if value is None:
            raise PayloadInvalid.at(name, "missing")
        put(item, name, value)
    if unchanged(session, item):
        return item
    require_known(
        "stage", [item.stage], edition_of_case(editions, item.edition, principal.today).project_library.stages
    )
    await record_item(session, rc.LibraryItemAmended, item, EventContext.of(principal))
    return item


async def submit_item(
    session: AsyncSession, editions: Editions, principal: Principal, item_id: UUID, step: CaseStep
) -> LibraryItem:
    """Hand a draft in. Raises 409 `consent-missing`, `library-owner-no-graduate`, `library-owner-not-behind`."""
    item = await lock_item(session, author_scope(principal), item_id)
    honour_match(step.if_match, item.version)
    require_state(item.status, rules.SUBMITTABLE)
    day = step_day(principal, step.on, after=None)
    await owners.require_agreed(session, item, day)
    edition = edition_of_case(editions, item.edition, day)
    decision = require_passed(await owners.test_owner(session, edition, item))
    item.status, item.decision = rules.SUBMITTED, decision.to_json()
    item.submitted_by, item.submitted_on = principal.account_id, day
    item.reason_code = None
    context = EventContext.of(principal, day)
    await record_item(session, rc.LibraryItemSubmitted, item, context, cited=decision.rules)
    return item


async def return_item(
    session: AsyncSession, editions: Editions, principal: Principal, item_id: UUID, step: CaseStep
) -> LibraryItem:
    """Send it back as a draft, with a reason (422 for one that the edition does not have). It is handed in, checked and
    put up anew."""
    item = await lock_item(session, true(), item_id)
    honour_match(step.if_match, item.version)
    require_state(item.status, rules.RETURNABLE)
    known = edition_of_case(editions, item.edition, principal.today).project_library.return_reasons
    require_known("reason_code", [step.reason_code or ""], known)
    day = step_day(principal, step.on, after=item.checked_on or item.submitted_on)
    item.status, item.reason_code, item.round_id = rules.DRAFT, step.reason_code, None
    item.submitted_by = item.submitted_on = item.checked_by = item.checked_on = item.published_by = None
    await record_item(session, rc.LibraryItemReturned, item, EventContext.of(principal, day), remark=step.remark)
    return item


async def check_item(
    session: AsyncSession,
    editions: Editions,
    principal: Principal,
    item_id: UUID,
    sent: CheckItem,
    *,
    if_match: str | None,
) -> LibraryItem:
    """A second person has looked at it, its papers and its owner.

    Raises 403 `four-eyes-required` for whoever drafted or submitted it, 404 for an unknown round, 409 as `submit_item`.
    """
    item = await lock_item(session, true(), item_id)
    honour_match(if_match, item.version)
    require_state(item.status, rules.CHECKABLE)
    require_four_eyes(principal, item.drafted_by, item.submitted_by)
    day = step_day(principal, sent.checked_on, after=item.submitted_on)
    await owners.require_agreed(session, item, principal.today)
    decision = require_passed(await owners.test_owner(session, edition_of_case(editions, item.edition, day), item))
    if sent.round_id is not None:
        item.round_id = await scheduled_round(session, sent.round_id)
    item.status, item.decision = rules.CHECKED, decision.to_json()
    item.checked_by, item.checked_on = principal.account_id, day
    context = EventContext.of(principal, day)
    await record_item(session, rc.LibraryItemChecked, item, context, cited=(*FOUR_EYES, *decision.rules))
    return item


async def withdraw_item(
    session: AsyncSession, editions: Editions, principal: Principal, item_id: UUID, step: CaseStep
) -> LibraryItem:
    """Its owner, the centre that drafted it or an officer takes it out of the library, with a reason. Requests for it
    end with it; one that a founder has is given up or succeeds first (409 `invalid-transition`)."""
    item = await lock_item(session, author_scope(principal), item_id)
    honour_match(step.if_match, item.version)
    require_state(item.status, rules.WITHDRAWABLE)
    known = edition_of_case(editions, item.edition, principal.today).project_library.withdrawal_reasons
    require_known("reason_code", [step.reason_code or ""], known)
    day = step_day(principal, step.on, after=item.published_on or item.checked_on or item.submitted_on)
    await take_out(session, item, step.reason_code or "", EventContext.of(principal, day), remark=step.remark)
    return item


async def take_out(
    session: AsyncSession, item: LibraryItem, reason: str, context: EventContext, *, remark: str | None = None
) -> None:
    """Out of the library, with the requests for it. The project is locked."""
    if item.status == rules.PUBLISHED:
        put_off(session, item, context, cause="withdrawal")
    item.status, item.reason_code, item.withdrawn_on = rules.WITHDRAWN, reason, context.effective_on
    await record_item(session, rc.LibraryItemWithdrawn, item, context, cited=CONSENT, remark=remark)
    await refuse_requests(session, item, context, rules.NO_LONGER_OFFERED)


async def refuse_requests(session: AsyncSession, item: LibraryItem, context: EventContext, reason: str) -> None:
    """What was asked for and is not there any more."""
    waiting = select(LibraryClaim).where(LibraryClaim.item_id == item.id, LibraryClaim.status == rules.REQUESTED)
    for claim in await session.scalars(waiting.order_by(LibraryClaim.id).with_for_update()):
        claim.status, claim.reason_code = rules.REFUSED, reason
        claim.ended_on = max(context.effective_on, claim.requested_on)
        await record_claim(session, rc.LibraryClaimRefused, claim, context)
