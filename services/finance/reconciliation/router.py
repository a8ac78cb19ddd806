"""/v1/banks/reconciliations: a bank's day compared with ours, and what comes of what differs (3.2-1)."""

from __future__ import annotations

import asyncio
from typing import Annotated, Final
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from services.finance.reconciliation import files, queries, usecases
from services.finance.reconciliation.models import ReconciliationDay
from services.finance.reconciliation.rules import Movement, Totals
from services.finance.reconciliation.schemas import (
    DayDetail,
    DayFilter,
    DayIn,
    DayOut,
    DifferenceFilter,
    DifferenceItem,
    FileLineOut,
    FileQuery,
    LineFilter,
    ResolutionIn,
    StatementOut,
    StatementQuery,
)
from services.finance.reconciliation.usecases import Filed
from shared.auth import roles as r
from shared.auth.principal import Principal, require
from shared.files.sniffing import XLSX
from shared.http.etag import IfMatch, set_etag
from shared.http.paging import Page
from shared.http.problems import problem_responses
from shared.http.route import IdempotencyRequired, ServiceRoute, Session
from shared.http.uploads import FILE_BODY, MEBIBYTE, TakesFile, Upload
from shared.runtime import RuntimeDep

MAX_FILE: Final = 4 * MEBIBYTE
CSV: Final = "text/csv; charset=utf-8"

Bank = Annotated[Principal, Depends(require(r.BANK))]
Checker = Annotated[Principal, Depends(require(r.BANK, r.FINANCE_OFFICER))]
Officer = Annotated[Principal, Depends(require(r.FINANCE_OFFICER))]
Reader = Annotated[Principal, Depends(require(*queries.READERS))]
File = Annotated[Upload, Depends(TakesFile(MAX_FILE))]

router = APIRouter(prefix="/v1/banks/reconciliations", tags=["banks"], route_class=ServiceRoute)

FILED = problem_responses(400, 403, 409, 413)
STEP = problem_responses(403, 404, 409, 412)


@router.post("", status_code=201, dependencies=[IdempotencyRequired], responses=FILED)
async def file_day(session: Session, runtime: RuntimeDep, caller: Bank, sent: DayIn, response: Response) -> DayDetail:
    """File a day as JSON; the answer says at once what differs."""
    digest = usecases.digest_of(sent.lines, sent.control)
    filed = Filed(sent.day, sent.replace, "json", sent.lines, sent.control, digest)
    row = await usecases.file_day(session, filed, principal=caller, editions=runtime.editions)
    return await _answer(session, row, response)


@router.post("/file", status_code=201, dependencies=[IdempotencyRequired], responses=FILED, openapi_extra=FILE_BODY)
async def file_table(
    session: Session,
    runtime: RuntimeDep,
    caller: Bank,
    upload: File,
    wanted: Annotated[FileQuery, Query()],
    response: Response,
) -> DayDetail:
    """File a day as .csv or .xlsx."""
    form, lines, control = await asyncio.to_thread(files.read_day, upload.path, upload.name)
    digest = upload.sha256.hex()
    filed = Filed(wanted.day, wanted.replace, form, lines, control, digest, upload.name)
    row = await usecases.file_day(session, filed, principal=caller, editions=runtime.editions)
    return await _answer(session, row, response)


@router.get("")
async def list_days(session: Session, caller: Reader, wanted: Annotated[DayFilter, Query()]) -> Page[DayOut]:
    """Filed days, the latest first."""
    return await queries.list_days(session, wanted, caller)


@router.get("/differences")
async def list_differences(
    session: Session, caller: Reader, wanted: Annotated[DifferenceFilter, Query()]
) -> Page[DifferenceItem]:
    """Differences over all days that count."""
    return await queries.list_differences(session, wanted, caller)


@router.get("/template", response_class=Response, responses={200: {"content": {XLSX: {}}}})
async def read_template(caller: Reader) -> Response:
    """The workbook to fill in."""
    return _attachment(await asyncio.to_thread(files.template), XLSX, f"{files.TITLE}模板.xlsx")


@router.get(
    "/statement",
    response_model=StatementOut,
    responses={200: {"content": {"text/csv": {}, XLSX: {}}}, **problem_responses(403)},
)
async def read_statement(
    session: Session, caller: Reader, wanted: Annotated[StatementQuery, Query()]
) -> Response | StatementOut:
    """Our own statement of the day, as JSON or as a file in the form of the bank's."""
    told = await usecases.statement(session, wanted.day, wanted.bank, principal=caller)
    if wanted.format == "json":
        return told
    movements = [Movement(line.kind, line.reference, line.case_no, line.amount) for line in told.lines]
    rows = files.table_of(movements, Totals(**told.control.model_dump()))
    name = f"{told.bank}_{told.day}.{wanted.format}"
    if wanted.format == "csv":
        return _attachment(files.csv_of(rows), CSV, name)
    return _attachment(await asyncio.to_thread(files.xlsx_of, rows), XLSX, name)


@router.get("/{day_id}", responses=problem_responses(404))
async def read_day(session: Session, caller: Reader, day_id: UUID, response: Response) -> DayDetail:
    """One filed day with its differences and the files before it."""
    return await _answer(session, await queries.find(session, day_id, caller), response)


@router.get("/{day_id}/lines", responses=problem_responses(404))
async def list_lines(
    session: Session, caller: Reader, day_id: UUID, wanted: Annotated[LineFilter, Query()]
) -> Page[FileLineOut]:
    """The file's lines in its order."""
    await queries.find(session, day_id, caller)
    return await queries.list_lines(session, day_id, wanted)


@router.post("/{day_id}/recheck", responses=STEP)
async def recheck_day(
    session: Session, caller: Checker, day_id: UUID, response: Response, if_match: IfMatch = None
) -> DayDetail:
    """Compare the day again, after something was reported late."""
    row = await usecases.recheck(session, day_id, principal=caller, if_match=if_match)
    return await _answer(session, row, response)


@router.post("/{day_id}/differences/{difference_id}/resolve", responses=STEP)
async def resolve_difference(
    session: Session,
    caller: Officer,
    day_id: UUID,
    difference_id: UUID,
    sent: ResolutionIn,
    response: Response,
    if_match: IfMatch = None,
) -> DayDetail:
    """Say what a difference came to."""
    row = await usecases.resolve(session, day_id, difference_id, sent, principal=caller, if_match=if_match)
    return await _answer(session, row, response)


async def _answer(session: Session, row: ReconciliationDay, response: Response) -> DayDetail:
    set_etag(response, row.version)
    return await queries.detail(session, row)


def _attachment(content: bytes, media_type: str, name: str) -> Response:
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}", "Cache-Control": "no-store"}
    return Response(content, media_type=media_type, headers=headers)
