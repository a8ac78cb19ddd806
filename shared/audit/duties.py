"""What a service knows that the auditor asks of all of them alike, and how it says so.

    audit=Duties(populations=(Population("grants_paid", money=True, find=grants_paid),), ties=ties, spending=spending)

Nothing here names a person: people are the opaque references that the registry gives out, addresses and accounts are
digests that only tell whether two are the same.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Final, Literal
from uuid import UUID

from pydantic import Field
from sqlalchemy import ColumnElement, Select, literal, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from shared.db import Database
from shared.http.schemas import Response
from shared.money import SignedMoney

if TYPE_CHECKING:
    from shared.runtime import Runtime

Shared = Literal["person", "organisation", "address", "bank_account"]
"""What two parties may have in common."""

Source = ColumnElement[Any] | InstrumentedAttribute[Any]
"""A column of any type, hence Any."""

MOST_ROWS: Final = 200_000
"""Rows of one answer; more is refused and never cut."""


@dataclass(frozen=True, slots=True)
class Asked:
    """For which days (both inclusive) a source looks; `process` for settings and keys."""

    session: AsyncSession
    process: Runtime
    since: date
    until: date


class Member(Response):
    """A member of a population: a case, or a line of the case that `path` leads to; it belongs to the stratum of a
    division, tier, programme or kind."""

    id: UUID
    no: str | None
    path: str
    on: date
    stratum: str
    amount: SignedMoney | None = None


class Tie(Response):
    """A party and something of it that another may have too; `capacity` says what it is to the party."""

    party: str
    party_id: UUID
    party_no: str | None
    shared: Shared
    value: str
    capacity: str


class Flow(Response):
    """Money that went from one to another; `from_id` is None for the public purse."""

    from_id: UUID | None
    to_id: UUID
    kind: str
    amount: SignedMoney
    cases: int


class Ties(Response):
    """What a service knows of who is who, and who paid whom."""

    ties: list[Tie] = Field(default_factory=list)
    flows: list[Flow] = Field(default_factory=list)


class Spent(Response):
    """One payment of public money: a negative amount came back. `programme` is the budget line."""

    case_id: UUID
    case_no: str
    path: str
    on: date
    programme: str
    division: str | None
    applicant: str | None
    amount: SignedMoney


class Planned(Response):
    """What a programme or a division was given for a year."""

    programme: str
    division: str | None
    year: int
    amount: SignedMoney


class Spending(Response):
    """A service's payments of a year, and what was planned for it."""

    spent: list[Spent] = Field(default_factory=list)
    planned: list[Planned] = Field(default_factory=list)


FindMembers = Callable[[Asked], Awaitable[Sequence[Member]]]
FindTies = Callable[[Asked], Awaitable[Ties]]
FindSpending = Callable[[Asked], Awaitable[Spending]]


@dataclass(frozen=True, slots=True)
class Population:
    """Cases of one kind that something happened to within a period; `money` where each has an amount."""

    name: str
    money: bool
    find: FindMembers


@dataclass(frozen=True, slots=True)
class Duties:
    """Everything that one service registers."""

    populations: tuple[Population, ...] = ()
    ties: FindTies | None = None
    spending: FindSpending | None = None


def cases_of(
    path: str,
    *,
    row_id: Source,
    no: Source | None,
    on: Source,
    stratum: Source,
    amount: Source | None = None,
    where: Sequence[Source] = (),
    case_id: Source | None = None,
) -> FindMembers:
    """A population from one statement; `path` has `{id}` for the case, which is the row itself without `case_id`."""

    async def find(asked: Asked) -> Sequence[Member]:
        money = literal(None) if amount is None else amount
        found_at = row_id if case_id is None else case_id
        query: Select[Any] = select(row_id, literal(None) if no is None else no, on, stratum, money, found_at)
        query = query.where(on.between(asked.since, asked.until), *where).order_by(row_id).limit(MOST_ROWS + 1)
        return [
            Member(
                id=row[0],
                no=row[1],
                path=path.replace("{id}", str(row[5])),
                on=row[2],
                stratum=str(row[3] or "-"),
                amount=row[4],
            )
            for row in await asked.session.execute(query)
        ]

    return find


@contextlib.asynccontextmanager
async def snapshot(db: Database) -> AsyncIterator[AsyncSession]:
    """Everything read within is of one moment, and nothing is written."""
    async with db.transaction() as session:
        await session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
        yield session


def same(kind: str, value: str) -> str:
    """A digest by which two equal values are seen to be equal, whatever their spacing and case."""
    plain = "".join(value.split()).casefold()
    return hashlib.sha256(f"{kind}:{plain}".encode()).hexdigest()[:24]
