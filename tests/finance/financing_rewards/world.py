"""An enterprise with fresh capital, its investor, and the people who work on its reward."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import count
from typing import Any, Final
from uuid import UUID

from httpx import Response

from shared.db import Database
from shared.events.contracts import registry as rg
from shared.ids import uuid7
from tests.finance.matching import tenancy
from tests.finance.support import Desk, Json, deliver, list_centre, received
from tests.support.identifiers import make_uscc

PATH: Final = "/v1/financing-rewards"
INVESTOR: Final = make_uscc(8001)
NOTICE_OVER: Final = date(2019, 5, 14)
"""Announced on 6 May 2019, a Monday: five working days end on the 13th."""
ROLES: Final = {
    "enterprise": "enterprise",
    "operator": "centre_operator",
    "officer": "finance_officer",
    "approver": "finance_approver",
    "approver_2": "finance_approver",
    "treasury": "treasury_officer",
    "auditor": "auditor",
    "admin": "admin",
    "industry": "industry_approver",
}
REVIEW: Final = {
    "relation_document_no": "工商查询〔2019〕1号",
    "same_representative": False,
    "prior_holding_percent": "0",
}

_codes, _slips, _payments = count(8100), count(1), count(1)


@dataclass(frozen=True)
class Firm:
    """An enterprise tenanted in a listed centre."""

    id: UUID
    code: str
    centre: UUID


async def firm(db: Database, *, centre: UUID | None = None, tenanted: bool = True, **facts: Any) -> Firm:
    """As the registry tells of it."""
    centre = centre or await list_centre(db)
    state = enterprise_state(**facts)
    await deliver(db, rg.EnterpriseRegistered, received(rg.EnterpriseRegistered, state, state.id, 1, date(2019, 1, 7)))
    if tenanted:
        await tenancy(db, state.id, centre)
    return Firm(state.id, state.code, centre)


def enterprise_state(**facts: Any) -> rg.EnterpriseState:
    values: Json = {
        "id": uuid7(),
        "code": make_uscc(next(_codes)),
        "name": "测试企业",
        "industry_code": "I6510",
        "division": "540102",
        "registered_on": date(2018, 1, 1),
        "legal_representative_ref": None,
        "graduate_founder": False,
        "registered_address": "拉萨市城关区",
        "address_in_city": True,
        **facts,
    }
    return rg.EnterpriseState(**values)


async def know(db: Database, who: Firm, *, version: int = 2, **facts: Any) -> None:
    """The registry amends the enterprise."""
    state = enterprise_state(id=who.id, code=who.code, **facts)
    event = received(rg.EnterpriseAmended, state, who.id, version, date(2019, 5, 8))
    await deliver(db, rg.EnterpriseAmended, event)


async def merge(db: Database, gone: Firm, into: Firm, *, version: int = 2) -> None:
    state = enterprise_state(id=gone.id, code=gone.code, merged_into_id=into.id)
    event = received(rg.EnterpriseMerged, state, gone.id, version, date(2019, 6, 1))
    await deliver(db, rg.EnterpriseMerged, event)


def application(who: Firm, requested: str = "50000.00", **other: Any) -> Json:
    return {
        **facts(who, requested),
        "investor_name": "测试创投",
        "agreement_no": "投〔2019〕1号",
        "bank_slip_no": f"HD-R-{next(_slips):05d}",
        "capital_document_no": "变更〔2019〕1号",
        **other,
    }


def facts(who: Firm, requested: str = "50000.00", **other: Any) -> Json:
    return {
        "centre_id": str(who.centre),
        "enterprise_code": who.code,
        "investor_code": INVESTOR,
        "investor_type": "venture_capital",
        "investment_amount": "1000000.00",
        "arrived_on": "2019-04-01",
        "capital_registered_on": "2019-04-15",
        "requested": requested,
        **other,
    }


@dataclass(frozen=True)
class Bureau:
    """Everybody who works on rewards, each under an account named for the person."""

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

    async def apply(self, who: Firm, requested: str = "50000.00", **other: Any) -> Response:
        body = application(who, requested, **other)
        return await self.send("enterprise", PATH, body, claims={"org": who.code})

    async def applied(self, who: Firm, requested: str = "50000.00", **other: Any) -> Json:
        answer = await self.apply(who, requested, **other)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def step(self, person: str, reward: Json, verb: str, body: object = None, **more: Any) -> Response:
        return await self.send(person, f"{PATH}/{reward['id']}/{verb}", body, **more)

    async def announced(self, who: Firm, requested: str = "50000.00", **other: Any) -> Json:
        """Reviewed and put on public notice on the desk's day."""
        exception = other.pop("exception", None)
        asked = {"exception_asked": exception["reason"]} if exception else {}
        reward = await self.applied(who, requested, **asked, **other)
        review = {**REVIEW, "exception": exception}
        reviewed = await self.step("officer", reward, "review", review)
        assert reviewed.status_code == 200, reviewed.text
        notice = await self.step("officer", reward, "notice")
        assert notice.status_code == 201, notice.text
        return reward

    async def approve(self, reward: Json, amount: str, person: str = "approver", **claims: Any) -> Response:
        body = {"amount": amount, "document_no": "拉金办发〔2019〕20号"}
        return await self.step(person, reward, "approve", body, claims={"today": NOTICE_OVER, **claims})

    async def approved(self, who: Firm, amount: str = "50000.00", **other: Any) -> Json:
        reward = await self.announced(who, amount, **other)
        answer = await self.approve(reward, amount)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def pay(self, reward: Json, person: str = "treasury", **more: Any) -> Response:
        claims = {"today": NOTICE_OVER, **more.pop("claims", {})}
        body = {"reference": more.pop("reference", None) or f"国库-R-{next(_payments)}"}
        return await self.step(person, reward, "pay", body, claims=claims, **more)

    async def paid(self, who: Firm, amount: str = "50000.00", **other: Any) -> Json:
        answer = await self.pay(await self.approved(who, amount, **other))
        assert answer.status_code == 200, answer.text
        return dict(answer.json())
