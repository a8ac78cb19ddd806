"""Recording and correcting a self-check."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.centres.queries import require_writable
from services.registry.changes import unchanged
from services.registry.policy import edition_at, require_known
from services.registry.self_checks import rules
from services.registry.self_checks.models import ONE_A_YEAR, CentreSelfCheck
from services.registry.self_checks.schemas import AmendSelfCheck, ItemAnswer, RecordSelfCheck
from shared.auth.principal import Principal
from shared.clock import effective_date
from shared.db import constraint_of
from shared.errors import DomainError, not_found
from shared.events import outbox
from shared.events.contracts import registry as rc
from shared.events.outbox import EventContext
from shared.events.types import EventType
from shared.http.etag import require_match
from shared.http.validation import Fault, PayloadInvalid
from shared.ids import uuid7
from shared.policy.edition import Edition, Editions


async def record_self_check(
    session: AsyncSession, editions: Editions, principal: Principal, centre_id: UUID, sent: RecordSelfCheck
) -> CentreSelfCheck:
    """Record a year's self-check; it is kept whether or not the kit is complete.

    Raises 404, 422 for a year not begun, an unknown item or one left out, 409 `self-check-exists`.
    """
    await require_writable(session, principal, centre_id)
    day = effective_date(principal, sent.checked_on)
    if sent.year > day.year:
        raise PayloadInvalid.at("year", "in_the_future")
    edition = edition_at(editions, day)
    items = rules.items_of(edition)
    require_known("answers", sent.answers, items)
    if missing := [item for item in items if item not in sent.answers]:
        raise PayloadInvalid(*(Fault(f"answers.{item}", "missing", {}) for item in missing))
    check = CentreSelfCheck(
        id=uuid7(),
        version=0,
        centre_id=centre_id,
        year=sent.year,
        edition=edition.id,
        checked_by=principal.account_id,
        checked_on=day,
    )
    _answer(edition, check, sent.answers)
    session.add(check)
    await _flush(session, sent.year)
    await _record(session, rc.SelfCheckRecorded, check, EventContext.of(principal, day))
    return check


async def amend_self_check(
    session: AsyncSession,
    editions: Editions,
    principal: Principal,
    centre_id: UUID,
    check_id: UUID,
    sent: AmendSelfCheck,
    *,
    if_match: str | None,
) -> CentreSelfCheck:
    """Correct some answers, under the edition of the check. Raises 404, 428/412, 422."""
    await require_writable(session, principal, centre_id)
    check = await session.get(CentreSelfCheck, check_id, with_for_update=True, populate_existing=True)
    if check is None or check.centre_id != centre_id:
        raise not_found("self-check")
    require_match(if_match, check.version)
    edition = editions.get(check.edition)
    require_known("answers", sent.answers, rules.items_of(edition))
    _answer(edition, check, sent.answers)
    if unchanged(session, check):
        return check
    check.checked_by = principal.account_id
    await _record(session, rc.SelfCheckAmended, check, EventContext.of(principal))
    return check


def _answer(edition: Edition, check: CentreSelfCheck, answers: dict[str, ItemAnswer]) -> None:
    """Overlay the answers and decide again."""
    given = {item: answer.model_dump(mode="json") for item, answer in answers.items()}
    check.answers = {**(check.answers or {}), **given}
    decision = rules.decide_self_check(edition, _met(check))
    check.decision, check.passed = decision.to_json(), decision.passed


def _met(check: CentreSelfCheck) -> dict[str, bool]:
    return {item: isinstance(told, dict) and told.get("met") is True for item, told in check.answers.items()}


async def _flush(session: AsyncSession, year: int) -> None:
    try:
        await session.flush()
    except IntegrityError as error:
        if constraint_of(error) == ONE_A_YEAR:
            raise DomainError("self-check-exists", 409, params={"year": year}) from error
        raise


async def _record(
    session: AsyncSession,
    event_type: EventType[rc.SelfCheckState],
    check: CentreSelfCheck,
    context: EventContext,
) -> None:
    met = _met(check)
    state = rc.SelfCheckState(
        id=check.id,
        centre_id=check.centre_id,
        year=check.year,
        checked_on=check.checked_on,
        passed=check.passed,
        met=tuple(item for item, there in met.items() if there),
        missing=tuple(item for item, there in met.items() if not there),
    )
    cited = ("centre.self_check",)
    await outbox.append(session, event_type, check, state, context=context, rules=cited, edition=check.edition)
