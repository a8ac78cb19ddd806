"""A programme's life: drafted by an officer, opened by somebody else, closed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.access import own_division
from services.vouchers.categories.models import OwnCategory
from services.vouchers.categories.queries import known_codes, own_categories
from services.vouchers.policy import require_known, require_not_before
from services.vouchers.programmes.models import Programme
from services.vouchers.programmes.queries import lock_own
from services.vouchers.programmes.rules import CLOSED, DRAFT, OPEN, decide_issuer_known, decide_own_categories
from services.vouchers.programmes.schemas import ProgrammeNew
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
from shared.policy.decision import Decision, combine
from shared.policy.edition import Edition, Editions
from shared.policy.rules import decide_in_force
from shared.refusals import require_passed


async def draft_programme(
    session: AsyncSession, *, editions: Editions, principal: Principal, wanted: ProgrammeNew
) -> Programme:
    """Draft a programme of the caller's division under the edition in force that day (4.3-3)."""
    division = own_division(principal)
    if wanted.issuer_division not in (None, division):
        raise forbidden()
    day = effective_date(principal, wanted.drafted_on)
    edition = editions.require_in_force(day)
    require_known("kind", [wanted.kind], edition.vouchers.kinds)
    decision = combine(decide_in_force(edition, day), decide_issuer_known(edition, division))
    decision = require_passed(combine(decision, await _add_categories(session, edition, division, wanted)))
    known = await known_codes(session, edition, division)
    chosen = wanted.categories or [*edition.vouchers.categories, *(own.code for own in wanted.own_categories)]
    require_known("categories", chosen, known)
    programme = _draft(edition, wanted, division, chosen)
    programme.decision = decision.to_json()
    programme.drafted_by, programme.drafted_on = principal.account_id, day
    programme.no = await next_case_no(session, "VP", day.year)
    session.add(programme)
    await session.flush()
    await _record(session, vc.ProgrammeDrafted, programme, EventContext.of(principal, day), decision.rules)
    return programme


async def open_programme(
    session: AsyncSession, *, principal: Principal, programme_id: UUID, decided_on: date | None, if_match: str | None
) -> Programme:
    """Approve the budget and begin to issue; whoever drafted it cannot (4.3-4)."""
    programme = await lock_own(session, own_division(principal), programme_id)
    honour_match(if_match, programme.version)
    if programme.status != DRAFT:
        raise invalid_transition(programme.status, [DRAFT])
    if programme.drafted_by == principal.account_id:
        raise four_eyes_required()
    day = effective_date(principal, decided_on)
    require_not_before(programme.drafted_on, day)
    programme.status, programme.opened_by, programme.opened_on = OPEN, principal.account_id, day
    await _record(session, vc.ProgrammeOpened, programme, EventContext.of(principal, day), ["vouchers.four_eyes"])
    return programme


async def close_programme(
    session: AsyncSession, *, principal: Principal, programme_id: UUID, decided_on: date | None, if_match: str | None
) -> Programme:
    """Stop issuing, or give up a draft. Vouchers already issued keep their terms."""
    programme = await lock_own(session, own_division(principal), programme_id)
    honour_match(if_match, programme.version)
    if programme.status == CLOSED:
        raise invalid_transition(programme.status, [DRAFT, OPEN])
    day = effective_date(principal, decided_on)
    require_not_before(programme.opened_on or programme.drafted_on, day)
    programme.status, programme.closed_by, programme.closed_on = CLOSED, principal.account_id, day
    await _record(session, vc.ProgrammeClosed, programme, EventContext.of(principal, day))
    return programme


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
    )


async def _add_categories(session: AsyncSession, edition: Edition, division: str, wanted: ProgrammeNew) -> Decision:
    """The issuer's new words, recorded; the decision tells whether it may add them."""
    added = {own.code: own for own in wanted.own_categories}
    recorded = await own_categories(session, added)
    taken = [code for code in added if code in edition.vouchers.categories or _of_other(recorded.get(code), division)]
    decision = decide_own_categories(edition, list(added), taken)
    if decision.passed:
        new = [own for code, own in added.items() if code not in recorded]
        session.add_all(OwnCategory(issuer_division=division, **own.model_dump()) for own in new)
        await session.flush()
    return decision


def _of_other(recorded: OwnCategory | None, division: str) -> bool:
    return recorded is not None and recorded.issuer_division != division


async def _record(
    session: AsyncSession,
    event_type: EventType[vc.ProgrammeState],
    programme: Programme,
    context: EventContext,
    rules: Sequence[str] = (),
) -> None:
    data = vc.ProgrammeState.model_validate(programme, from_attributes=True)
    await outbox.append(session, event_type, programme, data, context=context, rules=rules, edition=programme.edition)
