"""Receiving a file: from the network to a temporary file, hashed on the way, never whole in memory.

    @router.post("/{id}/documents")
    async def add_document(session: Session, principal: Writer, upload: Uploaded, ...) -> DocumentOut: ...

    Uploaded = Annotated[Upload, Depends(TakesFile(20 * MEBIBYTE))]

``ServiceRoute`` receives the file before it opens the transaction, so that a slow sender holds no connection of the
database.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email.message import Message
from pathlib import Path, PurePosixPath, PureWindowsPath
from tempfile import NamedTemporaryFile
from typing import IO, Any, Final

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from shared.http.schemas import acceptable
from shared.http.validation import PayloadInvalid

MEBIBYTE: Final = 1024 * 1024
MAX_NAME: Final = 200
_FORM: Final = "multipart/form-data"
_PIECE: Final = 256 * 1024
_FRAME_BYTES: Final = 16 * 1024
"""What a form adds around its file."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it was sent. ``path`` lasts as long as the request; ``name`` is the sender's, without folders."""

    path: Path
    name: str | None
    size: int
    sha256: bytes

    @property
    def digest(self) -> bytes:
        """What makes two uploads the same to an Idempotency-Key: a form's boundaries differ each time."""
        return self.sha256 + (self.name or "").encode()


class TakesFile:
    """Dependency of routes that take one file of up to ``limit`` bytes, as a form's field or as the whole body."""

    def __init__(self, limit: int) -> None:
        self.limit = limit + _FRAME_BYTES

    async def __call__(self, request: Request) -> Upload:
        upload: Upload = request.state.upload
        return upload


FILE_BODY: Final = {
    "requestBody": {
        "required": True,
        "content": {
            _FORM: {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary"}},
                }
            },
            "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
        },
    }
}
"""For such a route's ``openapi_extra``."""


@asynccontextmanager
async def received(request: Request) -> AsyncIterator[Upload]:
    """The request's file, removed afterwards. Raises PayloadInvalid without one, 413 through the request's stream."""
    with NamedTemporaryFile(prefix="mc-upload-") as target:
        if request.headers.get("content-type", "").startswith(_FORM):
            name, digest, size = await _from_form(request, target)
        else:
            name = _declared_name(request)
            digest, size = await _copy(request.stream(), target)
        if not size:
            raise PayloadInvalid.at("file", "file_empty" if name else "file_missing")
        target.flush()
        yield Upload(Path(target.name), _tidy(name), size, digest)


async def _from_form(request: Request, target: IO[bytes]) -> tuple[str | None, bytes, int]:
    parser = MultiPartParser(request.headers, _typed(request.stream()), max_files=1, max_fields=4)
    try:
        form = await parser.parse()
    except (MultiPartException, ValueError, KeyError) as error:
        raise PayloadInvalid.at("file", "form_invalid") from error
    try:
        files = [value for value in form.values() if isinstance(value, UploadFile)]
        if len(files) != 1:
            raise PayloadInvalid.at("file", "file_missing")
        digest, size = await _copy(_pieces(files[0]), target)
        return files[0].filename, digest, size
    finally:
        await form.close()


async def _typed(stream: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
    async for piece in stream:
        yield piece


async def _pieces(file: UploadFile) -> AsyncIterator[bytes]:
    while piece := await file.read(_PIECE):
        yield piece


async def _copy(pieces: AsyncIterator[bytes], target: IO[bytes]) -> tuple[bytes, int]:
    digest, size = hashlib.sha256(), 0
    async for piece in pieces:
        target.write(piece)
        digest.update(piece)
        size += len(piece)
    return digest.digest(), size


def _declared_name(request: Request) -> str | None:
    """The file name in Content-Disposition, also in the form of RFC 5987 (`filename*=UTF-8''...`).

    Raises PayloadInvalid for one that its own charset cannot mean.
    """
    header: Message[Any, Any] = Message()
    try:
        header["Content-Disposition"] = request.headers.get("content-disposition", "attachment")
        return header.get_filename()
    except ValueError as error:
        raise PayloadInvalid.at("file", "text_not_acceptable") from error


def _tidy(name: str | None) -> str | None:
    if not name:
        return None
    last = unicodedata.normalize("NFC", PureWindowsPath(PurePosixPath(name).name).name).strip()[:MAX_NAME]
    if not acceptable(last):
        raise PayloadInvalid.at("file", "text_not_acceptable")
    return last or None
