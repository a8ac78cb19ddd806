"""One example's city: two centres, their firms and graduates, budget lines that are soon used up, and who asks what."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_DOWN, Decimal
from itertools import count
from typing import Any, Final
from uuid import UUID

from httpx import Response
from sqlalchemy import text

from services.finance.loans.states import GRADUATE, GRADUATE_JOINT, GUARANTEED, SMALL_MICRO
from shared.db import Database
from shared.ids import uuid7
from tests.finance.alliance_support.test_support import assessed
from tests.finance.appropriating import appropriate
from tests.finance.financing_rewards import world as rewards
from tests.finance.loans import lending
from tests.finance.matching import tenancy
from tests.finance.support import Desk, Json, list_centre

DAY: Final = date(2019, 5, 6)
LATER: Final = date(2020, 10, 12)
"""When loans of spring 2019 are long due."""
LINES: Final = Decimal("400000.00")
"""Of every programme and year: a handful of cases uses one up."""
CENT: Final = Decimal("0.01")
_references = count(1)


@dataclass(frozen=True)
class Move:
    """One request that somebody might send now."""

    role: str
    path: str
    body: Json | None = None
    who: str = "1"
    """Tells the people of one role apart."""
    today: date = DAY
    claims: Mapping[str, Any] = field(default_factory=dict)

    @property
    def verb(self) -> str:
        """The request without the case: what was tried how often is counted by it."""
        parts = self.path.split("?")[0].split("/")
        return "/".join(part for part in parts if len(part) != 36)[1:]


@dataclass(frozen=True)
class Draw:
    """What the example chose: which case, and how much money."""

    case: int
    size: int

    def of(self, whole: Decimal | str) -> str:
        """The whole, a part of it, a cent, or a cent too much."""
        whole = Decimal(whole)
        parts = (whole, whole / 3, CENT, whole / 2, whole + CENT, whole)
        part = parts[self.size % len(parts)].quantize(CENT, ROUND_DOWN)
        return str(max(part, CENT))


@dataclass
class City:
    """What an example plays in. `slots` are the loans that may be asked for: product, who applies and how."""

    db: Database
    desk: Desk
    centres: list[UUID] = field(default_factory=list)
    firms: list[rewards.Firm] = field(default_factory=list)
    graduates: list[str] = field(default_factory=list)
    records: dict[str, list[UUID]] = field(default_factory=dict)
    versions: count[int] = field(default_factory=lambda: count(20))
    """Of the centres' events."""
    delisted: dict[int, UUID] = field(default_factory=dict)
    """The case under which a centre is off the list, by its place."""

    async def found(self) -> None:
        """Everything that other services would have told by then."""
        await appropriate(self.db, years=range(2019, 2022), amount=LINES)
        self.centres = [await list_centre(self.db) for _ in range(2)]
        for number in range(3):
            facts: Json = {"size_class": "small", "size_year": 2018, "legal_representative_ref": f"LR-{number // 2}"}
            self.firms.append(await rewards.firm(self.db, centre=self.centres[number % 2], **facts))
        for number in range(2):
            ref, project = await lending.person(self.db), uuid7()
            await lending.stands_behind(self.db, ref, project_id=project)
            await tenancy(self.db, project, self.centres[number])
            self.graduates.append(ref)
        await lending.know_banks(self.db)
        for alliance in ("maker_spaces", "sci"):
            self.records[alliance] = await assessed(self.db, 6, alliance=alliance)

    @property
    def slots(self) -> list[tuple[str, str]]:
        """Loans by product and borrower; one of each is open at a time."""
        first, second, _ = self.firms
        one, other = self.graduates
        return [
            (GUARANTEED, first.code),
            (SMALL_MICRO, second.code),
            (GRADUATE, one),
            (GRADUATE_JOINT, one),
            (GRADUATE, other),
            (SMALL_MICRO, first.code),
        ]

    async def rows(self, query: str, **params: object) -> Sequence[Any]:
        async with self.db.transaction() as session:
            return (await session.execute(text(query), params)).all()

    async def row(self, query: str, **params: object) -> Any:
        """The first, or None."""
        found = await self.rows(query, **params)
        return found[0] if found else None

    async def send(self, desk: Desk, move: Move, key: str | None) -> Response:
        claims: Json = {"roles": (move.role,), "account_id": f"{move.role}-{move.who}", "today": move.today}
        return await desk.post("admin", move.path, move.body, key=key, claims={**claims, **move.claims})


def reference(prefix: str = "R") -> str:
    """A number that nobody has used."""
    return f"{prefix}{next(_references):08d}"


def papers() -> Json:
    return {"document_no": f"拉文〔2019〕{next(_references)}号", "minutes_no": f"纪要〔2019〕{next(_references)}号"}


def treasury_slip(draw: Draw) -> str:
    """Now and then one that has paid already, whatever it paid."""
    return "国库-同一张" if draw.size == 3 else reference("国库-")


Moves = Callable[[City, Draw], Awaitable[list[Move]]]
"""What may be sent next about a kind of case, the usual first."""
