"""The steps of a choice: asked for, given by the owner or by its paper, refused, taken back, handed to who follows it
up."""

from __future__ import annotations

from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.centres.models import Centre
from services.registry.centres.rules import require_state
from services.registry.persons.consents import OWN_ACCOUNT, give_consent, require_consent
from services.registry.persons.models import Graduation, Person
from services.registry.policy import edition_at, edition_of_case, require_known, require_passed
from services.registry.project_library import rules
from services.registry.project_library.claim_schemas import (
    AcceptClaim,
    AskClaim,
    AssignClaim,
    RequestClaim,
)
from services.registry.project_library.items import refuse_requests
from services.registry.project_library.mentors import appointed_mentor
from services.registry.project_library.models import LibraryClaim, LibraryItem
from services.registry.project_library.owners import PAPER, own_person, require_agreed
from services.registry.project_library.publication import put_off
from services.registry.project_library.queries import (
    LIBRARIANS,
    PURPOSE,
    answer_scope,
    claim_in,
    claimant_scope,
    find_visible,
    lock_item,
)
from services.registry.project_library.state import record_claim, record_item
from services.registry.steps import CaseStep, require_four_eyes, step_day
from shared.auth.principal import Principal
from shared.errors import DomainError, not_found
from shared.events.contracts import registry as rc
from shared.events.outbox import EventContext
from shared.http.etag import honour_match
from shared.http.validation import PayloadInvalid
from shared.ids import next_case_no, uuid7
from shared.policy.decision import Decision
from shared.policy.edition import Edition, Editions

SUBJECT: Final = "library_claim"
RULES: Final = ("library.offered", "library.claimant")


async def ask_claim(
    session: AsyncSession, editions: Editions, principal: Principal, item_id: UUID, asked: AskClaim
) -> Decision:
    """Whether the founder could choose the project today, rule by rule; nothing is recorded. Raises 404, 422."""
    item = (await find_visible(session, principal, item_id))[0]
    founder = await _founder(session, principal, asked.person_ref)
    edition = edition_at(editions, principal.today)
    return await _test(session, edition, item, founder.id, principal.today)


async def request_claim(
    session: AsyncSession, editions: Editions, principal: Principal, item_id: UUID, sent: RequestClaim
) -> LibraryClaim:
    """A founder asks for a published project and consents to being followed up.

    Raises 404 for a project that it does not see, 422 for a founder who names somebody else, 409
    `library-person-unknown`, `library-claim-twice`, or the first rule that does not pass.
    """
    item_id = (await find_visible(session, principal, item_id))[0].id
    founder = await _founder(session, principal, sent.person_ref)
    on_paper = sent.person_ref is not None
    if on_paper and sent.document_no is None:
        raise PayloadInvalid.at("document_no", "missing")
    await _require_centre(session, sent.centre_id)
    await session.get_one(Person, founder.id, with_for_update=True)
    item = await lock_item(session, true(), item_id)
    edition = edition_at(editions, principal.today)
    decision = require_passed(await _test(session, edition, item, founder.id, principal.today))
    await _require_first(session, item.id, founder.id)
    claim = LibraryClaim(
        id=uuid7(),
        version=0,
        item_id=item.id,
        person_id=founder.id,
        centre_id=sent.centre_id,
        plan=sent.plan,
        status=rules.REQUESTED,
        edition=edition.id,
        decision=decision.to_json(),
        requested_by=principal.account_id,
        requested_on=principal.today,
        no=await next_case_no(session, "LC", principal.today.year),
    )
    session.add(claim)
    await session.flush()
    await give_consent(
        session,
        principal,
        founder,
        PURPOSE,
        given_on=principal.today,
        channel=PAPER if on_paper else OWN_ACCOUNT,
        subject_kind=SUBJECT,
        subject_id=claim.id,
        document_no=sent.document_no,
        editions=editions,
    )
    await record_claim(session, rc.LibraryClaimRequested, claim, EventContext.of(principal), cited=decision.rules)
    return claim


