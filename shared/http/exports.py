"""Any list as a file: ``Accept: text/csv`` or the .xlsx type makes ``ServiceRoute`` walk through all its pages.

The pages are those the caller would get one by one: same roles, scope, filters and order. They are written to a
temporary file first, within the request's transaction, and sent from there: a fault on page 300 is then an error and
not a file that looks complete.

Columns are headed in the reader's language, and words are told as people say them (``shared.http.cells``); with
``values=codes`` they are those that the JSON has. Where an id means a thing that people know by a number, code or name,
a column says that (``ServiceDefinition.references``); ids and versions come last.
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
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, Any, Final, Protocol
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

import xlsxwriter
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from shared.errors import DomainError
from shared.http.cells import coded, told
from shared.http.headings import heading
from shared.http.labels import Labels, vocabularies
from shared.http.messages import CONTENT_LANGUAGE, Language, preferred_language
from shared.http.paging import MAX_LIMIT, ROWS, Page
from shared.http.references import Reference
from shared.http.validation import Fault, PayloadInvalid

CSV: Final = "text/csv"
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MAX_ROWS: Final = 100_000
"""A longer list is refused, never cut: a cut file would pass for the whole."""

VALUES: Final = "values"
TEXTS, CODES = "texts", "codes"
DIVISIONS: Final = "edition.divisions.units"
_CODE_OF: Final[Mapping[Language, str]] = {"zh": "代码", "en": " (code)"}
TOTALS: Final = "totals"
"""The field of an answer, or of a list's last page, whose sums stand below the columns of the same names."""
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")
_NUMBER: Final = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_MAX_CELL: Final = 32_767
_PIECE: Final = 256 * 1024
_HTTP_OK: Final = 200
_LAST: Final = frozenset({"id", "version"})
_ID_ENDINGS: Final = ("_id", "_ids")

AskPage = Callable[[Request], Awaitable[Response]]
References = Mapping[str, Reference]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the file: a field of the items, or what its ids mean."""

    field: str
    heading: str
    reference: Reference | None = None
    as_code: bool = False


class _Sheet(Protocol):
    def write(self, cells: Iterable[str]) -> None:
        """One line."""

    def close(self) -> None:
        """The file is complete."""


def item_model(response_model: object) -> object | None:
    """``T`` of an endpoint that answers ``Page[T]``, or an answer whose ``exported`` names its list; None for any other
    endpoint."""
    name = rows_field(response_model)
    if name is None or not (isinstance(response_model, type) and issubclass(response_model, BaseModel)):
        return None
    return response_model.model_fields[name].annotation


def rows_field(response_model: object) -> str | None:
    """The field of the answer that a file of it is made of."""
    if not isinstance(response_model, type):
        return None
    return "items" if issubclass(response_model, Page) else getattr(response_model, "exported", None)


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


async def export(request: Request, session: AsyncSession, media_type: str, response: object, ask: AskPage) -> Response:
    """The whole list as a file. Raises 409 ``export-too-large``, 422 for `values` that are neither `texts` nor `codes`;
    a refused page is answered as it is."""
    language = preferred_language(request.headers.get("accept-language"))
    codes = _codes_wanted(request)
    model, rows = item_model(response), rows_field(response) or "items"
    columns = layout(model, getattr(request.app.state, "references", {}), language, codes=codes)
    writer = _Cells(model, columns, None if codes else _labels(request, language))
    paged = isinstance(response, type) and issubclass(response, Page)
    with ExitStack() as stack:
        target = Path(NamedTemporaryFile(prefix="mc-export-", delete=False).name)  # noqa: SIM115  # the stack removes it
        stack.callback(target.unlink, missing_ok=True)
        sheet = _sheet(media_type, target)
        sheet.write(column.heading for column in columns)
        count, cursor = 0, request.query_params.get("cursor")
        while True:
            answer = await ask(_page(request, cursor, paged=paged))
            if answer.status_code != _HTTP_OK:
                return answer
            page = json.loads(bytes(answer.body))
            count += len(page[rows])
            if count > MAX_ROWS:
                raise DomainError("export-too-large", 409, params={"limit": MAX_ROWS})
            meant = await _meant(session, columns, page[rows])
            for item in page[rows]:
                sheet.write(writer.of(item, meant))
            cursor = page["next"] if paged else None
            if cursor is None:
                break
        totals = page.get(TOTALS)
        if isinstance(totals, dict):
            sheet.write(writer.totals(totals, heading(None, TOTALS, language)))
        sheet.close()
        return _file(request, target, media_type, language, count)


def as_json(request: Request) -> Request:
    """The request for a list's JSON, which `values` makes no difference to: it has codes. Raises 422 as `export`."""
    if VALUES not in request.query_params:
        return request
    _codes_wanted(request)
    return _with_query(request, [(name, value) for name, value in _query(request) if name != VALUES])


