"""`/v1/imports/quarterly-reports`: a centre's quarters by workbook."""

from __future__ import annotations

import asyncio
import json
import tempfile
from pathlib import Path
from typing import Annotated, Final
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Response
from fastapi.responses import JSONResponse

from services.evaluation.access import Operator
from services.evaluation.reports.filling import sheets_of
from services.evaluation.reports.intake import Outcome, take_in
from services.evaluation.reports.lines import LINES
from services.evaluation.reports.schemas import AskedYear
from services.evaluation.reports.texts import messages
from services.evaluation.reports.workbook import lines_of, write_workbook
from shared.db import Session
from shared.files.columns import Column
from shared.files.problems import ImportOptions, ImportState, RowProblem
from shared.files.sniffing import XLSX
from shared.http.messages import CONTENT_LANGUAGE, Language, preferred_language
from shared.http.problems import MEDIA_TYPE, TYPE_PREFIX, Problem, problem_responses
from shared.http.route import ServiceRoute
from shared.http.schemas import Request
from shared.http.uploads import FILE_BODY, MEBIBYTE, TakesFile, Upload
from shared.policy.edition import Editions
from shared.runtime import RuntimeDep

router = APIRouter(prefix="/v1/imports/quarterly-reports", tags=["imports"], route_class=ServiceRoute)

KIND: Final = "quarterly-reports"
REFUSED: Final = "import-refused"
MAX_FILE: Final = 4 * MEBIBYTE

File = Annotated[Upload, Depends(TakesFile(MAX_FILE))]
LINE_COLUMN: Final = Column(
    LINES,
    "企业",
    remedy_zh="核对企业代码；数量填不小于 0 的整数，金额填不小于 0 的数（表头注明千元的按千元）",
    remedy_en="Check the code; whole numbers, or amounts, of 0 or more, in 千元 where the head says so",
)
"""How a fault of an enterprise's row is put right, whichever figure it is about."""
_Language = Annotated[str | None, Header(max_length=200)]


class ImportRefused(Problem, ImportState):
    """A workbook with bad sheets, of which nothing was taken: a problem with the import's counts and problems."""


class TemplateChoice(Request):
    """The own centre and the year that the workbook is for."""

    centre_id: UUID
    year: AskedYear


@router.post(
    "",
    response_model=ImportState,
    responses={**problem_responses(404, 413), 422: {"model": ImportRefused}},
    openapi_extra=FILE_BODY,
)
async def import_workbook(
    session: Session,
    principal: Operator,
    runtime: RuntimeDep,
    upload: File,
    options: Annotated[ImportOptions, Query()],
    accept_language: _Language = None,
) -> Response:
    """Draft or edit reports from a workbook. Every sheet or none, unless `partial`; `dry_run` only checks; nothing is
    submitted by it."""
    came = await take_in(
        session, principal, runtime.editions, upload.path, partial=options.partial, keep=not options.dry_run
    )
    return _answer(runtime.editions, came, options, preferred_language(accept_language))


@router.get("/template", response_class=Response, responses={200: {"content": {XLSX: {}}}, **problem_responses(404)})
async def read_template(
    session: Session, principal: Operator, runtime: RuntimeDep, wanted: Annotated[TemplateChoice, Query()]
) -> Response:
    """The workbook to fill in: a sheet for each quarter of the year that has begun, with what was entered already and
    what the registry knows."""
    edition, centre, sheets = await sheets_of(session, principal, runtime.editions, wanted.centre_id, wanted.year)
    with tempfile.TemporaryDirectory(prefix="mc-template-") as folder:
        path = Path(folder) / "template.xlsx"
        await asyncio.to_thread(write_workbook, path, edition, centre.no, centre.name, sheets)
        content = path.read_bytes()
    return xlsx_answer(content, f"{centre.no}_{wanted.year}年季度报表.xlsx")


def xlsx_answer(content: bytes, name: str) -> Response:
    """A workbook as an attachment."""
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}", "Cache-Control": "no-store"}
    return Response(content, media_type=XLSX, headers=headers)


def _answer(editions: Editions, came: Outcome, options: ImportOptions, language: Language) -> Response:
    refused = bool(came.refused) and not options.partial
    committed = not refused and not options.dry_run
    columns = _columns(editions)
    shown = ImportState(
        kind=KIND,
        dry_run=options.dry_run,
        partial=options.partial,
        committed=committed,
        rows=came.sheets,
        inserted=came.written if committed else 0,
        would_insert=0 if committed else came.written,
        unchanged=came.unchanged,
        refused=came.refused,
        problems=[RowProblem.of(problem, columns, messages(), language) for problem in came.problems],
    ).model_dump(mode="json")
    if not refused or options.dry_run:
        return JSONResponse(shown)
    text = messages().text(REFUSED, language, {"refused": came.refused, "rows": came.sheets})
    problem = Problem(
        type=f"{TYPE_PREFIX}{REFUSED}",
        title=text.title,
        status=422,
        detail=text.detail,
        instance=f"/v1/imports/{KIND}",
        code=REFUSED,
    ).model_dump(exclude_none=True)
    body = json.dumps({**problem, **shown}, ensure_ascii=False)
    return Response(body, 422, {"Content-Language": CONTENT_LANGUAGE[language]}, MEDIA_TYPE)


def _columns(editions: Editions) -> dict[str, Column]:
    """Titles and remedies by the name of a problem's line; the lines of all editions, the newest last."""
    found: dict[str, Column] = {}
    for edition in editions:
        for line in lines_of(edition, edition.report_form.version):
            found[line.name] = line.column
            found.setdefault(line.name.partition(".")[0], line.column)
    found[LINES] = LINE_COLUMN
    return found
