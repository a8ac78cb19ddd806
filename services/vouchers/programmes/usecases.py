"""Programmes: draft, open by a second person, close (4.3-3, 4.3-4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.access import own_division
from services.vouchers.amendments.usecases import cancel_pending
from services.vouchers.applications.closing import refuse_open
from services.vouchers.categories.queries import known_codes
from services.vouchers.categories.usecases import add_categories
from services.vouchers.ceilings.queries import committed_of
from services.vouchers.guidance.queries import limits_on
from services.vouchers.guidance.rules import decide_guidance
from services.vouchers.policy import require_known, require_not_before
from services.vouchers.programmes.models import Programme
from services.vouchers.programmes.queries import lock_own
from services.vouchers.programmes.rules import CLOSED, DRAFT, OPEN, TermsInForce, decide_issuer_known
from services.vouchers.programmes.schemas import ProgrammeNew, category_terms_sent
from services.vouchers.programmes.terms import in_force, programme_state, stored_category_terms, terms_on, terms_row
from services.vouchers.schemas import CENT
from shared.auth.principal import Principal
from shared.clock import effective_date
from shared.errors import forbidden, four_eyes_required, invalid_transition
from shared.events import outbox
from shared.events.contracts import vouchers as vc
from shared.events.outbox import EventContext
from shared.events.types import EventType
from shared.http.etag import honour_match
from shared.ids import next_case_no
from shared.money import ZERO
from shared.policy.decision import Decision, combine
from shared.policy.edition import Edition, Editions
from shared.policy.rules import decide_in_force
from shared.refusals import require_passed


@dataclass(frozen=True, slots=True)
class Step:
    """Who takes a step, on which programme, knowing which version, under which editions."""

    programme_id: UUID
    principal: Principal
    editions: Editions
    if_match: str | None = None


async def draft_programme(
    session: AsyncSession, *, editions: Editions, principal: Principal, wanted: ProgrammeNew
) -> Programme:
    """Draft a programme of the caller's division under the edition in force that day and the city's guidance
    (4.3-3, 4.3-4)."""
    division = own_division(principal)
    if wanted.issuer_division not in (None, division):
        raise forbidden()
    day = effective_date(principal, wanted.drafted_on)
    edition = editions.require_in_force(day)
    require_known("kind", [wanted.kind], edition.vouchers.kinds)
    decision = combine(decide_in_force(edition, day), decide_issuer_known(edition, division))
    decision = require_passed(
        combine(decision, await add_categories(session, edition, division, wanted.own_categories))
    )
    known = await known_codes(session, edition, division)
    chosen = wanted.categories or [*edition.vouchers.categories, *(own.code for own in wanted.own_categories)]
    require_known("categories", chosen, known)
    require_known("category_terms", wanted.category_terms, chosen)
    programme = _draft(edition, wanted, division, chosen)
    decision = require_passed(combine(decision, await _guided(session, edition, programme, principal.today)))
    programme.decision = decision.to_json()
    programme.drafted_by, programme.drafted_on = principal.account_id, day
    programme.no = await next_case_no(session, "VP", day.year)
    session.add(programme)
    await session.flush()
    await _record(
        session, vc.ProgrammeDrafted, programme, _drafted(programme), EventContext.of(principal, day), decision.rules
    )
    return programme


async def open_programme(session: AsyncSession, decided_on: date | None, *, step: Step) -> Programme:
    """Approve the budget and begin to issue; whoever drafted it cannot. What was asked at drafting is asked again:
    editions, categories and guidance may have changed since (4.3-4)."""
    programme = await _locked(session, step)
    if programme.status != DRAFT:
        raise invalid_transition(programme.status, [DRAFT])
    if programme.drafted_by == step.principal.account_id:
        raise four_eyes_required()
    day = effective_date(step.principal, decided_on)
    require_not_before(programme.drafted_on, day)
    edition = step.editions.require_in_force(day)
    known = await known_codes(session, edition, programme.issuer_division)
    require_known("categories", programme.categories, known)
    decision = require_passed(
        combine(
            decide_in_force(edition, day),
            decide_issuer_known(edition, programme.issuer_division),
            await _guided(session, edition, programme, step.principal.today),
        )
    )
    programme.status, programme.opened_by, programme.opened_on = OPEN, step.principal.account_id, day
    programme.opening_decision = decision.to_json()
    terms = in_force(programme, day, programme.budget)
    session.add(terms_row(programme.id, day, terms))
    rules = ["vouchers.four_eyes", *decision.rules]
    await _record(session, vc.ProgrammeOpened, programme, terms, EventContext.of(step.principal, day), rules)
    return programme


async def close_programme(session: AsyncSession, decided_on: date | None, *, step: Step) -> Programme:
    """Stop issuing, or give up a draft. Vouchers already issued keep their terms; what no voucher has taken of the
    budget goes back, and what they give back later with it. Applications that wait are refused."""
    programme = await _locked(session, step)
    if programme.status == CLOSED:
        raise invalid_transition(programme.status, [DRAFT, OPEN])
    day = effective_date(step.principal, decided_on)
    require_not_before(programme.opened_on or programme.drafted_on, day)
    terms = await terms_on(session, programme, max(day, step.principal.today))
    context = EventContext.of(step.principal, day)
    await cancel_pending(session, programme, context)
    await refuse_open(session, programme.id, context)
    if programme.status == OPEN:
        programme.unissued_at_close = max(terms.budget - await committed_of(session, programme), ZERO)
    programme.status, programme.closed_by, programme.closed_on = CLOSED, step.principal.account_id, day
    await _record(session, vc.ProgrammeClosed, programme, terms, context)
    return programme


async def _locked(session: AsyncSession, step: Step) -> Programme:
    programme = await lock_own(session, own_division(step.principal), step.programme_id)
    honour_match(step.if_match, programme.version)
    return programme


async def _guided(session: AsyncSession, edition: Edition, programme: Programme, today: date) -> Decision:
    """4.3-4: guidance counts for what is drafted or opened from its day on, also where paper bears an earlier date."""
    return decide_guidance(edition, await limits_on(session, programme.year, today), _drafted(programme))


def _drafted(programme: Programme) -> TermsInForce:
    return in_force(programme, None, programme.budget)


def _draft(edition: Edition, wanted: ProgrammeNew, division: str, categories: Sequence[str]) -> Programme:
    """The terms wanted; where they are silent, the starting values of the edition."""
    starting = edition.vouchers
    return Programme(
        issuer_division=division,
        kind=wanted.kind,
        year=wanted.year,
        status=DRAFT,
        edition=edition.id,
        budget=wanted.budget,
        subsidy_percent=wanted.subsidy_percent or starting.price_percent.value.quantize(CENT),
        enterprise_quota=wanted.enterprise_quota or starting.enterprise_year_quota.value,
        valid_months=wanted.valid_months or starting.validity_months.value,
        startup_months=wanted.startup_months or starting.startup_months.value,
        categories=list(dict.fromkeys(categories)),
        category_terms=stored_category_terms(category_terms_sent(wanted.category_terms)),
        first_voucher_free=wanted.first_voucher_free,
        eligible_sizes=None if wanted.eligible_sizes is None else list(dict.fromkeys(wanted.eligible_sizes)),
    )


async def _record(
    session: AsyncSession,
    event_type: EventType[vc.ProgrammeState],
    programme: Programme,
    terms: TermsInForce,
    context: EventContext,
    rules: Sequence[str] = (),
) -> None:
    data = programme_state(programme, terms)
    await outbox.append(session, event_type, programme, data, context=context, rules=rules, edition=programme.edition)
