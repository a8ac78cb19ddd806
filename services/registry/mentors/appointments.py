"""The steps of an appointment: proposed by one person, decided by another, proposed again, ended before its time."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.centres.rules import require_state
from services.registry.changes import put, unchanged
from services.registry.mentors import rules
from services.registry.mentors.endings import finish, refuse
from services.registry.mentors.models import Mentor, MentorTerm
from services.registry.mentors.queries import KEEPERS, keep_scope, lock, open_term, own
from services.registry.mentors.schemas import (
    AmendMentor,
    AppointMentor,
    EndMentor,
    ProposeMentor,
    ReappointMentor,
    RefuseMentor,
)
from services.registry.mentors.state import tell
from services.registry.persons.consents import give_consent, keep_until, require_consent
from services.registry.persons.contacts import person_with_contact
from services.registry.persons.holding import hold_person
from services.registry.persons.models import Person
from services.registry.policy import edition_at, require_known, require_passed
from services.registry.steps import require_four_eyes, step_day
from shared.auth.principal import Principal
from shared.calendar import add_months
from shared.clock import effective_date
from shared.errors import DomainError, forbidden
from shared.events.contracts import registry as rc
from shared.events.outbox import EventContext
from shared.http.etag import honour_match, require_match
from shared.http.validation import PayloadInvalid
from shared.ids import next_case_no, uuid7
from shared.policy.edition import Editions
from shared.runtime import Runtime
from shared.sealing import Keyring

_DAY: Final = timedelta(days=1)


async def propose_mentor(
    session: AsyncSession, runtime: Runtime, keys: Keyring | None, principal: Principal, sent: ProposeMentor
) -> Mentor:
    """Propose somebody (4.8-1), with the consent on paper if there is one.

    Raises what naming a person raises, 422 for a field that the edition does not have, 409 `mentor-term-too-long`,
    `mentor-already-registered` for somebody who has a record: that one is reappointed.
    """
    day = effective_date(principal, sent.proposed_on)
    edition = edition_at(runtime.editions, day)
    require_known("fields", sent.fields, edition.mentors.fields)
    person, _ = await person_with_contact(session, runtime, keys, principal, sent)
    locked = await hold_person(session, person.id)
    known: str | None = await session.scalar(select(Mentor.no).where(Mentor.person_id == locked.id))
    if known is not None:
        raise DomainError("mentor-already-registered", 409, params={"no": known}, clauses=["4.8-1"])
    mentor = Mentor(
        id=uuid7(),
        version=0,
        no=await next_case_no(session, "MT", day.year),
        person_id=locked.id,
        status=rules.PROPOSED,
        fields=list(dict.fromkeys(sent.fields)),
        organisation=sent.organisation,
        introduction=sent.introduction,
        graduate_team=sent.graduate_team,
        recorded_by=principal.account_id,
    )
    session.add(mentor)
    await session.flush()
    await _propose_term(session, runtime.editions, principal, mentor, sent.from_on, sent.until_on, day)
    if sent.consent is not None:
        purposes = (rules.PURPOSE, rules.PUBLIC_PAGE) if sent.consent.public_page else (rules.PURPOSE,)
        for purpose in purposes:
            await give_consent(
                session,
                principal,
                locked,
                purpose,
                given_on=sent.consent.given_on,
                channel=sent.consent.channel,
                document_no=sent.consent.document_no,
                editions=runtime.editions,
            )
    await tell(session, rc.MentorProposed, mentor, locked, EventContext.of(principal, day))
    return mentor


async def reappoint_mentor(
    session: AsyncSession,
    editions: Editions,
    principal: Principal,
    mentor_id: UUID,
    sent: ReappointMentor,
    *,
    if_match: str | None,
) -> Mentor:
    """Propose another term: one that follows the running one, or a new one for somebody whose term is over.

    Raises 409 `mentor-term-waiting`, `mentor-term-not-ending` before the last months of the running term.
    """
    mentor = await lock(session, keep_scope(principal), mentor_id)
    honour_match(if_match, mentor.version)
    if await open_term(session, mentor.id) is not None:
        raise DomainError("mentor-term-waiting", 409, clauses=["4.8-1"])
    require_state(mentor.status, (rules.APPOINTED, rules.ENDED, rules.REFUSED))
    day = effective_date(principal, sent.proposed_on)
    first = sent.from_on
    if mentor.status == rules.APPOINTED and mentor.appointed_until is not None:
        earliest = mentor.appointed_until - timedelta(edition_at(editions, day).mentors.reappointment_days.value)
        if day < earliest:
            raise DomainError("mentor-term-not-ending", 409, params={"earliest": earliest}, clauses=["4.8-1"])
        first = mentor.appointed_until + _DAY
        if sent.from_on not in (None, first):
            raise PayloadInvalid.at("from_on", "follows_the_term")
    elif first is None:
        raise PayloadInvalid.at("from_on", "missing")
    await _propose_term(session, editions, principal, mentor, first, sent.until_on, day)
    person = await session.get_one(Person, mentor.person_id)
    await tell(session, rc.MentorReappointmentProposed, mentor, person, EventContext.of(principal, day))
    return mentor


async def appoint_mentor(
    session: AsyncSession,
    editions: Editions,
    principal: Principal,
    mentor_id: UUID,
    sent: AppointMentor,
    *,
    if_match: str | None,
) -> Mentor:
    """Another person than who proposed it decides (403), once the person has agreed (409 `consent-missing`).

    A term begins with the decision at the earliest; 409 `mentor-term-past` where nothing of it is left.
    """
    mentor, term, person, day = await _to_decide(session, principal, mentor_id, sent.decided_on, if_match)
    await require_consent(session, person.id, rules.PURPOSE, principal.today)
    follows = mentor.status == rules.APPOINTED and mentor.appointed_until == term.from_on - _DAY
    first = term.from_on if follows else max(term.from_on, day)
    if first > term.until_on or term.until_on < day:
        raise DomainError("mentor-term-past", 409, params={"until": term.until_on}, clauses=["4.8-1"])
    term.from_on, term.last_on = first, term.until_on
    term.status, term.decided_by, term.decided_on = rules.APPOINTED, principal.account_id, day
    term.document_no = mentor.document_no = sent.document_no
    if not follows:
        mentor.appointed_from = first
    mentor.status, mentor.appointed_until = rules.APPOINTED, term.until_on
    mentor.ended_on = mentor.ended_by = mentor.reason_code = None
    months = edition_at(editions, day).personal_data.purposes[rules.PURPOSE].retention_months.value
    await keep_until(session, principal, person, rules.PURPOSE, add_months(term.until_on, months))
    await keep_until(session, principal, person, rules.PUBLIC_PAGE, term.until_on)
    await session.flush()
    await tell(session, rc.MentorAppointed, mentor, person, EventContext.of(principal, day))
    return mentor


async def refuse_mentor(
    session: AsyncSession,
    editions: Editions,
    principal: Principal,
    mentor_id: UUID,
    sent: RefuseMentor,
    *,
    if_match: str | None,
) -> Mentor:
    """Refuse what was proposed, for a reason of the edition (422); a term that runs goes on."""
    mentor, term, person, day = await _to_decide(session, principal, mentor_id, sent.decided_on, if_match)
    _require_reason(sent.reason_code, edition_at(editions, day).mentors.refusal_reasons)
    refuse(mentor, term, principal.account_id, day, sent.reason_code)
    await session.flush()
    context = EventContext.of(principal, day)
    await tell(session, rc.MentorRefused, mentor, person, context, remark=sent.remark)
    return mentor


async def end_mentor(
    session: AsyncSession,
    editions: Editions,
    principal: Principal,
    mentor_id: UUID,
    sent: EndMentor,
    *,
    if_match: str | None,
) -> Mentor:
    """End an appointment before its time, by a document; whoever proposed it is not the one (403)."""
    mentor = await lock(session, Mentor.id == mentor_id, mentor_id)
    honour_match(if_match, mentor.version)
    require_state(mentor.status, (rules.APPOINTED,))
    require_four_eyes(principal, *await _proposers(session, mentor.id))
    _require_reason(sent.reason_code, edition_at(editions, principal.today).mentors.end_reasons)
    day = step_day(principal, sent.ended_on, after=mentor.appointed_from)
    mentor.document_no = sent.document_no
    await finish(session, mentor, day, sent.reason_code, EventContext.of(principal, day), remark=sent.remark)
    return mentor


async def resign(session: AsyncSession, principal: Principal, mentor_id: UUID, *, if_match: str | None) -> Mentor:
    """The mentor itself leaves; today is its last day."""
    mentor = await lock(session, own(principal), mentor_id)
    honour_match(if_match, mentor.version)
    require_state(mentor.status, (rules.APPOINTED,))
    await finish(session, mentor, principal.today, rules.RESIGNED, EventContext.of(principal))
    return mentor


async def amend_mentor(
    session: AsyncSession,
    editions: Editions,
    principal: Principal,
    mentor_id: UUID,
    sent: AmendMentor,
    *,
    if_match: str | None,
) -> Mentor:
    """Officers correct all of it; the mentor itself what is said about it (403 for fields and team)."""
    keeps = principal.has(*KEEPERS)
    mentor = await lock(session, or_(keep_scope(principal), own(principal)), mentor_id)
    require_match(if_match, mentor.version)
    changes = {name: getattr(sent, name) for name in sent.model_fields_set}
    if not keeps and {"fields", "graduate_team"} & changes.keys():
        raise forbidden()
    for name in ("fields", "graduate_team"):
        if name in changes and changes[name] is None:
            raise PayloadInvalid.at(name, "missing")
    if sent.fields is not None:
        require_known("fields", sent.fields, edition_at(editions, principal.today).mentors.fields)
        changes["fields"] = list(dict.fromkeys(sent.fields))
    for name, value in changes.items():
        put(mentor, name, value)
    if not unchanged(session, mentor):
        person = await session.get_one(Person, mentor.person_id)
        await tell(session, rc.MentorAmended, mentor, person, EventContext.of(principal))
    return mentor


async def _propose_term(
    session: AsyncSession,
    editions: Editions,
    principal: Principal,
    mentor: Mentor,
    first: date | None,
    last: date | None,
    day: date,
) -> None:
    assert first is not None
    edition = edition_at(editions, day)
    until = last or rules.last_day(edition, first)
    decision = require_passed(rules.decide_term(edition, first, until))
    term = MentorTerm(
        id=uuid7(),
        mentor_id=mentor.id,
        from_on=first,
        until_on=until,
        status=rules.PROPOSED,
        edition=edition.id,
        decision=decision.to_json(),
        proposed_by=principal.account_id,
        proposed_on=day,
    )
    session.add(term)
    await session.flush()


async def _to_decide(
    session: AsyncSession, principal: Principal, mentor_id: UUID, sent: date | None, if_match: str | None
) -> tuple[Mentor, MentorTerm, Person, date]:
    mentor = await lock(session, Mentor.id == mentor_id, mentor_id)
    honour_match(if_match, mentor.version)
    term = await open_term(session, mentor.id)
    if term is None:
        raise DomainError("mentor-nothing-proposed", 409, clauses=["4.8-1"])
    require_four_eyes(principal, term.proposed_by)
    day = step_day(principal, sent, after=term.proposed_on)
    return mentor, term, await session.get_one(Person, mentor.person_id), day


async def _proposers(session: AsyncSession, mentor_id: UUID) -> list[str]:
    term = MentorTerm
    query = select(term.proposed_by).where(term.mentor_id == mentor_id, term.status == rules.APPOINTED)
    return list(await session.scalars(query.order_by(term.from_on.desc()).limit(1)))


def _require_reason(reason: str, known: Iterable[str]) -> None:
    words = [word for word in known if word not in rules.BY_ITSELF]
    require_known("reason_code", [reason], words)
