"""Finance bureau and treasury at work on a centre's angel fund."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import Any, Final
from uuid import UUID

from httpx import Response

from tests.finance.support import Desk, Json
from tests.support.identifiers import make_uscc

PATH: Final = "/v1/angel-funds"
MUNICIPAL: Final = make_uscc(0, division="540100")
"""The code of the edition."""
MANAGER: Final = make_uscc(7002)
CHECKLIST: Final = [
    {"item": item, "document_no": f"尽调-{item}"}
    for item in ("business", "finance", "legal", "ownership", "external_rules")
]
ROLES: Final = {
    "officer": "finance_officer",
    "officer_2": "finance_officer",
    "approver": "finance_approver",
    "approver_2": "finance_approver",
    "treasury": "treasury_officer",
    "treasury_approver": "treasury_approver",
    "auditor": "auditor",
    "admin": "admin",
    "enterprise": "enterprise",
    "operator": "centre_operator",
}

_slips = count(1)
_codes = count(7100)


def slip() -> str:
    return f"HD-{next(_slips):06d}"


def firm_code() -> str:
    return make_uscc(next(_codes))


@dataclass(frozen=True)
class Bureau:
    """Everybody who works on funds, each under an account named for the person."""

    desk: Desk

    async def send(self, person: str, path: str, body: object = None, **more: Any) -> Response:
        claims = {"roles": (ROLES[person],), "account_id": person, **more.pop("claims", {})}
        return await self.desk.post("admin", path, body, claims=claims, **more)

    async def get(self, person: str, path: str, *, claims: Json | None = None, **params: Any) -> Response:
        own = {"roles": (ROLES[person],), "account_id": person, **(claims or {})}
        return await self.desk.get("admin", path, claims=own, **params)

    async def ok(self, person: str, path: str, body: object = None, **more: Any) -> Json:
        answer = await self.send(person, path, body, **more)
        assert answer.status_code in (200, 201), answer.text
        return dict(answer.json())

    async def registered(self, centre: UUID, **other: Any) -> Json:
        return await self.ok("officer", PATH, fund_body(centre, **other))

    async def active(self, centre: UUID, **other: Any) -> Json:
        fund = await self.registered(centre, **other)
        return await self.ok("approver", f"{PATH}/{fund['id']}/approve")

    async def prepared(self, fund: Json, kind: str, body: Json) -> Json:
        path = f"{PATH}/{fund['id']}/{kind}"
        return await self.ok("officer", path, {"document_no": f"文-{slip()}", **body})

    async def confirm(self, fund: Json, order: Json, person: str = "approver", **more: Any) -> Response:
        return await self.send(person, f"{PATH}/{fund['id']}/orders/{order['id']}/confirm", **more)

    async def done(self, fund: Json, kind: str, body: Json, person: str = "approver") -> Json:
        order = await self.prepared(fund, kind, body)
        answer = await self.confirm(fund, order, person)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def pay(self, fund: Json, order: Json, person: str = "treasury", **more: Any) -> Response:
        path = f"{PATH}/{fund['id']}/orders/{order['id']}/pay"
        return await self.send(person, path, {"bank_slip_no": slip()}, **more)

    async def receive(self, fund: Json, order: Json, person: str = "treasury", **more: Any) -> Response:
        path = f"{PATH}/{fund['id']}/orders/{order['id']}/receive"
        return await self.send(person, path, {"bank_slip_no": slip()}, **more)

    async def read(self, fund: Json) -> Json:
        answer = await self.get("auditor", f"{PATH}/{fund['id']}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def statement(self, fund: Json) -> Json:
        answer = await self.get("auditor", f"{PATH}/{fund['id']}/statement")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def closed(self, centre: UUID, municipal: str, *others: str) -> Json:
        """A fund with one closing: the municipal fund and other investors."""
        fund = await self.active(centre)
        lines = [subscription(amount) for amount in others]
        if municipal != "0.00":
            lines.append(subscription(municipal, municipal=True))
        await self.done(fund, "closings", {"subscriptions": lines})
        return await self.read(fund)

    async def called(self, fund: Json, *amounts: str) -> None:
        lines = [
            {"investor_id": investor["id"], "amount": amount}
            for investor, amount in zip(fund["investors"], amounts, strict=True)
            if amount != "0.00"
        ]
        await self.done(fund, "calls", {"due_on": "2019-06-30", "lines": lines})

    async def paid_in(self, fund: Json, investor: Json, amount: str) -> Response:
        """Through every step that it takes; the first refusal ends it."""
        body = {"document_no": f"文-{slip()}", "investor_id": investor["id"], "amount": amount}
        if not investor["municipal"]:
            body["bank_slip_no"] = slip()
        answer = await self.send("officer", f"{PATH}/{fund['id']}/payments", body)
        if answer.status_code != 201:
            return answer
        answer = await self.confirm(fund, answer.json())
        if answer.status_code != 200 or not investor["municipal"]:
            return answer
        return await self.pay(fund, answer.json())

    async def full(self, centre: UUID, municipal: str, *others: str) -> Json:
        """Subscribed, called and paid in, the others first."""
        fund = await self.closed(centre, municipal, *others)
        await self.called(fund, *(investor["subscribed"] for investor in fund["investors"]))
        for investor in fund["investors"]:
            answer = await self.paid_in(fund, investor, investor["subscribed"])
            assert answer.status_code == 200, answer.text
        return await self.read(fund)

    async def proposed(self, fund: Json, code: str, amount: str = "1000000.00") -> Json:
        body = {"enterprise_code": code, "amount": amount, "checklist": CHECKLIST}
        return await self.ok("officer", f"{PATH}/{fund['id']}/investments", body)

    async def vote(self, investment: Json, *votes: str) -> Response:
        ballots = [
            {"seat": number, "vote": vote, **({"reason": "关联"} if vote == "recused" else {})}
            for number, vote in enumerate(votes, start=1)
        ]
        path = f"{PATH}/{investment['fund_id']}/investments/{investment['id']}/vote"
        return await self.send("officer_2", path, {"minutes_no": "纪要〔2019〕1号", "ballots": ballots})

    async def approved(self, fund: Json, code: str, amount: str = "1000000.00") -> Json:
        investment = await self.proposed(fund, code, amount)
        assert (await self.vote(investment, "for", "for", "for")).status_code == 200
        path = f"{PATH}/{fund['id']}/investments/{investment['id']}/approve"
        return await self.ok("approver", path, {"document_no": "批〔2019〕1号"})

    async def on(self, investment: Json, kind: str, body: Json) -> Response:
        path = f"{PATH}/{investment['fund_id']}/investments/{investment['id']}/{kind}"
        return await self.send("officer", path, {"document_no": f"文-{slip()}", **body})

    async def invested(self, fund: Json, code: str, amount: str = "1000000.00") -> Json:
        investment = await self.approved(fund, code, amount)
        await self.moved(investment, "tranches", {"amount": amount, "bank_slip_no": slip()})
        return investment

    async def moved(self, investment: Json, kind: str, body: Json) -> Json:
        prepared = await self.on(investment, kind, body)
        assert prepared.status_code == 201, prepared.text
        answer = await self.confirm({"id": investment["fund_id"]}, prepared.json(), "approver_2")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())


def fund_body(centre: UUID, **other: Any) -> Json:
    seats = [{"role": "municipal", "organisation_code": MUNICIPAL}]
    seats += [{"role": "manager", "organisation_code": MANAGER}]
    seats += [{"role": "expert", "organisation_code": make_uscc(7003)}]
    return {
        "centre_id": str(centre),
        "name": "测试中心天使子基金",
        "manager_code": MANAGER,
        "document_no": "拉金办发〔2019〕8号",
        "seats": seats,
        **other,
    }


def subscription(amount: str, *, municipal: bool = False) -> Json:
    code = MUNICIPAL if municipal else firm_code()
    return {"code": code, "name": "出资人", "amount": amount}
