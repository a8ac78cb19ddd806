"""`/v1/<things>/{id}/documents`, the same for every kind of case."""

from __future__ import annotations

from base64 import b64encode
from typing import Annotated, Final
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from starlette.responses import StreamingResponse

from shared.auth.principal import Guard, Principal
from shared.db import Session
from shared.files.documents import (
    MAX_FILE,
    Shelf,
    add_document,
    documents_of,
    find_document,
    remove_document,
)
from shared.files.models import DocumentRow
from shared.files.schemas import DocumentFilter, DocumentOut
from shared.files.storage import Storage
from shared.http.paging import Page, paginate
from shared.http.problems import problem_responses
from shared.http.route import ServiceRoute
from shared.http.uploads import FILE_BODY, TakesFile, Upload
from shared.runtime import RuntimeDep

File = Annotated[Upload, Depends(TakesFile(MAX_FILE))]

_PREFIXES: Final[dict[tuple[object, str], str]] = {}
"""By the documents' table, which is another in each service, and the kind of case."""


def address_of(table: object, kind: str) -> str | None:
    """The address of the list of cases whose documents are kept under `kind`; None where nobody reads them by case."""
    return _PREFIXES.get((table, kind))


def documents_routes(prefix: str, shelf: Shelf, *, readers: Guard, writers: Guard) -> APIRouter:
    """The routes of one kind of case; `prefix` is the address of its list."""
    _PREFIXES.setdefault((vars(shelf.model)["__table__"], shelf.kind), prefix)
    router = APIRouter(prefix=f"{prefix}/{{subject_id}}/documents", tags=["documents"], route_class=ServiceRoute)

    @router.post("", status_code=201, responses=problem_responses(404, 409, 413), openapi_extra=FILE_BODY)
    async def upload_document(
        subject_id: UUID,
        session: Session,
        runtime: RuntimeDep,
        upload: File,
        response: Response,
        principal: Principal = Depends(writers),
    ) -> DocumentOut:
        """Add a document: a form's file, or the file as the body with its name in Content-Disposition."""
        document = await add_document(session, runtime.files, principal, shelf, subject_id, upload)
        response.headers["Location"] = f"{prefix}/{subject_id}/documents/{document.id}"
        return DocumentOut.model_validate(document)

    @router.get("", responses=problem_responses(404))
    async def list_documents(
        subject_id: UUID,
        session: Session,
        wanted: Annotated[DocumentFilter, Query()],
        principal: Principal = Depends(readers),
    ) -> Page[DocumentOut]:
        """The documents of a case."""
        await shelf.readable(session, principal, subject_id)
        query = documents_of(shelf, subject_id)
        return await paginate(session, query, keys=[shelf.model.id], params=wanted, item=DocumentOut.model_validate)

    @router.get("/{document_id}", responses=problem_responses(404))
    async def read_document(
        subject_id: UUID, document_id: UUID, session: Session, principal: Principal = Depends(readers)
    ) -> DocumentOut:
        """What is known of a document."""
        return DocumentOut.model_validate(await find_document(session, principal, shelf, subject_id, document_id))

    @router.get(
        "/{document_id}/content",
        response_class=StreamingResponse,
        responses={**problem_responses(404), 200: {"content": {"application/octet-stream": {}}}},
    )
    async def read_content(
        subject_id: UUID,
        document_id: UUID,
        session: Session,
        runtime: RuntimeDep,
        principal: Principal = Depends(readers),
    ) -> Response:
        """The file, to be saved and not shown: it comes from outside."""
        return file_answer(runtime.files, await find_document(session, principal, shelf, subject_id, document_id))

    @router.delete("/{document_id}", status_code=204, responses=problem_responses(404, 409))
    async def delete_document(
        subject_id: UUID, document_id: UUID, session: Session, principal: Principal = Depends(writers)
    ) -> None:
        """Take a document out of a draft."""
        await remove_document(session, principal, shelf, subject_id, document_id)

    return router


def file_answer(storage: Storage, document: DocumentRow) -> StreamingResponse:
    """The file of a document, to be saved and not shown: it comes from outside."""
    headers = {
        "Content-Length": str(document.size),
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(document.name)}",
        "Content-Digest": f"sha-256=:{_base64(document.sha256)}:",
        "Cache-Control": "private, no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return StreamingResponse(storage.pieces(document.key), media_type=document.media_type, headers=headers)


def _base64(hexadecimal: str) -> str:
    """As RFC 9530 has it."""
    return b64encode(bytes.fromhex(hexadecimal)).decode()
