"""Lists by keyset: stable while rows come and go, and as quick on the last page as on the first.

    class CentreFilter(PageParams):
        state: str | None = None

    @router.get("")
    async def list_centres(session: Session, _: Anyone, wanted: Annotated[CentreFilter, Query()]) -> Page[CentreOut]:
        statement = select(Centre)
        if wanted.state: ...
        return await paginate(session, statement, keys=[Centre.no], params=wanted, item=CentreOut.model_validate)

``ServiceRoute`` adds the Link header.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final, Generic, TypeVar, TypeVarTuple, overload
from uuid import UUID

from pydantic import Field
from sqlalchemy import (
    BigInteger,
    BinaryExpression,
    ColumnElement,
    Row,
    Select,
    UnaryExpression,
    and_,
    literal,
    or_,
    tuple_,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql import operators
from sqlalchemy.types import TypeEngine
from starlette.datastructures import URL
from starlette.requests import Request as HttpRequest
from starlette.responses import Response as HttpResponse

from shared.errors import DomainError
from shared.http.schemas import Request, Response, acceptable

DEFAULT_LIMIT: Final = 50
MAX_LIMIT: Final = 200
ROWS: Final = "Mengchuang-Rows"
"""Tells the gateway how many rows an answer has, for its audit; it passes the header on to nobody."""
_NEXT: Final = "next_cursor"
_COUNT: Final = "rows"

SortKey = ColumnElement[Any] | InstrumentedAttribute[Any]
"""A sort key: any column type, hence Any; ``column.desc()`` sorts downwards."""

CODE_POINTS: Final = "C"
"""The collation of names: by code point. It is the same in every database and never changes with a library, so that
an index and a cursor stay good; what a dictionary says of two characters is none of it."""

T = TypeVar("T")
R = TypeVar("R")
Ts = TypeVarTuple("Ts")


class PageParams(Request):
    """Query parameters of every list; filters derive from it, so that an unknown parameter is refused (422)."""

    limit: int = Field(default=DEFAULT_LIMIT, ge=1, le=MAX_LIMIT)
    cursor: str | None = Field(default=None, max_length=2000)


class Page(Response, Generic[T]):
    """One page of a list; ``next`` is the cursor of the following page, null on the last."""

    items: list[T]
    next: str | None


@overload
async def paginate(
    session: AsyncSession, statement: Select[R], *, keys: Sequence[SortKey], params: PageParams, item: Callable[[R], T]
) -> Page[T]: ...
@overload
async def paginate(
    session: AsyncSession,
    statement: Select[*Ts],
    *,
    keys: Sequence[SortKey],
    params: PageParams,
    item: Callable[[Row[*Ts]], T],
) -> Page[T]: ...
async def paginate(
    session: AsyncSession,
    statement: Select[*tuple[Any, ...]],
    *,
    keys: Sequence[SortKey],
    params: PageParams,
    item: Callable[[Any], T],
) -> Page[T]:
    """One page of ``statement`` (without ORDER BY and LIMIT), sorted by ``keys``.

    Keys are NOT NULL columns and together unique: end with the id. ``item`` gets the entity of a
    one-entity statement, else the row. Raises 422 ``cursor-invalid``.
    """
    columns = [_column(key) for key in keys]
    descending = [_descending(key) for key in keys]
    signature = [f"{_name(column)}{'-' if down else ''}" for column, down in zip(columns, descending, strict=True)]
    single = len(statement.column_descriptions) == 1
    if params.cursor is not None:
        values = _decode(params.cursor, signature, columns)
        statement = statement.where(_after(columns, descending, values))
    labelled = [column.label(f"page_key_{number}") for number, column in enumerate(columns)]
    ordered = statement.add_columns(*labelled).order_by(*keys).limit(params.limit + 1)
    rows = (await session.execute(ordered)).all()
    shown = rows[: params.limit]
    cursor = None
    if len(rows) > params.limit:
        last = shown[-1]
        cursor = _encode(signature, [getattr(last, label.name) for label in labelled])
    session.info[_NEXT] = cursor
    session.info[_COUNT] = len(shown)
    return Page(items=[item(row[0] if single else row) for row in shown], next=cursor)


def both_ways(orders: Mapping[str, Sequence[SortKey]]) -> dict[str, Sequence[SortKey]]:
    """The orders upwards by their names, and downwards by the names with a hyphen before them."""
    down = {f"-{name}": tuple(key.desc() for key in keys) for name, keys in orders.items()}
    return {**orders, **down}


def link_next(request: HttpRequest, session: AsyncSession, response: HttpResponse) -> None:
    """Add how many rows a page has, and ``Link: <...>; rel="next"`` if it is not the last."""
    rows = session.info.pop(_COUNT, None)
    if rows is not None:
        response.headers[ROWS] = str(rows)
    cursor = session.info.pop(_NEXT, None)
    if cursor is not None:
        url = URL(scope={**request.scope, "headers": [], "server": None})
        response.headers["Link"] = f'<{url.include_query_params(cursor=cursor)}>; rel="next"'


def _column(key: SortKey) -> ColumnElement[Any]:
    element = key.__clause_element__() if isinstance(key, InstrumentedAttribute) else key
    return element.element if isinstance(element, UnaryExpression) else element


def _name(column: ColumnElement[Any]) -> str | None:
    """The name of a key, also of one with a collation."""
    collated = column.left if isinstance(column, BinaryExpression) and column.operator is operators.collate else column
    return collated.key


def _descending(key: SortKey) -> bool:
    return isinstance(key, UnaryExpression) and key.modifier is operators.desc_op


def _after(columns: Sequence[ColumnElement[Any]], descending: Sequence[bool], values: Sequence[Any]) -> Any:
    bound = [literal(value, column.type) for column, value in zip(columns, values, strict=True)]
    if not any(descending):
        return tuple_(*columns) > tuple_(*bound)
    if all(descending):
        return tuple_(*columns) < tuple_(*bound)
    choices = []
    for number, (column, down) in enumerate(zip(columns, descending, strict=True)):
        equal = [columns[before] == bound[before] for before in range(number)]
        choices.append(and_(*equal, column < bound[number] if down else column > bound[number]))
    return or_(*choices)


def _encode(signature: Sequence[str], values: Sequence[object]) -> str:
    text = json.dumps([list(signature), [_plain(value) for value in values]], ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _plain(value: object) -> str | int:
    if isinstance(value, bool) or value is None:
        raise TypeError("a page key is a text, number, date, instant or UUID, and never NULL")
    if isinstance(value, date | datetime):
        return value.isoformat()
    return value if isinstance(value, int) else str(value)


def _decode(cursor: str, signature: Sequence[str], columns: Sequence[ColumnElement[Any]]) -> list[Any]:
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        made_for, values = json.loads(text)
        if made_for != list(signature) or len(values) != len(columns):
            raise ValueError("cursor of another order")
        return [_typed(value, column.type) for value, column in zip(values, columns, strict=True)]
    except (ValueError, TypeError, InvalidOperation, RecursionError) as error:
        raise DomainError("cursor-invalid", 422) from error


def _typed(value: object, column_type: TypeEngine[Any]) -> object:
    kind = column_type.python_type
    if kind is int:
        bits = 63 if isinstance(column_type, BigInteger) else 31
        if isinstance(value, bool) or not isinstance(value, int) or not -(2**bits) <= value < 2**bits:
            raise ValueError("not a number of the column")
        return value
    if not isinstance(value, str) or not acceptable(value):
        raise ValueError("not a text")
    if kind is datetime:
        instant = datetime.fromisoformat(value)
        return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
    if kind is date:
        return date.fromisoformat(value)
    return kind(value) if kind in (UUID, Decimal) else value
