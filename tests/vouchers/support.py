"""The voucher service as a test meets it, and the short ways to the states that tests start from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import httpx
from sqlalchemy import text

from shared.clock import business_today
from shared.db import Database
from tests.support.tokens import Keys, bearer, internal_token
from tests.vouchers.callers import Caller
from tests.vouchers.registry import DIVISION, OTHER_DIVISION, TODAY, Firm, Registry, fresh_code

__all__ = ["DIVISION", "OTHER_DIVISION", "TODAY", "Caller", "Firm", "Registry", "fresh_code"]


def officer(division: str = DIVISION) -> Caller:
    return Caller(("division_officer",), division=division)


def approver(division: str = DIVISION) -> Caller:
    return Caller(("division_approver",), division=division)


SCIENCE_OFFICER = Caller(("science_officer",))
SCIENCE_APPROVER = Caller(("science_approver",))
AUDITOR = Caller(("auditor",))
PUBLIC = Caller(("public",), account_id="anonymous")


class Api:
    """HTTP to the service with a caller's token; a POST gets an idempotency key of its own unless told otherwise."""

    def __init__(self, client: httpx.AsyncClient, keys: Keys, *, today: date | None = TODAY) -> None:
        self.client = client
        self.keys = keys
        self.today = today

    def headers(self, caller: Caller, today: date | None = None) -> dict[str, str]:
        token = internal_token(
            self.keys,
            "vouchers",
            caller.roles,
            account_id=caller.account_id,
            org=caller.org,
            division=caller.division,
            person_ref=caller.person_ref,
            today=today or self.today,
        )
        return bearer(token)

    async def get(self, caller: Caller, path: str, *, today: date | None = None, **params: object) -> httpx.Response:
        return await self.client.get(path, params=_query(params), headers=self.headers(caller, today))

    async def post(
        self,
        caller: Caller,
        path: str,
        body: dict[str, Any] | None = None,
        *,
        key: str | None = "",
        today: date | None = None,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        sent = {**self.headers(caller, today), **(headers or {})}
        if key is not None:
            sent["Idempotency-Key"] = key or uuid4().hex
        return await self.client.post(path, json=body, headers=sent)

    async def ok(self, caller: Caller, path: str, body: dict[str, Any] | None = None, **options: Any) -> dict[str, Any]:
        """The answer of a POST that must succeed."""
        response = await self.post(caller, path, body, **options)
        assert response.is_success, response.text
        answer: dict[str, Any] = response.json()
        return answer


def _query(params: dict[str, object]) -> dict[str, str]:
    return {name: str(value) for name, value in params.items()}


def code_of(response: httpx.Response) -> tuple[int, str]:
    """Status and problem code of a refusal."""
    return response.status_code, response.json().get("code", "")


_invoices = count(1)


def fresh_invoice() -> dict[str, str]:
    """An electronic invoice that no other test has."""
    return {"number": f"2419{next(_invoices):016}"}


@dataclass(frozen=True)
class Seller:
    id: str
    code: str
    account_id: str

    @property
    def caller(self) -> Caller:
        return Caller(("provider",), account_id=self.account_id, org=self.code)


class Town:
    """What a test about vouchers needs around it."""

    def __init__(self, api: Api, db: Database) -> None:
        self.api = api
        self.db = db
        self.registry = Registry(db)

    async def programme(self, division: str = DIVISION, *, opened: bool = True, **terms: Any) -> str:
        body = {"kind": "innovation", "year": 2019, "budget": "1000000.00", "drafted_on": "2019-03-18", **terms}
        drafted = await self.api.ok(officer(division), "/v1/voucher-programmes", body)
        path = f"/v1/voucher-programmes/{drafted['id']}"
        if opened:
            await self.api.ok(approver(division), f"{path}/open", {"decided_on": "2019-03-19"})
        return str(drafted["id"])

    async def provider(
        self, *, code: str | None = None, categories: Sequence[str] = ("legal_protection",), ref: str | None = None
    ) -> Seller:
        """An admitted provider, represented by somebody of its own unless told by whom. It applied a month ago, and was
        on public notice since."""
        code = code or fresh_code()
        ref = ref or f"person-of-{code}"
        account, day = f"seller-{code}", (self.api.today or business_today()) - timedelta(days=30)
        body = {"name": "测试服务机构", "categories": list(categories), "legal_representative_ref": ref}
        declared = {**body, "declares_no_penalty": True}
        applied = await self.api.ok(Caller(("provider",), account, org=code), "/v1/providers", declared, today=day)
        path = f"/v1/providers/{applied['id']}"
        await self.api.ok(SCIENCE_OFFICER, f"{path}/review", today=day)
        await self.api.ok(SCIENCE_OFFICER, f"{path}/notice", today=day)
        await self.api.ok(SCIENCE_APPROVER, f"{path}/admit")
        return Seller(str(applied["id"]), code, account)

    async def voucher(
        self, programme_id: str, firm: Firm, face_value: str = "1000.00", *, division: str = DIVISION, **more: Any
    ) -> dict[str, Any]:
        """A voucher that one person issued and another approved."""
        body = {"programme_id": programme_id, "enterprise_id": str(firm.id), "face_value": face_value, **more}
        issued = await self.api.ok(officer(division), "/v1/vouchers", body)
        return await self.api.ok(approver(division), f"/v1/vouchers/{issued['id']}/approve")

    async def code(self, firm: Firm, voucher_id: str) -> str:
        response = await self.api.get(firm.caller, f"/v1/vouchers/{voucher_id}/code")
        assert response.status_code == 200, response.text
        return str(response.json()["code"])

    async def standing(self, face_value: str = "1000.00", **terms: Any) -> Standing:
        """A centre with a firm that holds a voucher, and a provider."""
        centre_id = await self.registry.centre()
        firm = await self.registry.tenant(centre_id)
        voucher = await self.voucher(await self.programme(**terms), firm, face_value)
        code = await self.code(firm, voucher["id"])
        return Standing(self, centre_id, firm, await self.provider(), voucher["id"], code)

    async def one(self, sql: str, **values: object) -> Any:
        """The only value of a query behind the service's back."""
        async with self.db.transaction() as session:
            return await session.scalar(text(sql), values)

    async def rows(self, sql: str, **values: object) -> list[Any]:
        async with self.db.transaction() as session:
            return list(await session.execute(text(sql), values))

    async def events(self, subject: str, name: str) -> int:
        sql = "SELECT count(*) FROM event_log WHERE aggregate_id = CAST(:subject AS uuid) AND type = :name"
        return int(await self.one(sql, subject=subject, name=name))


@dataclass(frozen=True)
class Standing:
    """A voucher ready to be used."""

    town: Town
    centre_id: UUID
    firm: Firm
    seller: Seller
    voucher_id: str
    code: str

    def sale(self, price: str, **more: Any) -> dict[str, Any]:
        """A sale on an invoice of its own, unless told otherwise."""
        return {"code": self.code, "category": "legal_protection", "price": price, "invoice": fresh_invoice(), **more}

    async def at_counter(self, price: str, **options: Any) -> httpx.Response:
        more = options.pop("more", {})
        if key := options.get("key"):
            more = {"invoice": {"number": f"{UUID(key).int % 10**20:020}"}, **more}
        body = self.sale(price, **more)
        return await self.town.api.post(self.seller.caller, "/v1/redemptions/counter", body, **options)

    async def hold(self, price: str) -> dict[str, Any]:
        body = {
            "voucher_id": self.voucher_id,
            "provider_id": self.seller.id,
            "category": "legal_protection",
            "price": price,
        }
        return await self.town.api.ok(self.firm.caller, "/v1/redemptions", body)

    async def step(self, caller: Caller, redemption_id: str, verb: str) -> httpx.Response:
        body = {"invoice": fresh_invoice()} if verb == "redeem" else None
        return await self.town.api.post(caller, f"/v1/redemptions/{redemption_id}/{verb}", body)

    async def voucher(self) -> dict[str, Any]:
        response = await self.town.api.get(self.firm.caller, f"/v1/vouchers/{self.voucher_id}")
        assert response.status_code == 200, response.text
        answer: dict[str, Any] = response.json()
        return answer

    async def parts(self) -> tuple[str, str, str]:
        """Balance, held, spent."""
        voucher = await self.voucher()
        return voucher["balance"], voucher["held"], voucher["spent"]

    async def journal_total(self) -> Decimal:
        """What the journal says is owed to providers for this voucher; the other side is checked to agree."""
        sql = (
            "SELECT account, sum(amount) AS total FROM posting JOIN journal_entry ON journal_entry.id = entry_id"
            " JOIN redemption ON redemption.id = redemption_id WHERE voucher_id = CAST(:id AS uuid) GROUP BY account"
        )
        totals = {row.account: row.total for row in await self.town.rows(sql, id=self.voucher_id)}
        owed: Decimal = -totals.get("provider_payable", Decimal("0.00"))
        assert owed == totals.get("programme_subsidy", Decimal("0.00"))
        return owed
