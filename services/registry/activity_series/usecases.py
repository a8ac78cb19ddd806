"""A brand's year: announced by whoever leads it, closed with a summary, or not held (4.5-3)."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from sqlalchemy import exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.activities.models import Activity
from services.registry.activities.rules import HELD, IN_CALENDAR, PLANNED, RETURNED, SUBMITTED
from services.registry.activity_series import rules
from services.registry.activity_series.bodies import works_for
from services.registry.activity_series.models import ActivitySeriesYear
from services.registry.activity_series.queries import YEAR_OF, find_series, find_year
from services.registry.activity_series.schemas import CancelSeriesYear, CloseSeriesYear, OpenSeriesYear
from services.registry.centres.rules import require_state
from services.registry.policy import edition_at, require_known
from services.registry.remarks.usecases import keep_remark
from services.registry.steps import step_day
from shared.auth.principal import Principal
from shared.errors import DomainError
from shared.events import outbox
from shared.events.contracts import registry as rc
from shared.events.outbox import EventContext
from shared.events.types import EventType
from shared.http.etag import honour_match
from shared.http.validation import PayloadInvalid
from shared.ids import next_case_no, uuid7
from shared.policy.edition import Edition, Editions

CITED: Final = ("activities.series_edition",)
_UNFINISHED: Final = (PLANNED, HELD, SUBMITTED, RETURNED)


async def open_year(
    session: AsyncSession, editions: Editions, principal: Principal, series_id: UUID, sent: OpenSeriesYear
) -> ActivitySeriesYear:
    """Announce the brand for a year. Raises 403 `series-led-by-another`, 409 `series-year-known`, 422 for days outside
    of the year or an unknown alliance."""
    series = await find_series(session, series_id, lock=True)
    edition = edition_at(editions, sent.planned_from)
    require_known("series_id", [series.code], edition.activities.series)
    lead = edition.activities.series[series.code].lead.value
    _require_lead(edition, lead, principal)
    if sent.planned_until < sent.planned_from:
        raise PayloadInvalid.at("planned_until", "not_after_the_start")
    for name in ("planned_from", "planned_until"):
        if getattr(sent, name).year != sent.year:
            raise PayloadInvalid.at(name, "not_in_the_year")
    if sent.alliance is not None:
        require_known("alliance", [sent.alliance], edition.alliances.kinds)
    elif edition.activities.evidence.series_through_alliance.value:
        raise PayloadInvalid.at("alliance", "missing")
    same = ActivitySeriesYear.series_id == series.id, ActivitySeriesYear.year == sent.year
    if await session.scalar(select(exists().where(*same, ActivitySeriesYear.status != rules.CANCELLED))):
        raise DomainError("series-year-known", 409, params={"year": sent.year})
    year = ActivitySeriesYear(
        id=uuid7(),
        version=0,
        series_id=series.id,
        series=series.code,
        lead=lead,
        status=rules.OPEN,
        opened_by=principal.account_id,
        **sent.model_dump(),
        no=await next_case_no(session, "AS", sent.year),
    )
    session.add(year)
    await _tell(session, rc.ActivitySeriesYearOpened, year, EventContext.of(principal), edition)
    return year


async def close_year(
    session: AsyncSession,
    editions: Editions,
    principal: Principal,
    series_id: UUID,
    year_id: UUID,
    sent: CloseSeriesYear,
    *,
    if_match: str | None,
) -> ActivitySeriesYear:
    """The year is over. Raises 409 `series-year-unfinished` while one of its activities is not decided on."""
    year, edition = await _open_year(session, editions, principal, series_id, year_id, if_match)
    await _require_none(session, year, _UNFINISHED)
    day = step_day(principal, sent.closed_on, after=None)
    year.status, year.document_no = rules.CLOSED, sent.document_no
    year.closed_by, year.closed_on = principal.account_id, day
    await _tell(session, rc.ActivitySeriesYearClosed, year, EventContext.of(principal, day), edition)
    return year


async def cancel_year(
    session: AsyncSession,
    editions: Editions,
    principal: Principal,
    series_id: UUID,
    year_id: UUID,
    sent: CancelSeriesYear,
    *,
    if_match: str | None,
) -> ActivitySeriesYear:
    """It is not held. Raises 409 `series-year-unfinished` as long as it has activities that were not cancelled."""
    year, edition = await _open_year(session, editions, principal, series_id, year_id, if_match)
    require_known("reason_code", [sent.reason_code], edition.activities.cancellation_reasons)
    await _require_none(session, year, IN_CALENDAR)
    day = step_day(principal, sent.cancelled_on, after=None)
    year.status, year.reason_code = rules.CANCELLED, sent.reason_code
    year.closed_by, year.closed_on = principal.account_id, day
    await keep_remark(session, year.id, step=year.status, text=sent.remark, written_by=principal.account_id)
    await _tell(session, rc.ActivitySeriesYearCancelled, year, EventContext.of(principal, day), edition)
    return year


def _require_lead(edition: Edition, lead: str, principal: Principal) -> None:
    """4.5-3: who leads it, or the office that coordinates them all (4.5-2)."""
    bodies = (lead, edition.activities.coordinator.value)
    if not any(works_for(edition, body, principal, approvers=False) for body in bodies):
        raise DomainError("series-led-by-another", 403, params={"lead": lead}, clauses=["4.5-3"])


async def _open_year(
    session: AsyncSession,
    editions: Editions,
    principal: Principal,
    series_id: UUID,
    year_id: UUID,
    if_match: str | None,
) -> tuple[ActivitySeriesYear, Edition]:
    year = await find_year(session, series_id, year_id, lock=True)
    honour_match(if_match, year.version)
    edition = edition_at(editions, year.planned_from)
    _require_lead(edition, year.lead, principal)
    require_state(year.status, rules.CLOSABLE)
    return year, edition


async def _require_none(session: AsyncSession, year: ActivitySeriesYear, states: tuple[str, ...]) -> None:
    query = select(func.count()).where(
        Activity.series == year.series, YEAR_OF.is_not_distinct_from(year.year), Activity.status.in_(states)
    )
    if count := await session.scalar(query):
        raise DomainError("series-year-unfinished", 409, params={"count": count}, clauses=["4.5-3"])


async def _tell(
    session: AsyncSession,
    event_type: EventType[rc.ActivitySeriesYearState],
    year: ActivitySeriesYear,
    context: EventContext,
    edition: Edition,
) -> None:
    state = rc.ActivitySeriesYearState.model_validate(year, from_attributes=True)
    await outbox.append(session, event_type, year, state, context=context, rules=CITED, edition=edition.id)
