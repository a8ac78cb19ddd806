"""`/v1/imports/vouchers`: a batch of vouchers from a table file (4.3-3)."""

from __future__ import annotations

import asyncio
import json
import tempfile
from functools import partial
from pathlib import Path
from typing import Annotated, Final
from urllib.parse import quote

from fastapi import APIRouter, Depends, Header, Query, Response
from fastapi.responses import JSONResponse

from services.vouchers.access import DivisionOfficer, Issuer
from services.vouchers.batches.checking import Checked
from services.vouchers.batches.columns import BY_FIELD, COLUMNS, KIND, MAX_ROWS, TITLE, messages
from services.vouchers.batches.models import Batch
from services.vouchers.batches.schemas import BatchImportOut
from services.vouchers.batches.usecases import take_in
from shared.db import Session
from shared.files.problems import ImportOptions, RowProblem
from shared.files.sniffing import XLSX
from shared.files.templates import write_template
from shared.http.messages import CONTENT_LANGUAGE, Language, preferred_language
from shared.http.problems import MEDIA_TYPE, TYPE_PREFIX, Problem, problem_responses
from shared.http.route import ServiceRoute
from shared.http.uploads import FILE_BODY, MEBIBYTE, TakesFile, Upload
from shared.runtime import RuntimeDep

router = APIRouter(prefix=f"/v1/imports/{KIND}", tags=["imports"], route_class=ServiceRoute)

REFUSED: Final = "import-refused"
MAX_FILE: Final = 4 * MEBIBYTE
NOTES: Final = ("导入后只作核对，须由本区域另一人批准批次；批准后逐行发券，每行只发一次。同一文件不能重复导入。",)

File = Annotated[Upload, Depends(TakesFile(MAX_FILE))]
_Language = Annotated[str | None, Header(max_length=200)]


class ImportRefused(Problem, BatchImportOut):
    """A file with bad rows, of which nothing was taken: a problem with the import's counts and problems."""


@router.post(
    "",
    response_model=BatchImportOut,
    responses={**problem_responses(409, 413), 422: {"model": ImportRefused}},
    openapi_extra=FILE_BODY,
)
async def import_batch(
    session: Session,
    principal: DivisionOfficer,
    runtime: RuntimeDep,
    upload: File,
    options: Annotated[ImportOptions, Query()],
    accept_language: _Language = None,
) -> Response:
    """Take a .xlsx or .csv in as a batch that awaits approval. Every row or none, unless `partial`; `dry_run` only
    checks."""
    checked, batch = await take_in(session, runtime, principal, upload, options)
    return _answer(checked, batch, options, preferred_language(accept_language))


@router.get("/template", response_class=Response, responses={200: {"content": {XLSX: {}}}})
async def read_template(_: Issuer) -> Response:
    """The table to fill in, with a sheet that explains it."""
    with tempfile.TemporaryDirectory(prefix="mc-template-") as folder:
        path = Path(folder) / "template.xlsx"
        await asyncio.to_thread(partial(write_template, path, TITLE, COLUMNS, rows=MAX_ROWS, notes=NOTES))
        content = path.read_bytes()
    name = quote(f"{TITLE}导入模板.xlsx")
    return Response(content, media_type=XLSX, headers={"Content-Disposition": f"attachment; filename*=UTF-8''{name}"})


def _answer(checked: Checked, batch: Batch | None, options: ImportOptions, language: Language) -> Response:
    refused = bool(checked.refused) and not options.partial
    good, rows = len(checked.good), len(checked.good) + checked.refused
    shown = BatchImportOut(
        kind=KIND,
        dry_run=options.dry_run,
        partial=options.partial,
        committed=batch is not None,
        rows=rows,
        inserted=good if batch is not None else 0,
        would_insert=0 if batch is not None else good,
        unchanged=0,
        refused=checked.refused,
        problems=[RowProblem.of(problem, BY_FIELD, messages(), language) for problem in checked.problems],
        batch_id=None if batch is None else batch.id,
        batch_no=None if batch is None else batch.no,
        amount=checked.amount,
    ).model_dump(mode="json")
    if not refused or options.dry_run:
        headers = {} if batch is None else {"Location": f"/v1/voucher-batches/{batch.id}"}
        return JSONResponse(shown, headers=headers)
    text = messages().text(REFUSED, language, {"refused": checked.refused, "rows": rows})
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
