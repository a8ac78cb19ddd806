"""The counters as JSON, and as a table."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import ClassVar

from shared.http.schemas import Request, Response


class EcosystemQuery(Request):
    """`on`: the day looked at; today without it. What is counted by the year is counted from its first day to this."""

    on: date | None = None


class CounterOut(Response):
    """One number: what is counted (`area`, `item`, and `word` of the edition where it is counted by one), and the list
    behind it. `target` is the number that the edition names; `missing` what there is to it."""

    area: str
    item: str
    word: str | None
    count: int
    target: Decimal | None
    missing: int | None
    clause: str
    list: str


class EcosystemOut(Response):
    """The city on one day."""

    exported: ClassVar[str] = "counters"

    on: date
    year: int
    edition: str
    counters: list[CounterOut]
