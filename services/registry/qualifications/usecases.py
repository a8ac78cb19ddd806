"""The steps of an application for a title: applied for, reviewed, announced, granted or refused, or withdrawn."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.bans.queries import bans_against
from services.registry.bans.relations import related_bans
from services.registry.bans.rules import TITLE, RelatedBan, decide_application
from services.registry.centres.models import Centre
from services.registry.centres.queries import hold_standing, write_scope
from services.registry.centres.rules import decide_listed_by, require_state
from services.registry.grades.queries import published_grades
from services.registry.grades.rules import Grade, decide_grade, latest_by
from services.registry.notices.usecases import open_notice, require_notice_over
from services.registry.policy import edition_at, require_known
from services.registry.qualifications import rules
from services.registry.qualifications.cases import lock_title, record
from services.registry.qualifications.expiry import expire_former
from services.registry.qualifications.models import ONE_ACTIVE, ONE_PENDING, Qualification
from services.registry.qualifications.queries import KIND, kinds_held, open_application
from services.registry.qualifications.schemas import ApplyForTitle
from services.registry.steps import CaseStep, require_four_eyes, step_day
from shared.auth.principal import Principal
from shared.clock import effective_date
from shared.db import constraint_of
from shared.errors import DomainError
from shared.events.contracts import registry as rc
from shared.events.outbox import EventContext
from shared.ids import next_case_no, uuid7
from shared.policy.decision import Decision, combine
from shared.policy.edition import Edition, Editions
from shared.policy.rules import BanPeriod
from shared.refusals import require_passed


async def apply_for_title(
    session: AsyncSession, editions: Editions, principal: Principal, sent: ApplyForTitle
) -> Qualification:
    """Apply for a title of a listed centre; pins the edition.

    Raises 404 for somebody else's centre, 422 for an unknown kind or level, 409 `carrier-ban-in-force`,
    `policy-not-in-force`, `centre-not-listed`, `centre-not-listed-yet`, `title-already-held`, `grade-too-low`,
    `title-application-pending` with the number of the open one.
    """
    centre = await hold_standing(session, write_scope(principal), sent.centre_id)
    day = effective_date(principal, sent.applied_on)
    edition = edition_at(editions, day)
    require_known("kind", [sent.kind], edition.titles.kinds)
    require_known("level", [sent.level], edition.titles.levels)
    grounds = await _grounds(session, edition, centre, sent.level, principal.today)
    pending = await open_application(session, centre.id, sent.kind, sent.level)
    title, decision = new_application(edition, principal, grounds, sent.kind, sent.level, day, pending=pending)
    title.no = await next_case_no(session, "QA", day.year)
    await _flush_application(session, edition, title)
    await record(session, rc.QualificationApplied, title, EventContext.of(principal, day), decision)
    return title


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounds:
    """What an application for a title is judged by: the centre with its standing, the bans against it or its operator,
    those on others it is related to, the kinds of titles of the level that it holds, and its published grades."""

    centre_id: UUID
    operator_code: str
    status: str
    listed_on: date | None
    bans: Sequence[BanPeriod]
    related: Sequence[RelatedBan]
    held: frozenset[str]
    grades: Sequence[Grade] = ()


def new_application(
    edition: Edition,
    principal: Principal,
    grounds: Grounds,
    kind: str,
    level: str,
    day: date,
    *,
    pending: str | None = None,
) -> tuple[Qualification, Decision]:
    """The application, for one title and for a file of them; not yet numbered nor written. `pending` is the number of
    one for the same title that is open. Raises 409 with what is not met."""
    tested = _decide(edition, grounds, kind, level, day, today=principal.today, as_of=day)
    decision = combine(tested, require_passed(rules.decide_not_pending(edition, kind, level, pending)))
    title = Qualification(
        id=uuid7(),
        version=0,
        centre_id=grounds.centre_id,
        operator_code=grounds.operator_code,
        applicant_code=grounds.operator_code,
        beside_another=False,
        kind=kind,
        level=level,
        status="applied",
        edition=edition.id,
        applied_by=principal.account_id,
        applied_on=day,
        decision=decision.to_json(),
    )
    return title, decision


async def review_title(session: AsyncSession, principal: Principal, title_id: UUID, step: CaseStep) -> Qualification:
    """Propose the grant to an approver."""
    title, _ = await lock_title(session, principal, title_id, step)
    require_state(title.status, rules.REVIEWABLE)
    day = step_day(principal, step.on, after=title.applied_on)
    title.status = "reviewed"
    title.reviewed_by, title.reviewed_on = principal.account_id, day
    await record(session, rc.QualificationReviewed, title, EventContext.of(principal, day))
    return title


async def announce_title(
    session: AsyncSession, editions: Editions, principal: Principal, title_id: UUID, step: CaseStep
) -> Qualification:
    """Put the reviewed application on public notice."""
    title, _ = await lock_title(session, principal, title_id, step)
    require_state(title.status, rules.ANNOUNCEABLE)
    day = step_day(principal, step.on, after=title.reviewed_on)
    await open_notice(session, principal, editions.get(title.edition), KIND, title.id, day)
    title.status = "announced"
    title.announced_by, title.announced_on = principal.account_id, day
    await record(session, rc.QualificationAnnounced, title, EventContext.of(principal, day))
    return title


async def grant_title(
    session: AsyncSession,
    editions: Editions,
    principal: Principal,
    title_id: UUID,
    step: CaseStep,
    *,
    issuer: str | None = None,
) -> Qualification:
    """Grant what was on public notice; bans, the centre's standing and the titles it holds are tested again.

    A title that the city grants gets a plaque. Raises 403 `four-eyes-required` for whoever applied, reviewed or
    announced, 409 as at application, those of the notice, `title-issuer-missing`, `title-issuer-not-needed`.
    """
    title, centre = await lock_title(session, principal, title_id, step)
    require_state(title.status, rules.GRANTABLE)
    require_four_eyes(principal, title.applied_by, title.reviewed_by, title.announced_by)
    day = step_day(principal, step.on, after=title.announced_on)
    edition = editions.get(title.edition)
    grounds = await _grounds(session, edition, centre, title.level, principal.today)
    today = principal.today
    tested = _decide(edition, grounds, title.kind, title.level, title.applied_on, today=today, as_of=day)
    issued = require_passed(rules.decide_issuer(edition, title.level, issuer))
    over = await require_notice_over(session, edition, KIND, title.id, day)
    decision = combine(tested, issued, over)
    await expire_former(session, editions, principal, title)
    title.status = "active"
    title.decided_by, title.decided_on, title.granted_on = principal.account_id, day, day
    title.document_no, title.issuer = step.document_no, issuer
    title.expires_on = rules.last_day(edition, title.level, day)
    title.decision = decision.to_json()
    await _flush_grant(session, title)
    if edition.title_terms.levels[title.level].city_grants.value:
        title.plaque_no = await next_case_no(session, "PL", day.year)
    await record(session, rc.QualificationGranted, title, EventContext.of(principal, day), decision)
    return title


async def refuse_title(
    session: AsyncSession, editions: Editions, principal: Principal, title_id: UUID, step: CaseStep
) -> Qualification:
    """Refuse an application, with a reason of the edition. Raises 403 `four-eyes-required` for whoever took a step
    before, 422 for an unknown reason."""
    title, _ = await lock_title(session, principal, title_id, step)
    require_state(title.status, rules.PENDING)
    _require_reason(step, editions.get(title.edition).title_terms.refusal_reasons)
    require_four_eyes(principal, title.applied_by, title.reviewed_by, title.announced_by)
    day = step_day(principal, step.on, after=title.announced_on or title.reviewed_on or title.applied_on)
    title.status = "refused"
    title.decided_by, title.decided_on = principal.account_id, day
    title.reason_code = step.reason_code
    await record(session, rc.QualificationRefused, title, EventContext.of(principal, day), remark=step.remark)
    return title


async def withdraw_title(
    session: AsyncSession, editions: Editions, principal: Principal, title_id: UUID, step: CaseStep
) -> Qualification:
    """The applicant, or an officer for it, takes the application back. Raises 422 for an unknown reason."""
    title, _ = await lock_title(session, principal, title_id, step)
    require_state(title.status, rules.PENDING)
    _require_reason(step, editions.get(title.edition).title_terms.withdrawal_reasons)
    day = step_day(principal, step.on, after=title.announced_on or title.reviewed_on or title.applied_on)
    title.status, title.reason_code = "withdrawn", step.reason_code
    await record(session, rc.QualificationWithdrawn, title, EventContext.of(principal, day), remark=step.remark)
    return title


async def propose_revocation(
    session: AsyncSession, editions: Editions, principal: Principal, title_id: UUID, step: CaseStep
) -> Qualification:
    """Propose to revoke a title in force outside a delisting, with a reason of the edition; the title stays until it
    is decided. Raises 422 for an unknown reason."""
    title, _ = await lock_title(session, principal, title_id, step)
    require_state(rules.status_on(title.status, title.expires_on, principal.today), rules.IN_FORCE)
    _require_reason(step, editions.get(title.edition).title_terms.revocation_reasons)
    day = step_day(principal, step.on, after=title.granted_on)
    title.revocation_proposed_by, title.revocation_proposed_on = principal.account_id, day
    title.reason_code = step.reason_code
    context = EventContext.of(principal, day)
    await record(session, rc.QualificationRevocationProposed, title, context, remark=step.remark)
    return title


async def revoke_title(
    session: AsyncSession, editions: Editions, principal: Principal, title_id: UUID, step: CaseStep
) -> Qualification:
    """Revoke a title by a document; its plaque is to come back.

    Raises 409 `revocation-not-proposed`, 403 `four-eyes-required` for its proposer.
    """
    title, _ = await lock_title(session, principal, title_id, step)
    require_state(rules.status_on(title.status, title.expires_on, principal.today), rules.IN_FORCE)
    if title.revocation_proposed_on is None:
        raise DomainError("revocation-not-proposed", 409)
    require_four_eyes(principal, title.revocation_proposed_by)
    day = step_day(principal, step.on, after=title.revocation_proposed_on)
    title.status, title.revoked_on = "revoked", day
    title.revocation_decided_by, title.revocation_document_no = principal.account_id, step.document_no
    if title.plaque_no is not None:
        title.plaque_due_on = rules.plaque_due(editions.get(title.edition), day)
    await record(session, rc.QualificationRevoked, title, EventContext.of(principal, day))
    return title


async def _grounds(session: AsyncSession, edition: Edition, centre: Centre, level: str, today: date) -> Grounds:
    barred = level in edition.title_terms.barred_levels.value
    return Grounds(
        centre_id=centre.id,
        operator_code=centre.operator_code,
        status=centre.status,
        listed_on=centre.listed_on,
        bans=await bans_against(session, centre.operator_code, centre.id) if barred else (),
        related=await related_bans(session, centre.operator_code, today, centre.id),
        held=await kinds_held(session, centre.id, level, today),
        grades=(await published_grades(session, [centre.id])).get(centre.id, ()),
    )


def _decide(
    edition: Edition, grounds: Grounds, kind: str, level: str, applied_on: date, *, today: date, as_of: date
) -> Decision:
    """Bans, where they stand in the way of the level, the validity of the policy, the title itself, and the centre's
    grade as it was published by the day of the step."""
    minimum = edition.title_terms.levels[level].minimum_grade.value
    return require_passed(
        combine(
            decide_application(edition, TITLE, grounds.bans, applied_on, today, grounds.related),
            rules.decide_title(edition, kind, level, grounds.status, grounds.held),
            decide_listed_by(edition, "titles.centre_listed", grounds.listed_on, applied_on),
            edition.decision(decide_grade(edition, "titles.grade", minimum, latest_by(grounds.grades, as_of))),
        )
    )


async def _flush_application(session: AsyncSession, edition: Edition, title: Qualification) -> None:
    """Write the application now: of two at the same moment the index lets one through, and the other is told its
    number."""
    try:
        async with session.begin_nested():
            session.add(title)
    except IntegrityError as error:
        if constraint_of(error) == ONE_PENDING:
            pending = await open_application(session, title.centre_id, title.kind, title.level)
            require_passed(rules.decide_not_pending(edition, title.kind, title.level, pending))
        raise


def _require_reason(step: CaseStep, known: Iterable[str]) -> None:
    require_known("reason_code", [step.reason_code or ""], known)


async def _flush_grant(session: AsyncSession, title: Qualification) -> None:
    """Write the grant now: of two grants at the same moment the index lets one through."""
    kind = title.kind
    try:
        await session.flush()
    except IntegrityError as error:
        if constraint_of(error) == ONE_ACTIVE:
            raise DomainError("title-already-held", 409, params={"kind": kind}, clauses=["2.3-5"]) from error
        raise
