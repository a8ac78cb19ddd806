"""An issuer's office at a month's end: people, providers with accounts, redemptions, and a batch step by step."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import uuid4

import httpx

from tests.vouchers.callers import Caller
from tests.vouchers.registry import Firm
from tests.vouchers.support import SCIENCE_OFFICER, TODAY, Seller, Standing, Town

PERIOD = "2019-06"
PAID_ON = date(2019, 6, 20)

Json = dict[str, Any]


def person(role: str, division: str) -> Caller:
    return Caller((role,), account_id=f"{role}-{uuid4()}", division=division)


@dataclass
class Office:
    """One division with its people: `officer` drafts and checks, `approver` approves, `payer` pays."""

    town: Town
    division: str
    programmes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.officer = person("division_officer", self.division)
        self.approver = person("division_approver", self.division)
        self.approver_2 = person("division_approver", self.division)
        self.payer = person("division_officer", self.division)

    async def programme(self) -> str:
        if not self.programmes:
            self.programmes.append(await self.town.programme(self.division, budget="100000000.00"))
        return self.programmes[0]

    async def seller(self, *, account: str | None = "6217001234567890123", code: str | None = None) -> Seller:
        """An admitted provider with a confirmed account, unless told without."""
        seller = await self.town.provider(code=code)
        if account is not None:
            path = f"/v1/providers/{seller.id}/accounts"
            body = {"account_name": "测试服务机构", "bank_name": "中国建设银行拉萨分行", "number": account}
            proposed = await self.town.api.ok(seller.caller, path, body)
            await self.town.api.ok(SCIENCE_OFFICER, f"{path}/{proposed['id']}/confirm")
        return seller

    async def holder(self, face_value: str = "50000.00", seller: Seller | None = None) -> Standing:
        """A firm with a voucher of this issuer, and a seller."""
        centre = await self.town.registry.centre(owner=self.division, site=self.division)
        firm: Firm = await self.town.registry.tenant(centre)
        voucher = await self.town.voucher(await self.programme(), firm, face_value, division=self.division)
        code = await self.town.code(firm, voucher["id"])
        return Standing(self.town, centre, firm, seller or await self.seller(), voucher["id"], code)

    async def sold(self, standing: Standing, *prices: str, **more: Any) -> list[Json]:
        """Captured at the counter."""
        found = []
        for price in prices:
            answer = await standing.at_counter(price, more=more)
            assert answer.status_code == 201, answer.text
            found.append(answer.json())
        return found

    async def post(self, caller: Caller, path: str, body: Json | None = None, **options: Any) -> httpx.Response:
        return await self.town.api.post(caller, f"/v1/settlements{path}", body, **options)

    async def ok(self, caller: Caller, path: str, body: Json | None = None, **options: Any) -> Json:
        return await self.town.api.ok(caller, f"/v1/settlements{path}", body, **options)

    async def get(self, path: str, caller: Caller | None = None, **params: Any) -> Json:
        response = await self.town.api.get(caller or self.officer, path, **params)
        assert response.status_code == 200, response.text
        answer: Json = response.json()
        return answer

    async def drafted(self, period: str = PERIOD, **options: Any) -> Json:
        return await self.ok(self.officer, "", {"period": period}, **options)

    async def inspected(self, batch: Json, **options: Any) -> Json:
        """Checked, with every sampled line passed."""
        path = f"/{batch['id']}"
        await self.ok(self.officer, f"{path}/check", **options)
        await self.ok(self.officer, f"{path}/sample", **options)
        for line in (await self.get(f"/v1/settlements{path}/sample"))["items"]:
            if line["inspection"] is None and line["status"] == "included":
                body = {"line_id": line["id"], "outcome": "passed", "findings": "与现场一致"}
                await self.ok(self.officer, f"{path}/inspections", body, **options)
        return await self.get(f"/v1/settlements{path}")

    async def approved(self, period: str = PERIOD, *, start: date = TODAY) -> Json:
        """A batch that is approved on the first day after its notice."""
        batch = await self.drafted(period, today=start)
        await self.inspected(batch, today=start)
        notice = await self.ok(self.officer, f"/{batch['id']}/notice", today=start)
        day = date.fromisoformat(notice["first_decision_day"])
        return await self.ok(self.approver, f"/{batch['id']}/approve", today=day)

    async def filed(self, period: str = PERIOD, *, start: date = TODAY) -> Json:
        batch = await self.approved(period, start=start)
        day = date.fromisoformat(batch["approved_on"])
        return await self.ok(self.payer, f"/{batch['id']}/payment-file", today=day)

    async def orders(self, batch: Json) -> tuple[list[Json], Json]:
        """The payment file's payments and control totals, read back from its .csv."""
        response = await self.town.api.get(self.payer, f"/v1/settlements/{batch['id']}/payment-file", today=PAID_ON)
        assert response.status_code == 200, response.text
        rows = list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"))))
        control = {row["kind"]: row["control"] for row in rows if row["kind"] != "payment"}
        return [row for row in rows if row["kind"] == "payment"], control

    async def answer(
        self,
        batch: Json,
        *,
        outcomes: Sequence[str] = (),
        settled_on: date = PAID_ON,
        only: Sequence[int] | None = None,
    ) -> Json:
        """The bank's answer as JSON: everything paid, unless told what became of which payment."""
        orders, control = await self.orders(batch)
        results = []
        for number, order in enumerate(orders):
            if only is not None and number not in only:
                continue
            outcome = outcomes[number] if number < len(outcomes) else "paid"
            one = {
                "reference": order["reference"],
                "outcome": outcome,
                "amount": order["amount"],
                "settled_on": settled_on.isoformat(),
            }
            one |= {"bank_reference": f"CCB-{order['reference']}"} if outcome == "paid" else {"reason": "账号户名不符"}
            results.append(one)
        total = sum((Decimal(one["amount"]) for one in results), Decimal("0.00"))
        digest = control["file_digest"]
        return {"results": results, "control": {"count": len(results), "amount": f"{total:.2f}", "file_digest": digest}}

    async def paid(self, period: str = PERIOD, *, start: date = TODAY, settled_on: date = PAID_ON) -> Json:
        """A batch that the bank has paid."""
        batch = (await self.filed(period, start=start))["settlement"]
        body = await self.answer(batch, settled_on=settled_on)
        await self.ok(self.payer, f"/{batch['id']}/results", body, today=settled_on)
        return await self.get(f"/v1/settlements/{batch['id']}")

    async def lines(self, batch: Json, **filters: Any) -> list[Json]:
        answer = await self.get(f"/v1/settlements/{batch['id']}/lines", limit=200, **filters)
        found: list[Json] = answer["items"]
        return found

    async def balances(self) -> dict[str, Decimal]:
        """The journal's balances of this issuer by account; debits positive."""
        sql = (
            "SELECT account, sum(amount) AS total FROM posting JOIN journal_entry ON journal_entry.id = entry_id"
            " JOIN redemption ON redemption.id = redemption_id WHERE issuer_division = :division GROUP BY account"
        )
        return {row.account: row.total for row in await self.town.rows(sql, division=self.division)}

    async def orders_made(self, batch: Json) -> int:
        sql = "SELECT count(*) FROM settlement_payment WHERE settlement_id = CAST(:id AS uuid)"
        return int(await self.town.one(sql, id=batch["id"]))

    async def reversed(self, use: Json, amount: str, *, today: date = TODAY) -> Json:
        """So much is taken back: proposed by the officer, approved by the approver."""
        path = f"/v1/redemptions/{use['id']}"
        body = {"reason_code": "service_returned", "text": "服务退订", "amount": amount}
        proposed = await self.town.api.ok(self.officer, f"{path}/reverse", body, today=today)
        return await self.town.api.ok(self.approver, f"{path}/reversals/{proposed['id']}/approve", today=today)

    async def payments_of(self, redemption_id: str) -> int:
        """How often the journal paid a redemption."""
        sql = "SELECT count(*) FROM journal_entry WHERE kind = 'payment' AND redemption_id = CAST(:id AS uuid)"
        return int(await self.town.one(sql, id=redemption_id))
