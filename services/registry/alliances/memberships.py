"""The steps of a membership: asked for by one side, agreed to by the other, ended by either (4.6-1, 4.7-1).

Nobody is a member without its own consent, and whoever consents for it does not accept it as well.
"""

from __future__ import annotations

from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select, true
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.alliances import rules
from services.registry.alliances.models import AllianceMember
from services.registry.alliances.parties import (
    ON_PAPER,
    Party,
    keep_after_the_end,
    keep_consent,
    party_of,
    require_standing,
)
from services.registry.alliances.queries import (
    current_member,
    lead_scope,
    lock_member,
    open_alliances,
    party_scope,
    require_lead,
    terms_of,
)
from services.registry.alliances.schemas import LeaveAlliance, RequestMembership
from services.registry.centres.rules import require_state
from services.registry.enterprises.queries import family, record_of
from services.registry.policy import edition_at, require_known, require_passed
from services.registry.remarks.usecases import keep_remark
from services.registry.steps import CaseStep, require_four_eyes, step_day
from shared.auth.principal import Principal
from shared.db import constraint_of
from shared.errors import DomainError, forbidden
from shared.events import outbox
from shared.events.contracts import registry as rc
from shared.events.outbox import EventContext
from shared.events.types import EventType
from shared.http.etag import honour_match
from shared.http.validation import PayloadInvalid
from shared.ids import next_case_no, uuid7
from shared.policy.edition import Edition, Editions
from shared.runtime import Runtime
from shared.sealing import Keyring

RULES: Final = ("alliances.membership",)
BOTH_SIDES: Final = ("alliances.membership", "alliances.member_four_eyes")
ON_THE_LIST: Final = ("alliances.centre_on_the_list",)
CEASED: Final = "enterprise_ceased"


_OF_A_PERSON: Final = ("consent_document_no", "document_no", "reason_code")


def _state(member: AllianceMember, remark_hash: str | None) -> rc.AllianceMemberState:
    """The membership as its events carry it; everybody reads them, so that they do not say which natural person it is,
    by which papers, or why it went."""
    fields = set(rc.AllianceMemberState.model_fields) - {"remark_hash"}
    known = {name: getattr(member, name) for name in fields}
    if member.person_id is not None:
        known |= dict.fromkeys(_OF_A_PERSON)
    return rc.AllianceMemberState(**known, remark_hash=remark_hash)


async def request_membership(
    session: AsyncSession, runtime: Runtime, keys: Keyring | None, principal: Principal, sent: RequestMembership
) -> AllianceMember:
    """Apply for one's own membership, invite a party, or enter a signed application on paper.

    Raises 404 for an unknown alliance or somebody else's party, 403 for the bureau of the other alliance, 422, 409
    `already-a-member`, `membership-asked-for`, `member-type-wrong`, `member-centre-not-listed`, `member-title-missing`,
    `member-consent-missing`, and what naming a person and its consent raise.
    """
    edition = edition_at(runtime.editions, principal.today)
    terms = terms_of(edition, sent.alliance)
    require_known("kind", [sent.kind], terms.member_types)
    await open_alliances(session, edition)
    if sent.person is not None:
        require_passed(rules.decide_member_type(edition, terms, sent.kind, "person"))
    party = await party_of(session, runtime, keys, principal, edition, sent)
    if not party.own:
        require_lead(principal, edition, sent.alliance)
    if party.own and sent.consent_document_no is not None:
        raise PayloadInvalid.at("consent_document_no", "not_for_own_account")
    paper = sent.consent_document_no is not None
    if party.column in ON_PAPER and not paper:
        raise DomainError("member-consent-missing", 409, clauses=["4.6-1"])
    require_passed(rules.decide_member_type(edition, terms, sent.kind, party.column.removesuffix("_id")))
    await require_standing(session, edition, sent.alliance, sent.kind, party)
    if await current_member(session, sent.alliance, party.family) is not None:
        raise DomainError("already-a-member", 409, clauses=["4.6-1"])
    day = step_day(principal, sent.requested_on, after=None)
    consents = party.own or paper
    by = principal.account_id
    member = AllianceMember(
        id=uuid7(),
        version=0,
        alliance=sent.alliance,
        kind=sent.kind,
        province=party.province,
        status=rules.APPLIED if consents else rules.INVITED,
        initiative=rules.MEMBER if consents else rules.LEAD,
        requested_by=by,
        requested_on=day,
        edition=edition.id,
        consent_document_no=sent.consent_document_no,
        no=await next_case_no(session, "AM", principal.today.year),
        name_shown=sent.show_name,
        **{party.column: party.id},
        **({"consented_by": by, "consented_on": day} if consents else {"accepted_by": by, "accepted_on": day}),
    )
    session.add(member)
    await _flush(session)
    if party.person is not None:
        await keep_consent(session, runtime.editions, principal, party.person, member)
    happened = rc.AllianceMemberApplied if consents else rc.AllianceMemberInvited
    await record(session, happened, member, EventContext.of(principal, day))
    return member


