"""Any list as a file: ``Accept: text/csv`` or the .xlsx type makes ``ServiceRoute`` walk through all its pages.

The pages are those the caller would get one by one: same roles, scope, filters and order. They are written to a
temporary file first, within the request's transaction, and sent from there: a fault on page 300 is then an error and
not a file that looks complete.
"""

from __future__ import annotations

import csv
import json
import os
import re
import types
import typing
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, Any, Final, Protocol
from urllib.parse import parse_qsl, urlencode

import xlsxwriter
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from shared.errors import DomainError
from shared.http.paging import MAX_LIMIT, Page

CSV: Final = "text/csv"
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MAX_ROWS: Final = 100_000
"""A longer list is refused, never cut: a cut file would pass for the whole."""

_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")
_NUMBER: Final = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_MAX_CELL: Final = 32_767
_PIECE: Final = 256 * 1024
_HTTP_OK: Final = 200

AskPage = Callable[[Request], Awaitable[Response]]


class _Sheet(Protocol):
    def write(self, cells: Iterable[str]) -> None:
        """One line."""

    def close(self) -> None:
        """The file is complete."""


def item_model(response_model: object) -> object | None:
    """``T`` of an endpoint that answers ``Page[T]``; None for any other endpoint."""
    if isinstance(response_model, type) and issubclass(response_model, Page):
        return response_model.model_fields["items"].annotation
    return None


def wanted_type(request: Request) -> str | None:
    """The file type the caller ranks above JSON, if any (RFC 9110, 12.5.1)."""
    if request.method != "GET":
        return None
    ranks = {CSV: 0.0, XLSX: 0.0, "application/json": 0.0}
    for part in request.headers.get("accept", "").split(","):
        name, _, parameters = part.partition(";")
        if name.strip().lower() in ranks:
            ranks[name.strip().lower()] = _quality(parameters)
    best = max(ranks, key=lambda name: ranks[name])
    return best if ranks[best] > ranks["application/json"] else None


def neutral(text: str) -> str:
    """A text that no spreadsheet takes for a formula; plain numbers stay numbers."""
    if text.startswith(_FORMULA_STARTS) and not _NUMBER.fullmatch(text):
        return f"'{text}"
    return text


async def export(request: Request, media_type: str, model: object, ask: AskPage) -> Response:
    """The whole list as a file. Raises 409 ``export-too-large``; a refused page is answered as it is."""
    columns = columns_of(model)
    with ExitStack() as stack:
        target = Path(NamedTemporaryFile(prefix="mc-export-", delete=False).name)  # noqa: SIM115  # the stack removes it
        stack.callback(target.unlink, missing_ok=True)
        sheet = _sheet(media_type, target)
        sheet.write(columns)
        count, cursor = 0, request.query_params.get("cursor")
        while True:
            answer = await ask(_page(request, cursor))
            if answer.status_code != _HTTP_OK:
                return answer
            page = json.loads(bytes(answer.body))
            count += len(page["items"])
            if count > MAX_ROWS:
                raise DomainError("export-too-large", 409, params={"limit": MAX_ROWS})
            for item in page["items"]:
                sheet.write(_cells(item, columns))
            cursor = page["next"]
            if cursor is None:
                break
        sheet.close()
        return _file(request, target, media_type)


def columns_of(model: object) -> list[str]:
    """The fields of the items, of every form they may have, in their order."""
    names: dict[str, None] = {}
    for part in _models(model):
        names.update(dict.fromkeys(part.model_fields))
    return list(names) or ["value"]


def _models(annotation: object) -> list[type[BaseModel]]:
    origin = typing.get_origin(annotation)
    if origin in (list, typing.Union, types.UnionType, typing.Annotated):
        return [model for argument in typing.get_args(annotation) for model in _models(argument)]
    return [annotation] if isinstance(annotation, type) and issubclass(annotation, BaseModel) else []


def _cells(item: object, columns: list[str]) -> list[str]:
    values = item if isinstance(item, Mapping) else {"value": item}
    return [neutral(_text(values.get(name)))[:_MAX_CELL] for name in columns]


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, list) and all(isinstance(entry, str) for entry in value):
        return "; ".join(value)
    if isinstance(value, list | dict | bool):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def _page(request: Request, cursor: str | None) -> Request:
    """The same request for the next page, as long as pages may be."""
    query = request.scope.get("query_string", b"").decode("latin-1")
    kept = [
        (name, value) for name, value in parse_qsl(query, keep_blank_values=True) if name not in ("limit", "cursor")
    ]
    kept.append(("limit", str(MAX_LIMIT)))
    if cursor is not None:
        kept.append(("cursor", cursor))
    scope = {**request.scope, "query_string": urlencode(kept).encode("latin-1")}
    return type(request)(scope, request.receive)


def _file(request: Request, path: Path, media_type: str) -> Response:
    """The file under the list's name. Its own name is removed while it is sent: nothing stays, whoever goes away."""
    file = path.open("rb")
    things = request.url.path.rstrip("/").rsplit("/", 1)[-1]
    name = f"{things}.{'csv' if media_type == CSV else 'xlsx'}"
    return StreamingResponse(
        _pieces(file),
        media_type=f"{CSV}; charset=utf-8" if media_type == CSV else media_type,
        headers={
            "Content-Length": str(os.fstat(file.fileno()).st_size),
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
            "Vary": "Accept",
        },
    )


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while piece := file.read(_PIECE):
            yield piece


class _CsvSheet:
    """UTF-8 with a byte order mark, without which spreadsheets here read GB18030."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("w", encoding="utf-8-sig", newline="")
        self._writer = csv.writer(self._file)

    def write(self, cells: Iterable[str]) -> None:
        self._writer.writerow(cells)

    def close(self) -> None:
        self._file.close()


class _XlsxSheet:
    """Texts only, row by row to disk: nothing is held in memory and nothing is taken for a formula or a link."""

    def __init__(self, path: Path) -> None:
        self._book: Any = xlsxwriter.Workbook(str(path), {"constant_memory": True})
        self._sheet = self._book.add_worksheet()
        self._row = 0

    def write(self, cells: Iterable[str]) -> None:
        for column, cell in enumerate(cells):
            self._sheet.write_string(self._row, column, cell)
        self._row += 1

    def close(self) -> None:
        self._book.close()


def _sheet(media_type: str, path: Path) -> _Sheet:
    return _CsvSheet(path) if media_type == CSV else _XlsxSheet(path)


def _quality(parameters: str) -> float:
    for parameter in parameters.split(";"):
        name, _, value = parameter.strip().partition("=")
        if name.strip().lower() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0
