"""`/v1/activity-series`."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from sqlalchemy import select, true

from services.registry.activities.queries import CITY_OFFICERS
from services.registry.activity_series import usecases
from services.registry.activity_series.models import ActivitySeries, ActivitySeriesYear
from services.registry.activity_series.queries import (
    find_series,
    find_year,
    open_pages,
    pages_out,
    years_matching,
)
from services.registry.activity_series.schemas import (
    ActivitySeriesOut,
    CancelSeriesYear,
    CloseSeriesYear,
    OpenSeriesYear,
    SeriesFilter,
    SeriesYearFilter,
    SeriesYearOut,
)
from services.registry.policy import edition_at
from shared.auth.principal import Principal, require
from shared.auth.roles import PUBLIC
from shared.db import Session
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page, SortKey, paginate
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute
from shared.runtime import RuntimeDep

router = APIRouter(prefix="/v1/activity-series", tags=["activity-series"], route_class=ServiceRoute)

Anyone = Annotated[Principal, Depends(require(PUBLIC))]
Lead = Annotated[Principal, Depends(require(*CITY_OFFICERS))]

_STEP = problem_responses(403, 404, 409, 412)


@router.get("")
async def list_series(
    session: Session, principal: Anyone, runtime: RuntimeDep, wanted: Annotated[SeriesFilter, Query()]
) -> Page[ActivitySeriesOut]:
    """The brands, who leads each, and what came of their years."""
    edition = edition_at(runtime.editions, principal.today)
    await open_pages(session, edition)
    query = select(ActivitySeries).where(ActivitySeries.code == wanted.code if wanted.code else true())
    page = await paginate(session, query, keys=[ActivitySeries.code], params=wanted, item=lambda series: series)
    return Page(items=await pages_out(session, edition, page.items), next=page.next)


@router.get("/{series_id}", responses=problem_responses(404))
async def read_series(series_id: UUID, session: Session, principal: Anyone, runtime: RuntimeDep) -> ActivitySeriesOut:
    """One brand."""
    edition = edition_at(runtime.editions, principal.today)
    return (await pages_out(session, edition, [await find_series(session, series_id)]))[0]


@router.get("/{series_id}/years", responses=problem_responses(404))
async def list_years(
    series_id: UUID, session: Session, principal: Anyone, wanted: Annotated[SeriesYearFilter, Query()]
) -> Page[SeriesYearOut]:
    """The years for which the brand was announced."""
    await find_series(session, series_id)
    query = select(ActivitySeriesYear).where(years_matching(series_id, wanted))
    keys: list[SortKey] = [ActivitySeriesYear.year.desc(), ActivitySeriesYear.id.desc()]
    return await paginate(session, query, keys=keys, params=wanted, item=SeriesYearOut.model_validate)


@router.get("/{series_id}/years/{year_id}", responses=problem_responses(404))
async def read_year(
    series_id: UUID, year_id: UUID, session: Session, principal: Anyone, response: Response
) -> SeriesYearOut:
    """One year of the brand."""
    return _answer(await find_year(session, series_id, year_id), response)


@router.post("/{series_id}/years", status_code=201, responses=problem_responses(403, 404, 409))
async def open_year(
    series_id: UUID,
    body: OpenSeriesYear,
    session: Session,
    principal: Lead,
    runtime: RuntimeDep,
    response: Response,
) -> SeriesYearOut:
    """Announce the brand for a year."""
    year = await usecases.open_year(session, runtime.editions, principal, series_id, body)
    response.headers["Location"] = f"/v1/activity-series/{series_id}/years/{year.id}"
    return _answer(year, response)


@router.post("/{series_id}/years/{year_id}/close", responses=_STEP)
async def close_year(
    series_id: UUID,
    year_id: UUID,
    body: CloseSeriesYear,
    session: Session,
    principal: Lead,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> SeriesYearOut:
    """All its activities are decided on."""
    year = await usecases.close_year(session, runtime.editions, principal, series_id, year_id, body, if_match=if_match)
    return _answer(year, response)


@router.post("/{series_id}/years/{year_id}/cancel", responses=_STEP)
async def cancel_year(
    series_id: UUID,
    year_id: UUID,
    body: CancelSeriesYear,
    session: Session,
    principal: Lead,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> SeriesYearOut:
    """It is not held in that year."""
    year = await usecases.cancel_year(session, runtime.editions, principal, series_id, year_id, body, if_match=if_match)
    return _answer(year, response)


def _answer(year: ActivitySeriesYear, response: Response) -> SeriesYearOut:
    set_etag(response, year.version)
    return SeriesYearOut.model_validate(year)