async def accept_member(
    session: AsyncSession, editions: Editions, principal: Principal, member_id: UUID, step: CaseStep
) -> AllianceMember:
    """The lead bureau accepts an application: a member from that day on. Raises 403 `four-eyes-required` for whoever
    gave the consent or entered it."""
    edition = edition_at(editions, principal.today)
    member = await of_lead(session, edition, principal, member_id, step.if_match)
    require_state(member.status, rules.ACCEPTABLE)
    require_four_eyes(principal, member.consented_by)
    day = step_day(principal, step.on, after=member.consented_on)
    member.accepted_by, member.accepted_on = principal.account_id, day
    await _join(session, edition, member, EventContext.of(principal, day))
    return member


async def consent_to_membership(
    session: AsyncSession, editions: Editions, principal: Principal, member_id: UUID, *, if_match: str | None
) -> AllianceMember:
    """The invited party wants to be a member, and is one from today on."""
    member = await lock_member(session, party_scope(principal), member_id)
    honour_match(if_match, member.version)
    require_state(member.status, rules.CONSENTABLE)
    require_four_eyes(principal, member.accepted_by)
    member.consented_by = principal.account_id
    member.consented_on = step_day(principal, None, after=member.accepted_on)
    edition = edition_at(editions, principal.today)
    await _join(session, edition, member, EventContext.of(principal, member.consented_on))
    return member


async def refuse_member(
    session: AsyncSession, editions: Editions, principal: Principal, member_id: UUID, step: CaseStep
) -> AllianceMember:
    """The lead bureau does not accept an application, with a reason of the edition (422)."""
    edition = edition_at(editions, principal.today)
    member = await of_lead(session, edition, principal, member_id, step.if_match)
    require_state(member.status, rules.ACCEPTABLE)
    require_known("reason_code", [step.reason_code or ""], edition.alliances.refusal_reasons)
    member.status, member.reason_code = rules.REFUSED, step.reason_code
    context = EventContext.of(principal)
    await record(session, rc.AllianceMemberRefused, member, context, remark=step.remark)
    return member


async def decline_membership(
    session: AsyncSession, principal: Principal, member_id: UUID, *, if_match: str | None
) -> AllianceMember:
    """The invited party does not want to join; it need not say why."""
    member = await lock_member(session, party_scope(principal), member_id)
    honour_match(if_match, member.version)
    require_state(member.status, rules.CONSENTABLE)
    member.status = rules.DECLINED
    await record(session, rc.AllianceMemberDeclined, member, EventContext.of(principal))
    return member


async def withdraw_request(
    session: AsyncSession, editions: Editions, principal: Principal, member_id: UUID, *, if_match: str | None
) -> AllianceMember:
    """Whoever asked takes it back before it is answered: the party, or the lead bureau for what it entered."""
    edition = edition_at(editions, principal.today)
    both = or_(party_scope(principal), lead_scope(principal, edition))
    member = await lock_member(session, both, member_id)
    own = await session.scalar(select(AllianceMember.id).where(AllianceMember.id == member_id, party_scope(principal)))
    honour_match(if_match, member.version)
    on_paper = member.consent_document_no is not None
    allowed = rules.ACCEPTABLE if own is not None else rules.OPEN if on_paper else rules.CONSENTABLE
    require_state(member.status, allowed)
    member.status = rules.WITHDRAWN
    await record(session, rc.AllianceMemberWithdrawn, member, EventContext.of(principal))
    return member


async def leave_alliance(
    session: AsyncSession,
    editions: Editions,
    principal: Principal,
    member_id: UUID,
    sent: LeaveAlliance,
    *,
    if_match: str | None,
) -> AllianceMember:
    """A member leaves when it wants to, whatever waits about it; the letter of a partner or a natural person is entered
    by the lead bureau.

    Raises 404, 403 for an officer who would end the membership of a party that has an account of its own.
    """
    paper = lead_scope(principal, edition_at(editions, principal.today))
    member = await lock_member(session, or_(party_scope(principal), paper), member_id)
    own = await session.scalar(select(AllianceMember.id).where(AllianceMember.id == member_id, party_scope(principal)))
    honour_match(if_match, member.version)
    require_state(member.status, rules.LEAVABLE)
    if own is None:
        if member.partner_id is None and member.person_id is None:
            raise forbidden()
        if sent.document_no is None:
            raise PayloadInvalid.at("document_no", "missing")
    day = step_day(principal, sent.left_on, after=member.joined_on)
    end_membership(member, rules.LEFT, day, principal.account_id)
    member.document_no = sent.document_no
    await keep_after_the_end(session, editions, principal, member)
    await record(session, rc.AllianceMemberLeft, member, EventContext.of(principal, day))
    return member


