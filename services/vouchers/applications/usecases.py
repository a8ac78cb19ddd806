"""An application step by step: asked by the same rules as an issue, reviewed, and issued by approval (4.3-2)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.access import enterprise_code_of, own_division
from services.vouchers.applications.models import Application
from services.vouchers.applications.queries import lock, made_by
from services.vouchers.applications.schemas import ApplicationNew, ApplicationTerms, RefusedWith, Reviewed
from services.vouchers.programmes.models import Programme
from services.vouchers.projections import known_enterprise
from services.vouchers.references import arrived
from services.vouchers.steps import SUBMITTED
from services.vouchers.vouchers.eligibility import Case, assess, find_programme
from services.vouchers.vouchers.facts import await_references
from services.vouchers.vouchers.issuing import Issue, issue
from shared.auth.principal import Principal
from shared.db import constraint_of
from shared.errors import DomainError, forbidden
from shared.events import outbox
from shared.events.contracts import vouchers as vc
from shared.events.outbox import EventContext
from shared.events.types import EventType
from shared.http.etag import honour_match
from shared.http.validation import Fault, PayloadInvalid
from shared.ids import next_case_no
from shared.policy.decision import Decision
from shared.policy.edition import Editions
from shared.policy.rules import decide_in_force
from shared.refusals import require_passed

RULES = ("vouchers.application", "vouchers.four_eyes")


async def ask(session: AsyncSession, *, editions: Editions, principal: Principal, wanted: ApplicationTerms) -> Decision:
    """Every rule's answer for the caller's enterprise, whether or not an earlier one failed; nothing is kept.

    Raises 404, 409 `application-enterprise-unknown`, `reference-not-yet-known`.
    """
    enterprise_id = await own_enterprise(session, principal)
    programme = await find_programme(session, principal, wanted.programme_id)
    await await_references(session, enterprise_id, principal.today)
    edition = editions.in_force_on(principal.today)
    if edition is None:
        return decide_in_force(None, principal.today, closest=editions.closest_to(principal.today))
    case = Case(programme, enterprise_id, wanted.category, wanted.amount)
    return await assess(session, edition, case, principal.today)


async def apply(
    session: AsyncSession, *, editions: Editions, principal: Principal, wanted: ApplicationNew
) -> Application:
    """Apply for the caller's enterprise. Nothing is committed before the approval. Raises what `ask` does, the refusal
    of the rule that failed, and 409 `application-already-open`."""
    edition = editions.require_in_force(principal.today)
    decision = require_passed(await ask(session, editions=editions, principal=principal, wanted=wanted))
    programme = await find_programme(session, principal, wanted.programme_id)
    application = Application(
        programme_id=programme.id,
        issuer_division=programme.issuer_division,
        enterprise_id=await own_enterprise(session, principal),
        category=wanted.category,
        amount=wanted.amount,
        purpose=wanted.purpose,
        status=SUBMITTED,
        edition=edition.id,
        decision=decision.to_json(),
        submitted_by=principal.account_id,
        submitted_on=principal.today,
    )
    application.no = await next_case_no(session, "VA", principal.today.year)
    session.add(application)
    try:
        await session.flush()
    except IntegrityError as error:
        if constraint_of(error) == "uq_voucher_application_open":
            raise DomainError("application-already-open", 409) from error
        raise
    await _record(session, vc.ApplicationSubmitted, application, EventContext.of(principal))
    return application


async def review(
    session: AsyncSession,
    *,
    editions: Editions,
    principal: Principal,
    application_id: UUID,
    wanted: Reviewed,
    if_match: str | None,
) -> Application:
    """Propose what was applied for, or less, by the rules of today. Raises 404, 422 for more, 409."""
    application = await _lock_own(session, principal, application_id, if_match)
    granted = wanted.granted or application.amount
    if granted > application.amount:
        raise PayloadInvalid(Fault("granted", "less_than_equal", {"le": application.amount}))
    day = application.review(principal, wanted.decided_on, wanted.opinion)
    edition = editions.require_in_force(day)
    programme = await session.get_one(Programme, application.programme_id)
    case = Case(programme, application.enterprise_id, application.category, granted)
    decision = require_passed(await assess(session, edition, case, day))
    application.granted, application.decision = granted, decision.to_json()
    await _record(session, vc.ApplicationReviewed, application, EventContext.of(principal, day))
    return application


async def approve(
    session: AsyncSession,
    *,
    editions: Editions,
    principal: Principal,
    application_id: UUID,
    decided_on: date | None,
    if_match: str | None,
) -> Application:
    """Issue what the review proposed; by somebody who neither applied nor reviewed. The rules are asked once more, now
    under the locks of an issue. Raises 404, 409."""
    application = await _lock_own(session, principal, application_id, if_match)
    day = application.require_approvable(principal, decided_on)
    context = EventContext.of(principal, day)
    order = Issue(
        issuer_division=application.issuer_division,
        programme_id=application.programme_id,
        enterprise_id=application.enterprise_id,
        face_value=_granted(application),
        category=application.category,
        today=principal.today,
        context=context,
        application_id=application.id,
    )
    voucher = await issue(session, editions, order)
    application.approve(principal, day)
    application.voucher_id, application.decision = voucher.id, voucher.decision
    await _record(session, vc.ApplicationApproved, application, context)
    return application


async def refuse(
    session: AsyncSession, *, principal: Principal, application_id: UUID, wanted: RefusedWith, if_match: str | None
) -> Application:
    """Refuse it with a reason, before or after the review. Raises 404, 409."""
    application = await _lock_own(session, principal, application_id, if_match)
    day = application.refuse(principal, wanted.decided_on, wanted.answer)
    await _record(session, vc.ApplicationRefused, application, EventContext.of(principal, day))
    return application


async def withdraw(
    session: AsyncSession, *, principal: Principal, application_id: UUID, if_match: str | None
) -> Application:
    """The applicant gives it up. Raises 404, 409."""
    application = await lock(session, application_id, made_by(enterprise_code_of(principal)))
    honour_match(if_match, application.version)
    day = application.withdraw(principal)
    await _record(session, vc.ApplicationWithdrawn, application, EventContext.of(principal, day))
    return application


async def own_enterprise(session: AsyncSession, principal: Principal) -> UUID:
    """The record that goes on of the enterprise that the caller speaks for. Raises 403, 409
    `application-enterprise-unknown`."""
    code = enterprise_code_of(principal)
    if code is None:
        raise forbidden()
    known = known_enterprise.c
    query = select(func.coalesce(known.merged_into_id, known.id)).where(known.code == code)
    found: UUID | None = await arrived(lambda: session.scalar(query.limit(1)))
    if found is None:
        raise DomainError("application-enterprise-unknown", 409, params={"code": code}, headers={"Retry-After": "1"})
    return found


def _granted(application: Application) -> Decimal:
    assert application.granted is not None, "a reviewed application has a proposal"
    return application.granted


async def _lock_own(
    session: AsyncSession, principal: Principal, application_id: UUID, if_match: str | None
) -> Application:
    application = await lock(session, application_id, Application.issuer_division == own_division(principal))
    honour_match(if_match, application.version)
    return application


async def _record(
    session: AsyncSession, event_type: EventType[vc.ApplicationState], application: Application, context: EventContext
) -> None:
    data = vc.ApplicationState.model_validate(application, from_attributes=True)
    await outbox.append(
        session, event_type, application, data, context=context, rules=RULES, edition=application.edition
    )
