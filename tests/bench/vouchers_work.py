"""What is done with vouchers, measured: by the one who asks, over the service's own endpoints."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final
from uuid import UUID, uuid4

import httpx
from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.expiry.usecases import expire_some
from services.vouchers.redemptions.sweeps import expire_due
from shared.events.outbox import EventContext
from shared.policy.edition import Editions
from tests.bench.vouchers_data import DIVISIONS, Size, centre_id, code_of, voucher_id
from tests.vouchers.support import AUDITOR, SCIENCE_OFFICER, TODAY, Caller, Town, officer

WARM: Final = 20
SALES: Final = 300
STEPS: Final = 80
PAGES: Final = 15
SWEEPS: Final = 5
DEEP: Final = 15
"""Pages of 200 before the one that counts as deep."""


@dataclass
class Taken:
    """How long each took, in milliseconds."""

    each: list[float] = field(default_factory=list)
    note: str = ""

    @property
    def median(self) -> float:
        return statistics.median(self.each)

    @property
    def p99(self) -> float:
        return sorted(self.each)[min(len(self.each) - 1, round(0.99 * len(self.each)))]


Figures = dict[str, Taken]


@dataclass
class Work:
    """One run over a filled database."""

    town: Town
    editions: Editions
    figures: Figures = field(default_factory=dict)
    size: Size = field(default_factory=lambda: Size(0))
    chance: random.Random = field(default_factory=random.Random)
    times: int | None = None
    _vouchers: list[int] = field(default_factory=list)

    async def all_of_it(self, size: Size, chance: random.Random, times: int | None = None) -> Figures:
        """Everything, so many times each unless `times` says otherwise."""
        self.choose(size, chance, times)
        await self.counter()
        await self.steps()
        await self.lists()
        await self.sweeps()
        await self.month()
        await self.statements()
        await self.city()
        return self.figures

    def choose(self, size: Size, chance: random.Random, times: int | None = None) -> None:
        """The vouchers that are going to be used."""
        self.size, self.chance, self.times = size, chance, times
        running = range(size.first_running, size.vouchers + 1)
        # Away from the centres that are delisted.
        fit = [number for number in chance.sample(running, min(len(running), 4000)) if self._centre(number) > 6]
        self._vouchers = fit

    def _count(self, usual: int) -> int:
        return usual if self.times is None else self.times

    def _centre(self, voucher: int) -> int:
        return self.size.firm_of(voucher) % self.size.centres + 1

    def seller(self, number: int) -> Caller:
        return Caller(("provider",), account_id=f"seller-{number}", org=self.size.provider_code(number))

    def holder(self, voucher: int) -> Caller:
        code = self.size.firm_code(self.size.firm_of(voucher))
        return Caller(("enterprise",), account_id=f"firm-{code}", org=code)

    async def timed(self, name: str, doing: Awaitable[object], *, note: str = "") -> Any:
        started = time.perf_counter()
        done = await doing
        took = (time.perf_counter() - started) * 1000
        if isinstance(done, httpx.Response):
            assert done.is_success, (name, done.text)
        taken = self.figures.setdefault(name, Taken())
        taken.each.append(took)
        taken.note = note or taken.note
        return done

    def _sale(self, voucher: int) -> dict[str, Any]:
        number = f"{uuid4().int % 10**20:020}"
        invoice = {"number": number}
        return {"code": code_of(voucher), "category": "legal_protection", "price": "20.00", "invoice": invoice}

    def _a_seller(self) -> Caller:
        return self.seller(1 + self.chance.randrange(self.size.providers))

    async def counter(self) -> None:
        for number in range(self._count(WARM + SALES)):
            voucher = self._vouchers.pop()
            name = "(warming)" if number < WARM and self.times is None else "counter: scan and redeem"
            seller = self._a_seller()
            path = "/v1/redemptions/counter"
            await self.timed(name, self.town.api.post(seller, path, self._sale(voucher)))
        self.figures.pop("(warming)", None)

    async def steps(self) -> None:
        post = self.town.api.post
        for _ in range(self._count(STEPS)):
            voucher, seller = self._vouchers.pop(), self._a_seller()
            sale = self._sale(voucher)
            held = await self.timed("hold", post(seller, "/v1/redemptions", sale))
            path = f"/v1/redemptions/{held.json()['id']}"
            await self.timed("deliver", post(seller, f"{path}/deliver"))
            await self.timed("redeem", post(self.holder(voucher), f"{path}/redeem"))

    async def lists(self) -> None:
        uses, own = "/v1/redemptions", "/v1/vouchers"
        firm, division = self.holder(self._vouchers.pop()), officer(DIVISIONS[0])
        largest, middle = self.seller(1), self.seller(max(self.size.providers // 2, 1))
        asked: list[tuple[str, Caller, str, dict[str, Any]]] = [
            ("provider, its largest: first page", largest, uses, {}),
            ("provider, a middling: first page", middle, uses, {}),
            ("provider: held", largest, uses, {"status": "held"}),
            ("provider: called off", largest, uses, {"status": "released"}),
            ("provider: disputed (none)", largest, uses, {"status": "disputed"}),
            (
                "provider: of a category in May",
                largest,
                uses,
                {"category": "legal_protection", "held_from": "2019-05-01"},
            ),
            ("enterprise: redemptions", firm, uses, {}),
            ("enterprise: redemptions held", firm, uses, {"status": "held"}),
            ("enterprise: vouchers", firm, own, {}),
            ("enterprise: vouchers usable", firm, own, {"usable_on": TODAY}),
            ("issuer: redemptions", division, uses, {}),
            ("issuer: delivered, to confirm", division, uses, {"status": "delivered", "confirm_to": "2019-06-10"}),
            ("issuer: held", division, uses, {"status": "held"}),
            ("issuer: disputed (none)", division, uses, {"status": "disputed"}),
            (
                "issuer: vouchers that end in June",
                division,
                own,
                {"valid_until_from": TODAY, "valid_until_to": "2019-06-30"},
            ),
            ("issuer: vouchers frozen (none)", division, own, {"status": "frozen"}),
            ("bureau: redemptions", AUDITOR, uses, {}),
            ("bureau: disputed (none)", AUDITOR, uses, {"status": "disputed"}),
            ("bureau: one by its number", AUDITOR, uses, {"no": "RD-2019-0000"}),
            ("bureau: of a voucher", AUDITOR, uses, {"voucher_id": voucher_id(self._vouchers[-1])}),
        ]
        for name, caller, path, query in asked:
            for _ in range(self._count(PAGES)):
                page = await self.timed(f"list: {name}", self.town.api.get(caller, path, **query))
                self.figures[f"list: {name}"].note = f"{len(page.json()['items'])} rows"
        for name, caller, path in (
            ("provider, its largest: deep page", largest, uses),
            ("issuer: deep page", division, uses),
            ("issuer: vouchers, deep page", division, own),
        ):
            await self.deep(f"list: {name}", caller, path)

    async def deep(self, name: str, caller: Caller, path: str) -> None:
        cursor: dict[str, Any] = {}
        for _ in range(DEEP):
            page = await self.town.api.get(caller, path, limit=200, **cursor)
            following = page.json()["next"]
            if following is None:
                break
            cursor = {"cursor": following}
        for _ in range(self._count(PAGES)):
            await self.timed(name, self.town.api.get(caller, path, **cursor))

    async def sweeps(self) -> None:
        context = EventContext("bench", TODAY, str(uuid4()), None, simulated=True)

        async def stop(session: AsyncSession) -> int:
            return (await expire_some(session, self.editions, TODAY, context, at_once=100)).count

        async def release(session: AsyncSession) -> int:
            return (await expire_due(session, TODAY - timedelta(days=0), context, at_once=20)).seen

        for _ in range(self._count(SWEEPS)):
            await self.timed("expiry: 100 vouchers", self._inside(stop), note="a chunk")
            await self.timed("expiry: 20 holds and orders", self._inside(release), note="a chunk")
        for number in range(self._count(SWEEPS)):
            centre = UUID(centre_id(number + 1 if self.times is None else 6))
            await self.timed("delisting: centre with 50 tenants", self.town.registry.delist(centre))

    async def statements(self) -> None:
        """The largest issuer's month."""
        for _ in range(self._count(3)):
            answer = self.town.api.get(officer(DIVISIONS[0]), "/v1/settlements/statements/issuer", period="2019-05")
            await self.timed("settlement: statement of a month", answer)

    async def _inside(self, doing: Callable[[AsyncSession], Awaitable[int]]) -> int:
        async with self.town.db.transaction() as session:
            count = await doing(session)
        assert count > 0, "nothing was due"
        return count

    async def month(self) -> None:
        """The largest issuer's month, or another's where that is drafted."""
        division = DIVISIONS[0] if self.times is None else DIVISIONS[1]
        drafted = await self.timed(
            "settlement: collect a month",
            self.town.api.post(officer(division), "/v1/settlements", {"period": "2019-05"}),
        )
        taken = self.figures["settlement: collect a month"]
        taken.note = f"{drafted.json()['line_count']} lines"
        path = f"/v1/settlements/{drafted.json()['id']}/collect"
        await self.timed("settlement: collect again", self.town.api.post(officer(division), path))

    async def city(self) -> None:
        asked: list[tuple[str, str, dict[str, Any]]] = [
            ("use by division, this year", "", {}),
            ("use by category, one division", "", {"by": "category", "issuer_division": DIVISIONS[0]}),
            ("use by month, size", "", {"by": ["month", "size"]}),
            ("use by provider, this year", "", {"by": "provider"}),
            ("burn of budgets", "/burn", {}),
            ("what lapses", "/lapses", {}),
        ]
        for name, path, query in asked:
            headers = self.town.api.headers(SCIENCE_OFFICER)
            url = f"/v1/voucher-usage{path}"
            for _ in range(self._count(3)):
                await self.timed(f"city: {name}", self.town.api.client.get(url, params=dict(query), headers=headers))
