"""`/v1/quarterly-reports/…`: the form itself, what is due, and the city's figures."""

from __future__ import annotations

import tempfile
from datetime import date
from pathlib import Path
from typing import Annotated, Literal, Self
from uuid import UUID

from fastapi import APIRouter, Header, Query, Response
from pydantic import Field, JsonValue, model_validator
from pydantic_core import PydanticCustomError

from services.evaluation.access import BureauReader, CaseReader
from services.evaluation.operations.queries import SERVICE, show_operation
from services.evaluation.operations.schemas import OperationOut
from services.evaluation.reports import table_work
from services.evaluation.reports.due import DueState, due_page
from services.evaluation.reports.form_schemas import FormChoice, FormOut
from services.evaluation.reports.import_router import xlsx_answer
from services.evaluation.reports.rules import last_day
from services.evaluation.reports.schemas import AskedQuarter, AskedYear, Quarter, Year
from services.evaluation.reports.table_work import require_few
from services.evaluation.reports.tables import plain_totals, write_city_table, write_national_table
from services.evaluation.reports.totals import totals_of
from shared.db import Session
from shared.errors import not_found
from shared.files.sniffing import XLSX
from shared.http.messages import preferred_language
from shared.http.paging import Page, PageParams
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute
from shared.http.schemas import Request, Response as Body
from shared.operations.asking import address_of
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


class TableRequest(Request):
    """A table of all centres: a line for each, of a year or a quarter, or the year in the national layout."""

    kind: Literal["city_table", "national_table"]
    year: Year
    quarter: Quarter | None = None

    @model_validator(mode="after")
    def _the_national_layout_is_of_a_year(self) -> Self:
        if self.kind == "national_table" and self.quarter is not None:
            raise PydanticCustomError("national_of_a_year", "the national layout is of a whole year")
        return self


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
    state: DueState
    report_id: UUID | None
    report_no: str | None


class DueList(Page[DueOut]):
    """The longest overdue first; `more` where there is a next page."""

    more: bool


class DueChoice(PageParams):
    """How many at most on a page."""

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
    page = await due_page(session, runtime.editions, principal, wanted, DueOut.model_validate)
    return DueList(items=page.items, next=page.next, more=page.next is not None)


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
    """All accepted reports as an .xlsx, a line for each centre, with totals; amounts in the units of the form. 409
    `table-too-large` for more centres than a request should wait for: `POST …/tables` writes those."""
    edition = runtime.editions.require_in_force(last_day(wanted.year, wanted.quarter or 4))
    await require_few(session, principal, wanted.year, wanted.quarter)
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
    centre without accepted reports in the caller's scope, 409 `table-too-large` as for the city's table."""
    edition = runtime.editions.require_in_force(last_day(wanted.year, 4))
    if wanted.centre_id is None:
        await require_few(session, principal, wanted.year, None)
    with tempfile.TemporaryDirectory(prefix="mc-table-") as folder:
        path = Path(folder) / "table.xlsx"
        totals = await write_national_table(session, principal, edition, path, wanted.year, wanted.centre_id)
        if wanted.centre_id is not None and not totals.centres:
            raise not_found("quarterly_report")
        return xlsx_answer(path.read_bytes(), f"{wanted.year}年{edition.report_form.national_title}.xlsx")


@router.post("/tables", status_code=202, responses=problem_responses(409))
async def ask_for_table(
    wanted: TableRequest,
    session: Session,
    principal: BureauReader,
    runtime: RuntimeDep,
    response: Response,
    accept_language: Annotated[str | None, Header(max_length=200)] = None,
) -> OperationOut:
    """Have a table of all centres written; its progress and, once it is done, where the file is, are at `Location`."""
    table = await table_work.ask_for_table(session, runtime, principal, wanted.kind, wanted.year, wanted.quarter)
    response.headers["Location"] = address_of(SERVICE, table.id)
    return await show_operation(session, principal, table.id, preferred_language(accept_language))


@router.get("/tables/{table_id}", response_class=Response, responses=_FILE)
async def read_table(table_id: UUID, session: Session, _: BureauReader, runtime: RuntimeDep) -> Response:
    """The file of a table that is written. Kept for 30 days."""
    table = await table_work.find_table(session, runtime, table_id)
    with tempfile.TemporaryDirectory(prefix="mc-table-") as folder:
        path = Path(folder) / "table.xlsx"
        try:
            await runtime.files.fetch(table.key, path)
        except FileNotFoundError:
            raise not_found("report_table") from None
        return xlsx_answer(path.read_bytes(), table.name)