async def accept_claim(
    session: AsyncSession,
    editions: Editions,
    principal: Principal,
    claim_id: UUID,
    sent: AcceptClaim,
    *,
    if_match: str | None,
) -> LibraryClaim:
    """The owner gives the project to the founder; the switch goes off, and the other requests end.

    Raises 403 `four-eyes-required` for whoever asked, 422 for an officer without the owner's paper, 409
    `consent-missing`, or the first rule that does not pass any more: somebody else may have it meanwhile.
    """
    claim = await claim_in(session, answer_scope(principal), claim_id)
    if principal.has(*LIBRARIANS) and sent.document_no is None:
        raise PayloadInvalid.at("document_no", "missing")
    await _require_centre(session, sent.centre_id)
    await _lock_choosers(session, claim)
    item = await lock_item(session, true(), claim.item_id)
    await _lock(session, claim, if_match)
    require_state(claim.status, rules.ANSWERABLE)
    require_four_eyes(principal, claim.requested_by)
    day = step_day(principal, sent.accepted_on, after=max(claim.requested_on, item.published_on or claim.requested_on))
    edition = edition_of_case(editions, claim.edition, day)
    decision = require_passed(await _test(session, edition, item, claim.person_id, day))
    await require_agreed(session, item, principal.today)
    await require_consent(session, claim.person_id, PURPOSE, principal.today, subject_id=claim.id)
    claim.status, claim.decision, claim.document_no = rules.CLAIMED, decision.to_json(), sent.document_no
    claim.answered_by, claim.answered_on, claim.claimed_on = principal.account_id, principal.today, day
    claim.next_due_on, claim.last_day = rules.first_due(edition, day)
    claim.centre_id = sent.centre_id or claim.centre_id
    if sent.mentor_ref is not None:
        claim.mentor_person_id = await appointed_mentor(session, sent.mentor_ref, day)
    context = EventContext.of(principal, day)
    put_off(session, item, context, cause="claim")
    item.status, item.claim_id = rules.CLAIMED, claim.id
    await session.flush()
    await record_claim(session, rc.LibraryClaimAccepted, claim, context, cited=decision.rules)
    await record_item(session, rc.LibraryItemClaimed, item, context, cited=decision.rules)
    await refuse_requests(session, item, context, rules.ANOTHER_CHOSEN)
    return claim


async def refuse_claim(
    session: AsyncSession, editions: Editions, principal: Principal, claim_id: UUID, step: CaseStep
) -> LibraryClaim:
    """The owner, or an officer for it, does not give it, with a reason of the edition (422)."""
    claim = await _requested(session, await claim_in(session, answer_scope(principal), claim_id), step)
    require_four_eyes(principal, claim.requested_by)
    known = edition_of_case(editions, claim.edition, principal.today).project_library.refusal_reasons
    require_known("reason_code", [step.reason_code or ""], known)
    claim.status, claim.reason_code, claim.ended_on = rules.REFUSED, step.reason_code, principal.today
    claim.answered_by, claim.answered_on = principal.account_id, principal.today
    context = EventContext.of(principal)
    await record_claim(session, rc.LibraryClaimRefused, claim, context, cited=RULES, remark=step.remark)
    return claim


async def take_back_claim(session: AsyncSession, principal: Principal, claim_id: UUID, step: CaseStep) -> LibraryClaim:
    """The founder does not want it any more, before an answer."""
    mine = true() if principal.has(*LIBRARIANS) else claimant_scope(principal)
    claim = await _requested(session, await claim_in(session, mine, claim_id), step)
    claim.status, claim.ended_on = rules.TAKEN_BACK, principal.today
    await record_claim(session, rc.LibraryClaimTakenBack, claim, EventContext.of(principal), cited=RULES)
    return claim