async def end_with_centre(
    session: AsyncSession, centre_id: UUID, day: date, context: EventContext, *, reason_code: str
) -> None:
    """4.6-1: a centre that leaves the list is a member no more, and what it or the lead had asked for is over. It does
    not come back by itself: coming back is its own decision too. The caller has locked the centre."""
    its = AllianceMember.centre_id == centre_id
    await end_where(session, its, day, context, reason_code=reason_code, cited=ON_THE_LIST)


async def end_with_enterprise(session: AsyncSession, enterprise_id: UUID, day: date, context: EventContext) -> None:
    """4.6-1: an enterprise that ceased or was deregistered is a member no more, by none of its records."""
    goes_on = await session.scalar(record_of(enterprise_id))
    its = AllianceMember.enterprise_id.in_(family(goes_on or enterprise_id))
    await end_where(session, its, day, context, reason_code=CEASED)


async def end_where(
    session: AsyncSession,
    whose: ColumnElement[bool],
    day: date,
    context: EventContext,
    *,
    reason_code: str,
    cited: tuple[str, ...] = RULES,
    states: tuple[str, ...] = (*rules.OPEN, rules.ACTIVE),
) -> None:
    """End the memberships that go on without a step of either side; what was only asked for is refused."""
    query = select(AllianceMember).where(whose, AllianceMember.status.in_(states))
    for member in await session.scalars(query.order_by(AllianceMember.id).with_for_update()):
        was_member = member.status == rules.ACTIVE
        if was_member:
            end_membership(member, rules.ENDED, max(day, member.joined_on or day), None)
        else:
            member.status = rules.REFUSED
        member.reason_code = reason_code
        happened = rc.AllianceMemberEnded if was_member else rc.AllianceMemberRefused
        await record(session, happened, member, context, cited=cited)


def end_membership(member: AllianceMember, status: str, day: date, by: str | None) -> None:
    """The day is the last one; a removal that waited is over with it, unless it is what ended it."""
    member.status, member.left_on, member.ended_by = status, day, by
    if status != rules.REMOVED and member.removal_proposed_on is not None:
        member.removal_proposed_by = member.removal_proposed_on = member.reason_code = None


async def record(
    session: AsyncSession,
    event_type: EventType[rc.AllianceMemberState],
    member: AllianceMember,
    context: EventContext,
    *,
    cited: tuple[str, ...] = RULES,
    remark: str | None = None,
) -> None:
    """Tell what happened to a membership."""
    remark_hash = await keep_remark(session, member.id, step=member.status, text=remark, written_by=context.actor)
    state = _state(member, remark_hash)
    await outbox.append(session, event_type, member, state, context=context, rules=cited, edition=member.edition)


async def _join(session: AsyncSession, edition: Edition, member: AllianceMember, context: EventContext) -> None:
    if member.centre_id is not None:
        centre = Party("centre_id", member.centre_id, (member.centre_id,), own=True)
        await require_standing(session, edition, member.alliance, member.kind, centre)
    member.status, member.joined_on = rules.ACTIVE, context.effective_on
    await _flush(session)
    await record(session, rc.AllianceMemberJoined, member, context, cited=BOTH_SIDES)


async def of_lead(
    session: AsyncSession, edition: Edition, principal: Principal, member_id: UUID, if_match: str | None
) -> AllianceMember:
    """A membership of an alliance that the caller's bureau leads, locked; 403 for the other bureau's."""
    member = await lock_member(session, true(), member_id)
    require_lead(principal, edition, member.alliance)
    honour_match(if_match, member.version)
    return member


_TAKEN: Final = {
    "ex_alliance_member_once_at_a_time": "already-a-member",
    "uq_alliance_member_open": "membership-asked-for",
}


async def _flush(session: AsyncSession) -> None:
    """Write now: of two at the same moment, the constraint lets one through; the other is told."""
    try:
        await session.flush()
    except IntegrityError as error:
        if (code := _TAKEN.get(constraint_of(error) or "")) is not None:
            raise DomainError(code, 409, clauses=["4.6-1"]) from error
        raise
