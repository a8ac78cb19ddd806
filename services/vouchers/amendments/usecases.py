"""Amendments: drafted by one of the issuer's people, approved by another, effective no earlier than that (4.3-3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.access import own_division
from services.vouchers.amendments.changes import applied, differing
from services.vouchers.amendments.models import ProgrammeAmendment
from services.vouchers.amendments.rules import (
    APPROVED,
    CANCELLED,
    DRAFT,
    REFUSED,
    decide_budget_covers,
    decide_change,
    decide_forward,
)
from services.vouchers.amendments.schemas import AmendmentNew, AmendmentRefusal, TermsChange
from services.vouchers.categories.queries import known_codes
from services.vouchers.categories.usecases import add_categories
from services.vouchers.ceilings.queries import committed_of
from services.vouchers.guidance.queries import limits_on
from services.vouchers.guidance.rules import decide_guidance
from services.vouchers.policy import require_known, require_not_before
from services.vouchers.programmes.models import Programme
from services.vouchers.programmes.queries import lock_own
from services.vouchers.programmes.rules import OPEN, TermsInForce
from services.vouchers.programmes.terms import last_terms, programme_state, terms_row
from shared.auth.principal import Principal
from shared.clock import effective_date
from shared.db import constraint_of
from shared.errors import DomainError, four_eyes_required, invalid_transition, not_found
from shared.events import outbox
from shared.events.contracts import vouchers as vc
from shared.events.outbox import EventContext
from shared.events.types import EventType
from shared.http.etag import honour_match
from shared.ids import next_case_no
from shared.policy.decision import Decision, combine
from shared.policy.edition import Edition, Editions
from shared.policy.rules import decide_in_force
from shared.refusals import require_passed

RULES: Final = ("vouchers.terms_forward", "vouchers.four_eyes")


@dataclass(frozen=True, slots=True)
class Step:
    """Who decides on which amendment, knowing which version, under which editions."""

    amendment_id: UUID
    principal: Principal
    editions: Editions
    if_match: str | None = None


async def draft_amendment(
    session: AsyncSession, *, editions: Editions, principal: Principal, programme_id: UUID, wanted: AmendmentNew
) -> ProgrammeAmendment:
    """Propose other terms for an open programme of the caller's division; the terms stay until somebody else approves.

    Raises 404, 409 `invalid-transition`, `amendment-draft-exists` or the refusal of a rule, 422 for unknown words.
    """
    division = own_division(principal)
    programme = await lock_own(session, division, programme_id)
    if programme.status != OPEN:
        raise invalid_transition(programme.status, [OPEN])
    day = effective_date(principal, wanted.drafted_on)
    require_not_before(programme.opened_on or programme.drafted_on, day)
    edition = editions.require_in_force(day)
    added = await add_categories(session, edition, division, wanted.own_categories)
    require_passed(added)
    require_known("changes.categories", wanted.changes.categories or (), await known_codes(session, edition, division))
    _, decision = await _tested(session, edition, programme, wanted.changes, wanted.effective_from, day, principal)
    amendment = ProgrammeAmendment(
        no=await next_case_no(session, "VT", day.year),
        programme_id=programme.id,
        issuer_division=division,
        status=DRAFT,
        changes=wanted.changes.model_dump(mode="json", include=set(wanted.changes.sent)),
        reason=wanted.reason,
        effective_from=wanted.effective_from,
        decision=combine(added, decision).to_json(),
        drafted_by=principal.account_id,
        drafted_on=day,
    )
    session.add(amendment)
    try:
        await session.flush()
    except IntegrityError as error:
        if constraint_of(error) != "uq_programme_amendment_draft":
            raise
        raise DomainError("amendment-draft-exists", 409, clauses=["4.3-3"]) from error
    await _tell(session, vc.AmendmentDrafted, amendment, programme, EventContext.of(principal, day), decision.rules)
    return amendment


async def approve_amendment(session: AsyncSession, decided_on: date | None, *, step: Step) -> ProgrammeAmendment:
    """From its day on the programme has the new terms; vouchers issued before keep theirs.

    The programme's row keeps issues away while the budget is compared with what they took. Raises as drafting does,
    and 403 `four-eyes-required`.
    """
    amendment, programme, day = await _to_decide(session, decided_on, step)
    if programme.status != OPEN:
        raise invalid_transition(programme.status, [OPEN])
    edition = step.editions.require_in_force(day)
    changes = TermsChange.model_validate(amendment.changes)
    after, decision = await _tested(session, edition, programme, changes, amendment.effective_from, day, step.principal)
    assert after.effective_from is not None, "set by the test"
    amendment.status, amendment.effective_from = APPROVED, after.effective_from
    amendment.decided_by, amendment.decided_on = step.principal.account_id, day
    amendment.decision = decision.to_json()
    session.add(terms_row(programme.id, after.effective_from, after, amendment_id=amendment.id))
    context = EventContext.of(step.principal, day)
    rules = (*decision.rules, *RULES)
    await _tell(session, vc.AmendmentApproved, amendment, programme, context, rules)
    data = programme_state(programme, after)
    await outbox.append(session, vc.ProgrammeAmended, programme, data, context=context, rules=rules, edition=edition.id)
    return amendment


async def refuse_amendment(session: AsyncSession, sent: AmendmentRefusal, *, step: Step) -> ProgrammeAmendment:
    """It is not approved; the terms stay. Raises 403 `four-eyes-required`."""
    amendment, programme, day = await _to_decide(session, sent.decided_on, step)
    amendment.status, amendment.refusal = REFUSED, sent.reason
    amendment.decided_by, amendment.decided_on = step.principal.account_id, day
    await _tell(session, vc.AmendmentRefused, amendment, programme, EventContext.of(step.principal, day), RULES)
    return amendment


async def cancel_amendment(session: AsyncSession, decided_on: date | None, *, step: Step) -> ProgrammeAmendment:
    """The issuer gives its draft up."""
    amendment, programme, day = await _draft(session, decided_on, step)
    await withdraw(session, amendment, programme, EventContext.of(step.principal, day))
    return amendment


async def cancel_pending(session: AsyncSession, programme: Programme, context: EventContext) -> None:
    """A programme that closes takes a draft of its amendment with it."""
    query = select(ProgrammeAmendment).where(
        ProgrammeAmendment.programme_id == programme.id, ProgrammeAmendment.status == DRAFT
    )
    amendment = (await session.scalars(query.with_for_update())).one_or_none()
    if amendment is not None:
        await withdraw(session, amendment, programme, context)


async def withdraw(
    session: AsyncSession, amendment: ProgrammeAmendment, programme: Programme, context: EventContext
) -> None:
    """End a draft without a decision on it."""
    amendment.status = CANCELLED
    amendment.decided_by = context.actor
    amendment.decided_on = max(context.effective_on, amendment.drafted_on)
    await _tell(session, vc.AmendmentCancelled, amendment, programme, context, ())


async def _tested(
    session: AsyncSession,
    edition: Edition,
    programme: Programme,
    changes: TermsChange,
    wanted: date | None,
    day: date,
    principal: Principal,
) -> tuple[TermsInForce, Decision]:
    """The terms after the change and the day they count from, with what the rules say. Raises the refusal."""
    before = await last_terms(session, programme)
    assert before.effective_from is not None, "an open programme has terms"
    after = applied(before, changes)
    changed = differing(before, after)
    earliest = max(day, principal.today)
    effective_from = wanted or earliest
    committed = await committed_of(session, programme)
    limits = await limits_on(session, programme.year, earliest)
    decision = combine(
        decide_in_force(edition, day),
        decide_change(edition, changed),
        decide_forward(edition, effective_from, earliest=earliest, latest=before.effective_from),
        decide_budget_covers(edition, after.budget, committed),
        decide_guidance(edition, limits, after, changed),
    )
    require_passed(decision)
    return replace(after, effective_from=effective_from), decision


async def _draft(
    session: AsyncSession, decided_on: date | None, step: Step
) -> tuple[ProgrammeAmendment, Programme, date]:
    """The amendment with its programme, both locked, the programme first."""
    division = own_division(step.principal)
    which = select(ProgrammeAmendment.programme_id).where(
        ProgrammeAmendment.id == step.amendment_id, ProgrammeAmendment.issuer_division == division
    )
    programme_id = await session.scalar(which)
    if programme_id is None:
        raise not_found("amendment")
    programme = await lock_own(session, division, programme_id)
    amendment = await session.get_one(ProgrammeAmendment, step.amendment_id, with_for_update=True)
    honour_match(step.if_match, amendment.version)
    if amendment.status != DRAFT:
        raise invalid_transition(amendment.status, [DRAFT])
    day = effective_date(step.principal, decided_on)
    require_not_before(amendment.drafted_on, day)
    return amendment, programme, day


async def _to_decide(
    session: AsyncSession, decided_on: date | None, step: Step
) -> tuple[ProgrammeAmendment, Programme, date]:
    amendment, programme, day = await _draft(session, decided_on, step)
    if amendment.drafted_by == step.principal.account_id:
        raise four_eyes_required()
    return amendment, programme, day


async def _tell(
    session: AsyncSession,
    event_type: EventType[vc.AmendmentState],
    amendment: ProgrammeAmendment,
    programme: Programme,
    context: EventContext,
    rules: Sequence[str],
) -> None:
    data = vc.AmendmentState.model_validate(amendment, from_attributes=True)
    await outbox.append(session, event_type, amendment, data, context=context, rules=rules, edition=programme.edition)