async def assign_claim(
    session: AsyncSession, principal: Principal, claim_id: UUID, sent: AssignClaim, *, if_match: str | None
) -> LibraryClaim:
    """Another centre or mentor follows it up from now on; null takes one off. The same again changes nothing."""
    claim = await claim_in(session, true(), claim_id)
    await _require_centre(session, sent.centre_id)
    await _lock(session, claim, if_match)
    require_state(claim.status, rules.CURRENT)
    before = (claim.centre_id, claim.mentor_person_id)
    if "centre_id" in sent.model_fields_set:
        claim.centre_id = sent.centre_id
    if "mentor_ref" in sent.model_fields_set:
        mentor = sent.mentor_ref
        claim.mentor_person_id = None if mentor is None else await appointed_mentor(session, mentor, principal.today)
    if (claim.centre_id, claim.mentor_person_id) != before:
        await record_claim(session, rc.LibraryClaimAssigned, claim, EventContext.of(principal))
    return claim


async def _founder(session: AsyncSession, principal: Principal, sent: str | None) -> Person:
    """Who asks: a founder for itself, an officer for whom it names."""
    if not principal.has(*LIBRARIANS):
        if sent is not None:
            raise PayloadInvalid.at("person_ref", "extra_forbidden")
        return await own_person(session, principal)
    if sent is None:
        raise PayloadInvalid.at("person_ref", "missing")
    person: Person | None = await session.scalar(select(Person).where(Person.ref == sent, Person.erased_on.is_(None)))
    if person is None:
        raise not_found("person")
    return person


async def _test(session: AsyncSession, edition: Edition, item: LibraryItem, person_id: UUID, day: date) -> Decision:
    """The rules as things stand; the caller holds the locks if it acts on them."""
    graduated = select(Graduation.graduated_on).where(
        Graduation.person_id == person_id, Graduation.confirmed_on.is_not(None)
    )
    current = select(func.count()).where(LibraryClaim.person_id == person_id, LibraryClaim.status == rules.CLAIMED)
    claimant = rules.Claimant(
        graduated_on=list(await session.scalars(graduated)),
        owner=item.owner_person_id == person_id,
        current=await session.scalar(current) or 0,
    )
    return rules.decide_claimant(edition, claimant, day, offered=item.status == rules.PUBLISHED)


async def _require_first(session: AsyncSession, item_id: UUID, person_id: UUID) -> None:
    open_one = select(LibraryClaim.no).where(
        LibraryClaim.item_id == item_id, LibraryClaim.person_id == person_id, LibraryClaim.status == rules.REQUESTED
    )
    if (number := await session.scalar(open_one)) is not None:
        raise DomainError("library-claim-twice", 409, params={"no": number}, clauses=["4.8-4"])


async def _require_centre(session: AsyncSession, centre_id: UUID | None) -> None:
    """Who follows up is a listed centre (404)."""
    if centre_id is None:
        return
    if await session.scalar(select(Centre.id).where(Centre.id == centre_id, Centre.status == "listed")) is None:
        raise not_found("centre")


async def _lock_choosers(session: AsyncSession, claim: LibraryClaim) -> None:
    """Whoever asks for the same project, in one order: two answers at once wait for each other and never crosswise."""
    rivals = select(LibraryClaim.person_id).where(
        LibraryClaim.item_id == claim.item_id, LibraryClaim.status == rules.REQUESTED
    )
    concerned = or_(Person.id == claim.person_id, Person.id.in_(rivals))
    await session.execute(select(Person.id).where(concerned).order_by(Person.id).with_for_update())


async def _lock(session: AsyncSession, claim: LibraryClaim, if_match: str | None) -> None:
    await session.refresh(claim, with_for_update=True)
    honour_match(if_match, claim.version)


async def _requested(session: AsyncSession, claim: LibraryClaim, step: CaseStep) -> LibraryClaim:
    await _lock(session, claim, step.if_match)
    require_state(claim.status, rules.ANSWERABLE)
    return claim
