"""A file's rows on their way in: what a row asks for, and what became of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final, Literal, Protocol, TypeAlias

from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

from shared.auth.principal import Principal
from shared.errors import DomainError
from shared.files.columns import Column
from shared.files.problems import Problem, masked_params, shown
from shared.http.problems import translate
from shared.http.validation import Fault
from shared.policy.edition import Edition, Editions

MAX_PROBLEMS: Final = 1_000
"""A file with more is not read to its end."""

MAX_ROWS_AT_THE_END: Final = 5_000
"""What is kept in memory and carried out at the file's end, its last step under the locks of all its centres."""

DIFFERS: Final = "import-row-differs"

Status: TypeAlias = Literal["inserted", "unchanged", "refused"]


@dataclass(frozen=True, slots=True)
class Row:
    """One row as the request it stands for."""

    sheet: str
    number: int
    values: Mapping[str, object]
    sent: BaseModel


@dataclass(frozen=True, slots=True)
class Work:
    """One import: in whose name, under which edition. `proposed_by` checked what the caller now approves."""

    editions: Editions
    edition: Edition
    principal: Principal
    proposed_by: str | None = None

    @property
    def proposer(self) -> str:
        """Who entered the file; whoever checks it now, as long as nobody has approved it."""
        return self.proposed_by or self.principal.account_id

    @property
    def first_day(self) -> date:
        """The policy's: records that are taken over lie before it."""
        return min(edition.first_day for edition in self.editions)


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

    def add(self, other: Tally) -> None:
        """What came of some of the rows, which were counted as rows before."""
        self.inserted += other.inserted
        self.unchanged += other.unchanged
        self.refused += other.refused
        self.problems += other.problems

    @property
    def full(self) -> bool:
        """Whether there is no use in looking for more problems."""
        return len(self.problems) >= MAX_PROBLEMS


def first_name(field: str) -> str:
    """`service_kinds` of `service_kinds.0`."""
    return field.partition(".")[0]


class Carrying(Protocol):
    """One file being carried out. `take` gets its good rows in chunks; what needs the locks of centres and operators
    waits for `settle`, which is called once, at the end, so that nobody waits for the whole file."""

    async def take(self, rows: Sequence[Row], tally: Tally) -> None:
        """A chunk of rows; counts those that it has carried out or refused."""

    async def settle(self, tally: Tally) -> None:
        """The rest. Raises Overtaken where what the file was judged by is not so any more."""


class Overtaken(DomainError):
    """A centre or enterprise changed while the file was carried out: it has to begin again."""

    def __init__(self) -> None:
        super().__init__("import-overtaken", 409)


Apply: TypeAlias = Callable[[AsyncSession, Work, Sequence[Row], Tally], Awaitable[None]]
Begin: TypeAlias = Callable[[AsyncSession, Work], Carrying]


@dataclass(frozen=True, slots=True)
class _Chunks:
    session: AsyncSession
    work: Work
    apply: Apply

    async def take(self, rows: Sequence[Row], tally: Tally) -> None:
        await self.apply(self.session, self.work, rows, tally)

    async def settle(self, _: Tally) -> None:
        """Every chunk was carried out when it came."""


def by_chunks(apply: Apply) -> Begin:
    """Carries each chunk out as it comes."""
    return lambda session, work: _Chunks(session, work, apply)


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of import: who may, its columns under an edition, the request that a row stands for, what makes two rows
    the same, and carrying rows out. `subject` is the column that a refusal of the whole row is shown at, `refused_at`
    the columns of those that are about another one. `approved`: another person must approve what was checked.
    `column_of` finds the column of a field of the request, where it is not the field's own first name. `max_rows`: more
    are refused, where a file is kept to its end; None where it is carried out by chunks."""

    name: str
    title_zh: str
    roles: tuple[str, ...]
    columns: Callable[[Edition], Sequence[Column]]
    request: Callable[[Mapping[str, object]], BaseModel]
    key: Callable[[BaseModel], object]
    begin: Begin
    subject: str
    refused_at: Mapping[str, str] = field(default_factory=dict)
    approved: bool = False
    max_rows: int | None = MAX_ROWS_AT_THE_END
    column_of: Callable[[str], str] = first_name


def refusals(kind: Kind, row: Row, error: Exception) -> list[Problem]:
    """A use case's refusal as problems of the row."""
    refused, faults = translate(error)
    if faults:
        return [fault_problem(kind, row.sheet, row.number, fault, row.values) for fault in faults]
    column = kind.refused_at.get(refused.code, kind.subject)
    if refused.code == DIFFERS:
        column = str(refused.params["column"])
    value = shown(column, row.values.get(column))
    return [Problem(row.sheet, row.number, column, value, refused.code, False, masked_params(refused.params))]


def fault_problem(kind: Kind, sheet: str, number: int, fault: Fault, values: Mapping[str, object]) -> Problem:
    """One field's fault, at the column that the field comes from."""
    column = kind.column_of(fault.field)
    return Problem(
        sheet, number, column, shown(column, values.get(column)), fault.type, True, masked_params(fault.params)
    )


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
    raise DomainError(DIFFERS, 409, params={"column": column, "value": shown(column, row.values[column]) or "…"})