def _codes_wanted(request: Request) -> bool:
    wanted = request.query_params.getlist(VALUES) or [TEXTS]
    if wanted[-1] not in (TEXTS, CODES):
        raise PayloadInvalid(Fault(VALUES, "enum", {"expected": f"{TEXTS}, {CODES}"}))
    return wanted[-1] == CODES


def _labels(request: Request, language: Language) -> Labels:
    editions = getattr(request.app.state.runtime, "editions", None)
    return Labels(editions or (), request.app.state.problems.messages, language)


def layout(model: object, references: References, language: Language, *, codes: bool = False) -> list[Column]:
    """The columns of a list's file, ids and versions last; beside a division's name its code."""
    first: list[Column] = []
    last: list[Column] = []
    for field, name in fields_of(model).items():
        own = Column(field, heading(name, field, language))
        if field in references:
            first.append(Column(field, heading(name, told_as(field), language), references[field]))
        (last if field in _LAST or field.endswith(_ID_ENDINGS) else first).append(own)
        if not codes and _holds_division(model, field, name):
            first.append(Column(field, own.heading + _CODE_OF[language], as_code=True))
    return [*first, *last]


def told_as(field: str) -> str:
    """The name under which the catalogue heads what the ids of a field mean: `centre` for `centre_id`."""
    return field.removesuffix("_id")


def _holds_division(model: object, field: str, name: str | None) -> bool:
    """Whether the field is one division's code."""
    kinds = [part.model_fields[field].annotation for part in _models(model) if field in part.model_fields]
    return vocabularies(name, field) == (DIVISIONS,) and all(kind in (str, str | None) for kind in kinds)


async def _meant(
    session: AsyncSession, columns: Iterable[Column], items: Iterable[Mapping[str, object]]
) -> dict[str, dict[str, str]]:
    """What the ids on a page mean, by field and id."""
    meant = {}
    for column in columns:
        if column.reference is not None:
            ids = {UUID(str(item[column.field])) for item in items if item.get(column.field)}
            meant[column.field] = await column.reference.told(session, ids)
    return meant


def columns_of(model: object) -> list[str]:
    """The fields of the items, of every form they may have, in their order."""
    return list(fields_of(model))


def fields_of(model: object) -> dict[str, str | None]:
    """The fields of the items with the name of the model that has each; plain items are one field."""
    names: dict[str, str | None] = {}
    for part in _models(model):
        names |= {field: part.__name__ for field in part.model_fields if field not in names}
    return names or {"value": None}


def _models(annotation: object) -> list[type[BaseModel]]:
    origin = typing.get_origin(annotation)
    if origin in (list, typing.Union, types.UnionType, typing.Annotated):
        return [model for argument in typing.get_args(annotation) for model in _models(argument)]
    return [annotation] if isinstance(annotation, type) and issubclass(annotation, BaseModel) else []


class _Cells:
    """The cells of an item: texts by labels, codes without them."""

    def __init__(self, model: object, columns: Iterable[Column], labels: Labels | None) -> None:
        self._models = {field: part for part in reversed(_models(model)) for field in part.model_fields}
        self._columns = tuple(columns)
        self._labels = labels

    def of(self, item: object, meant: Mapping[str, Mapping[str, str]]) -> list[str]:
        values = item if isinstance(item, Mapping) else {"value": item}
        return [neutral(self._text(column, values.get(column.field), meant))[:_MAX_CELL] for column in self._columns]

    def totals(self, totals: Mapping[str, object], name: str) -> list[str]:
        """The last line: sums under their columns, and in the first column what the line is."""
        sums = [coded(totals.get(column.field)) for column in self._columns]
        return [sums[0] or name, *sums[1:]]

    def _text(self, column: Column, value: object, meant: Mapping[str, Mapping[str, str]]) -> str:
        if column.reference is not None:
            return meant[column.field].get(str(value), "")
        if column.as_code or self._labels is None:
            return coded(value)
        return told(self._labels, self._models, column.field, value)


def _page(request: Request, cursor: str | None, *, paged: bool) -> Request:
    """The same request for the next page, as long as pages may be; the whole list where it has no pages."""
    kept = [
        (name, value)
        for name, value in _query(request)
        if name != VALUES and not (paged and name in ("limit", "cursor"))
    ]
    if paged:
        kept.append(("limit", str(MAX_LIMIT)))
    if cursor is not None:
        kept.append(("cursor", cursor))
    return _with_query(request, kept)


def _query(request: Request) -> list[tuple[str, str]]:
    return parse_qsl(request.scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True)


def _with_query(request: Request, query: list[tuple[str, str]]) -> Request:
    return type(request)({**request.scope, "query_string": urlencode(query).encode("latin-1")}, request.receive)


def _file(request: Request, path: Path, media_type: str, language: Language, rows: int) -> Response:
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
            "Content-Language": CONTENT_LANGUAGE[language],
            "Vary": "Accept, Accept-Language",
            ROWS: str(rows),
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
