"""`/v1/imports/{kind}`."""

from __future__ import annotations

import asyncio
import json
import tempfile
from functools import partial
from pathlib import Path
from typing import Annotated, Final
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Response
from fastapi.responses import JSONResponse
from pydantic import BeforeValidator

from services.registry.access import APPROVERS
from services.registry.imports.approvals import approve
from services.registry.imports.kinds import ROLES, kind_of
from services.registry.imports.rows import Kind, Tally
from services.registry.imports.schemas import ImportOut, OperationOut
from services.registry.imports.usecases import take_in
from services.registry.operations.models import Operation
from services.registry.operations.queries import SERVICE, columns_by_field, messages
from services.registry.policy import edition_at
from shared.auth.principal import Principal, require
from shared.db import Session
from shared.files.cells import MAX_ROWS
from shared.files.problems import ImportOptions, RowProblem
from shared.files.sniffing import XLSX
from shared.files.templates import write_template
from shared.http.messages import CONTENT_LANGUAGE, Language, preferred_language
from shared.http.problems import MEDIA_TYPE, TYPE_PREFIX, Problem, problem_responses
from shared.http.route import ServiceRoute
from shared.http.uploads import FILE_BODY, MEBIBYTE, TakesFile, Upload
from shared.operations.asking import address_of
from shared.runtime import RuntimeDep

router = APIRouter(prefix="/v1/imports", tags=["imports"], route_class=ServiceRoute)

MAX_FILE: Final = 63 * MEBIBYTE
"""What the gateway lets through, less the frame of a form."""

APPROVED: Final = ("上传后只作核对，须由另一人在 30 日内批准；批准后才写入，结果在上传人的办理进度中显示。",)
"""What the template of a kind notes that a second person approves."""

Importer = Annotated[Principal, Depends(require(*ROLES))]
Approver = Annotated[Principal, Depends(require(*APPROVERS))]
File = Annotated[Upload, Depends(TakesFile(MAX_FILE))]
_Language = Annotated[str | None, Header(max_length=200)]
OperationId = Annotated[UUID, BeforeValidator(lambda given: str(given).removeprefix(f"{SERVICE}-"))]
"""With the service before it, as the operation's own `id` has it, or without."""


class ImportRefused(Problem, ImportOut):
    """A file with bad rows, of which nothing was taken: a problem with the import's counts and problems."""


@router.post(
    "/{kind}",
    response_model=ImportOut,
    responses={
        **problem_responses(404, 409, 413),
        202: {"model": OperationOut, "description": "A large file, or one that a second person must approve"},
        422: {"model": ImportRefused},
    },
    openapi_extra=FILE_BODY,
)
async def import_file(
    kind: str,
    session: Session,
    principal: Importer,
    runtime: RuntimeDep,
    upload: File,
    options: Annotated[ImportOptions, Query()],
    response: Response,
    accept_language: _Language = None,
) -> Response:
    """Take a .xlsx or .csv in. Every row or none, unless `partial`; `dry_run` only checks."""
    wanted = kind_of(kind, principal)
    came = await take_in(session, runtime, principal, wanted, upload, options)
    if isinstance(came, Operation):
        return accepted(came)
    return _answer(wanted, came, options, preferred_language(accept_language))


@router.post("/{kind}/{operation_id}/approve", status_code=202, responses=problem_responses(404, 409))
async def approve_import(
    kind: str, operation_id: OperationId, session: Session, principal: Approver, runtime: RuntimeDep
) -> Response:
    """Carry out what another person had checked: records that change a centre's standing."""
    return accepted(await approve(session, runtime, principal, kind, operation_id))


@router.get("/{kind}/template", response_class=Response, responses={200: {"content": {XLSX: {}}}})
async def read_template(kind: str, principal: Importer, runtime: RuntimeDep) -> Response:
    """The table to fill in, with lists of the policy's words and a sheet that explains it."""
    wanted = kind_of(kind, principal)
    columns = wanted.columns(edition_at(runtime.editions, principal.today))
    with tempfile.TemporaryDirectory(prefix="mc-template-") as folder:
        path = Path(folder) / "template.xlsx"
        rows, notes = wanted.max_rows or MAX_ROWS, APPROVED if wanted.approved else ()
        write = partial(write_template, path, wanted.title_zh, columns, rows=rows, notes=notes)
        await asyncio.to_thread(write)
        content = path.read_bytes()
    name = quote(f"{wanted.title_zh}导入模板.xlsx")
    return Response(content, media_type=XLSX, headers={"Content-Disposition": f"attachment; filename*=UTF-8''{name}"})


def accepted(operation: Operation) -> Response:
    """202 with the address of the operation."""
    body = OperationOut.of(SERVICE, operation, []).model_dump(mode="json")
    return JSONResponse(body, status_code=202, headers={"Location": address_of(SERVICE, operation.id)})


def _answer(kind: Kind, tally: Tally, options: ImportOptions, language: Language) -> Response:
    columns = columns_by_field(kind.name)
    problems = [RowProblem.of(problem, columns, messages(), language) for problem in tally.problems]
    refused = bool(tally.refused) and not options.partial
    shown = ImportOut.of(
        kind,
        tally,
        problems,
        dry_run=options.dry_run,
        partial=options.partial,
        committed=not refused and not options.dry_run,
    ).model_dump(mode="json")
    if not refused or options.dry_run:
        return JSONResponse(shown)
    text = messages().text("import-refused", language, {"refused": tally.refused, "rows": tally.rows})
    problem = Problem(
        type=f"{TYPE_PREFIX}import-refused",
        title=text.title,
        status=422,
        detail=text.detail,
        instance=f"/v1/imports/{kind.name}",
        code="import-refused",
    ).model_dump(exclude_none=True)
    body = json.dumps({**problem, **shown}, ensure_ascii=False)
    return Response(body, 422, {"Content-Language": CONTENT_LANGUAGE[language]}, MEDIA_TYPE)
