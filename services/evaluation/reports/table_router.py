"""`/v1/quarterly-reports/…`: the form itself, what is due, and the city's figures."""

from __future__ import annotations

import tempfile
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import Field, JsonValue

from services.evaluation.access import CaseReader
from services.evaluation.reports.due import due_scope
from services.evaluation.reports.form_schemas import FormChoice, FormOut
from services.evaluation.reports.import_router import xlsx_answer
from services.evaluation.reports.queries import due_items
from services.evaluation.reports.rules import last_day
from services.evaluation.reports.schemas import AskedQuarter, AskedYear
from services.evaluation.reports.tables import plain_totals, write_city_table, write_national_table
from services.evaluation.reports.totals import totals_of
from shared.db import Session
from shared.errors import not_found
from shared.files.sniffing import XLSX
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute
from shared.http.schemas import Request, Response as Body
from shared.runtime import RuntimeDep

router = APIRouter(prefix="/v1/quarterly-reports", tags=["quarterly-reports"], route_class=ServiceRoute)

_FILE = {200: {"content": {XLSX: {}}}, **problem_responses(404, 409)}


class PeriodChoice(Request):
    """A year, or one quarter of it."""

    year: AskedYear
    quarter: AskedQuarter | None = None


class NationalChoice(Request):
    """A year of one centre, or of all in the caller's scope."""

    year: AskedYear
    centre_id: UUID | None = None


class TotalsOut(Body):
    """Sums over all centres with accepted reports in the caller's scope, by field; a choice counts the centres that
    said yes."""

    year: int
    quarter: int | None
    centres: int
    reports: int
    totals: dict[str, JsonValue]


class DueOut(Body):
    """A report that is missing or has to be corrected, and until when."""

    centre_id: UUID
    centre_no: str
    centre_name: str
    year: int
    quarter: int
    due_on: date
    state: str
    report_id: UUID | None
    report_no: str | None


class DueList(Body):
    """The longest overdue first; `more` where there are more than were asked for."""

    items: list[DueOut]
    more: bool


class DueChoice(Request):
    """How many at most."""

    limit: int = Field(default=200, ge=1, le=1000)


@router.get("/form", responses=problem_responses(404, 409))
async def read_form(_: CaseReader, runtime: RuntimeDep, wanted: Annotated[FormChoice, Query()]) -> FormOut:
    """The form of a quarter: fields, units, checks, and the indicators that read a field."""
    edition = runtime.editions.require_in_force(last_day(wanted.year, wanted.quarter))
    version = wanted.version or edition.report_form.version
    if version > edition.report_form.version:
        raise not_found("report_form")
    return FormOut.of(edition, version)


@router.get("/due")
async def list_due(
    session: Session, principal: CaseReader, runtime: RuntimeDep, wanted: Annotated[DueChoice, Query()]
) -> DueList:
    """Reports that are due soon, overdue, or sent back and not yet corrected, of the caller's scope."""
    found = await due_items(
        session, runtime.editions, principal.today, scope=due_scope(principal), limit=wanted.limit + 1
    )
    shown = [DueOut.model_validate(asdict(item)) for item in found[: wanted.limit]]
    return DueList(items=shown, more=len(found) > wanted.limit)


@router.get("/totals", responses=problem_responses(409))
async def read_totals(
    session: Session, principal: CaseReader, runtime: RuntimeDep, wanted: Annotated[PeriodChoice, Query()]
) -> TotalsOut:
    """The city's totals of a quarter or a year, out of accepted reports."""
    edition = runtime.editions.require_in_force(last_day(wanted.year, wanted.quarter or 4))
    totals = await totals_of(session, principal, edition, wanted.year, wanted.quarter)
    return TotalsOut(
        year=wanted.year,
        quarter=wanted.quarter,
        centres=totals.centres,
        reports=totals.reports,
        totals=plain_totals(edition, totals),
    )


@router.get("/city-table", response_class=Response, responses=_FILE)
async def read_city_table(
    session: Session, principal: CaseReader, runtime: RuntimeDep, wanted: Annotated[PeriodChoice, Query()]
) -> Response:
    """All accepted reports as an .xlsx, a line for each centre, with totals; amounts in the units of the form."""
    edition = runtime.editions.require_in_force(last_day(wanted.year, wanted.quarter or 4))
    with tempfile.TemporaryDirectory(prefix="mc-table-") as folder:
        path = Path(folder) / "table.xlsx"
        await write_city_table(session, principal, edition, path, wanted.year, wanted.quarter)
        part = f"第{wanted.quarter}季度" if wanted.quarter else ""
        return xlsx_answer(path.read_bytes(), f"{wanted.year}年{part}双创中心数据.xlsx")


@router.get("/national-table", response_class=Response, responses=_FILE)
async def read_national_table(
    session: Session, principal: CaseReader, runtime: RuntimeDep, wanted: Annotated[NationalChoice, Query()]
) -> Response:
    """A year in the layout of the national form, in 千元: of one centre, or of all that the caller sees. 404 for a
    centre without accepted reports in the caller's scope."""
    edition = runtime.editions.require_in_force(last_day(wanted.year, 4))
    with tempfile.TemporaryDirectory(prefix="mc-table-") as folder:
        path = Path(folder) / "table.xlsx"
        totals = await write_national_table(session, principal, edition, path, wanted.year, wanted.centre_id)
        if wanted.centre_id is not None and not totals.centres:
            raise not_found("quarterly_report")
        return xlsx_answer(path.read_bytes(), f"{wanted.year}年{edition.report_form.national_title}.xlsx")
