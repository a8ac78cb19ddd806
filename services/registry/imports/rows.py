"""A file's rows on their way in: what a row asks for, and what became of it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

from pydantic import BaseModel
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from shared.auth.principal import Principal
from shared.errors import DomainError
from shared.files.columns import CellFault, Column
from shared.http.problems import translate
from shared.http.validation import Fault, PayloadInvalid
from shared.policy.edition import Edition, Editions, PolicyNotInForce

MAX_PROBLEMS: Final = 1_000
"""A file with more is not read to its end."""

MAX_ROWS_ONE_BY_ONE: Final = 300
"""About 27 ms each, so that a delisting waits some seconds for the file's end and not minutes."""

_SHOWN: Final = 100
_IDENTITY_NUMBER: Final = re.compile(r"[0-9]{15}|[0-9]{17}[0-9Xx]")
_BETWEEN: Final = frozenset({"Zs", "Pd", "Pc", "Cf", "Cc"})
"""Spaces, hyphens and what is not seen, which people put between digits."""
_REFERENCE: Final = "_ref"
"""How columns end that name a person."""

Status: TypeAlias = Literal["inserted", "unchanged", "refused"]


@dataclass(frozen=True, slots=True)
class Row:
    """One row as the request it stands for."""

    sheet: str
    number: int
    values: Mapping[str, object]
    sent: BaseModel


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, where. `code` is a fault of the field (`of_field`), or a refusal of the row."""

    sheet: str
    row: int
    column: str | None
    value: str | None
    code: str
    of_field: bool
    params: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Work:
    """One import: in whose name, under which edition. `proposed_by` checked what the caller now approves."""

    editions: Editions
    edition: Edition
    principal: Principal
    proposed_by: str | None = None


@dataclass(slots=True)
class Tally:
    """What came of a file."""

    rows: int = 0
    inserted: int = 0
    unchanged: int = 0
    refused: int = 0
    problems: list[Problem] = field(default_factory=list)

    def count(self, status: Status, problems: Iterable[Problem] = ()) -> None:
        """One row's outcome."""
        setattr(self, status, getattr(self, status) + 1)
        self.problems.extend(problems)

    @property
    def full(self) -> bool:
        """Whether there is no use in looking for more problems."""
        return len(self.problems) >= MAX_PROBLEMS


def first_name(field: str) -> str:
    """`service_kinds` of `service_kinds.0`."""
    return field.partition(".")[0]


Apply: TypeAlias = Callable[[AsyncSession, Work, Sequence[Row], Tally], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of import: who may, its columns under an edition, the request that a row stands for, what makes two rows
    the same, and carrying rows out. `approved`: another person must approve what was checked. `column_of` finds the
    column of a field of the request, where it is not the field's own first name. `max_rows`: more are refused, since
    rows that are carried out one after the other keep their centres and operators locked to the end; None where they go
    by sets."""

    name: str
    title_zh: str
    roles: tuple[str, ...]
    columns: Callable[[Edition], Sequence[Column]]
    request: Callable[[Mapping[str, object]], BaseModel]
    key: Callable[[BaseModel], object]
    apply: Apply
    approved: bool = False
    max_rows: int | None = MAX_ROWS_ONE_BY_ONE
    column_of: Callable[[str], str] = first_name


def refusals(kind: Kind, row: Row, error: Exception) -> list[Problem]:
    """A use case's refusal as problems of the row."""
    refused, faults = translate(error)
    if faults:
        return [fault_problem(kind, row.sheet, row.number, fault, row.values) for fault in faults]
    return [Problem(row.sheet, row.number, None, None, refused.code, False, masked_params(refused.params))]


def fault_problem(kind: Kind, sheet: str, number: int, fault: Fault, values: Mapping[str, object]) -> Problem:
    """One field's fault, at the column that the field comes from."""
    column = kind.column_of(fault.field)
    return Problem(
        sheet, number, column, shown(column, values.get(column)), fault.type, True, masked_params(fault.params)
    )


def cell_problem(sheet: str, number: int, cell: CellFault) -> Problem:
    """One cell that means nothing in its column."""
    value, params = shown(cell.column, cell.value), masked_params(cell.fault.params)
    return Problem(sheet, number, cell.column, value, cell.fault.type, True, params)


def shown(column: str, value: object) -> str | None:
    """A column's value as a report may show it: cut, without the digits of what may be an identity number, and nothing
    at all of what names a person."""
    if value is None or column.endswith(_REFERENCE):
        return None
    text = masked("; ".join(map(str, value)) if isinstance(value, list) else str(value))
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def masked(text: str) -> str:
    """The text, or its two ends where it may hold an identity number, however that is written."""
    normal = unicodedata.normalize("NFKC", text)
    compact = "".join(sign for sign in normal if unicodedata.category(sign) not in _BETWEEN)
    if _IDENTITY_NUMBER.search(compact) is None:
        return text
    text = text.strip()
    return f"{text[:3]}…{text[-1]}"


def masked_params(params: Mapping[str, object]) -> dict[str, object]:
    """What a refusal says of the file, to be kept and shown."""
    return {name: _masked_param(value) for name, value in params.items()}


def _masked_param(value: object) -> object:
    if isinstance(value, str):
        return masked(value)
    return [_masked_param(item) for item in value] if isinstance(value, list) else value


async def one_by_one(
    session: AsyncSession, kind: Kind, rows: Sequence[Row], tally: Tally, carry_out: Callable[[Row], Awaitable[Status]]
) -> None:
    """Carry rows out by the use cases of the single requests, each under a savepoint: what is refused leaves nothing
    and the rows after it are tried all the same."""
    for row in rows:
        try:
            async with session.begin_nested():
                status = await carry_out(row)
        except (DomainError, PayloadInvalid, PolicyNotInForce, IntegrityError) as error:
            tally.count("refused", refusals(kind, row, error))
        else:
            tally.count(status)


def differs(row: Row, known: object, fields: Mapping[str, str]) -> str | None:
    """The first of the row's columns whose value is another one on record; `fields` are its attributes by column.

    What the row leaves empty it does not speak of.
    """
    for column, attribute in fields.items():
        if column not in row.values:
            continue
        sent, kept = getattr(row.sent, column), getattr(known, attribute)
        if sent != kept:
            return column
    return None


def require_same(row: Row, known: object, fields: Mapping[str, str]) -> Status:
    """`unchanged`, or 409 `import-row-differs` naming the column: imports add, they do not overwrite."""
    column = differs(row, known, fields)
    if column is None:
        return "unchanged"
    raise DomainError(
        "import-row-differs", 409, params={"column": column, "value": shown(column, row.values[column]) or "…"}
    )
