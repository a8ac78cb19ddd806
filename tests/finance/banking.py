"""Banks, enterprises and the finance bureau at work on products, authorisations, referrals and reconciled days."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from itertools import count
from typing import Any
from uuid import UUID

from httpx import Response

from shared.db import Database
from shared.events.contracts import registry as rg
from shared.ids import uuid7
from tests.finance.matching import tenancy
from tests.finance.support import OPERATOR, Desk, Json, deliver, list_centre, received
from tests.support.identifiers import make_uscc

REFERRALS = "/v1/referrals"
AUTHORISATIONS = "/v1/referrals/authorisations"
RECONCILIATIONS = "/v1/banks/reconciliations"
FIELDS = ["identity", "registration", "industry", "size", "tenancy", "statements"]
_firms = count(7000)
_references = count(1)


def new_reference(bank: str = "CCB") -> str:
    return f"{bank}-{next(_references):06d}"


@dataclass
class Street:
    """Everybody around the banks. `livemode` is that of all credentials."""

    desk: Desk
    livemode: bool | None = None
    today: date = date(2019, 5, 6)
    names: dict[str, str] = field(default_factory=dict)

    async def send(self, role: str, method: str, path: str, body: object = None, **more: Any) -> Response:
        claims = {
            "roles": (role,),
            "account_id": more.pop("account", f"{role}-{more.get('bank') or more.get('org') or 'city'}"),
            "today": more.pop("today", self.today),
            "bank": more.pop("bank", None),
            "org": more.pop("org", None),
            "livemode": more.pop("livemode", self.livemode),
        }
        if method == "GET":
            return await self.desk.get("admin", path, claims=claims, **more)
        return await self.desk.post("admin", path, body, claims=claims, **more)

    async def ok(self, role: str, path: str, body: object = None, *, status: int = 200, **more: Any) -> Json:
        answer = await self.send(role, "POST", path, body, **more)
        assert answer.status_code == status, answer.text
        return dict(answer.json())

    async def get(self, role: str, path: str, **more: Any) -> Json:
        answer = await self.send(role, "GET", path, **more)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def bank(self, path: str, body: object = None, *, bank: str = "CCB", **more: Any) -> Response:
        return await self.send("bank", "POST", path, body, bank=bank, **more)

    async def authorise(self, code: str, *banks: str, **other: Any) -> list[Json]:
        more = {name: other.pop(name) for name in ("today", "livemode") if name in other}
        body = {
            "banks": list(banks) or ["CCB"],
            "purpose": "loan_application",
            "fields": FIELDS,
            "valid_until": "2019-12-31",
            **other,
        }
        return list((await self.ok("enterprise", AUTHORISATIONS, body, status=201, org=code, **more))["items"])

    async def referred(self, code: str, *banks: str, **other: Any) -> list[Json]:
        """An enterprise authorises the banks and refers itself to them."""
        banks = banks or ("CCB",)
        if other.pop("authorise", True):
            await self.authorise(code, *banks)
        body = wish(*banks, **other)
        return list((await self.ok("enterprise", REFERRALS, body, status=201, org=code))["items"])

    async def step(self, referral: Json, verb: str, bank: str = "CCB", **body: Any) -> Json:
        """A bank's step that must succeed."""
        more = {name: body.pop(name) for name in ("key", "today", "livemode") if name in body}
        body.setdefault("reference", new_reference(bank))
        answer = await self.bank(f"{REFERRALS}/{referral['id']}/{verb}", body, bank=bank, **more)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def agreed(self, code: str, amount: str = "100000.00", bank: str = "CCB") -> Json:
        """Referred, accepted, offered and agreed."""
        (referral,) = await self.referred(code, bank, amount=amount)
        await self.step(referral, "accept", bank)
        await self.step(referral, "offer", bank, **offer(amount))
        return await self.ok("enterprise", f"{REFERRALS}/{referral['id']}/agree", org=code)


def wish(*banks: str, amount: str = "100000.00", product: str | None = None, **other: Any) -> Json:
    to = [{"bank": bank, **({"product": product} if product else {})} for bank in banks]
    return {"to": to, "amount": amount, "tenor_months": 12, "purpose": "购置设备", **other}


def offer(amount: str = "100000.00", **other: Any) -> Json:
    return {"amount": amount, "rate": "4.785", "tenor_months": 12, "until": "2019-05-31", **other}


async def firm(
    db: Database,
    *,
    seated: bool = True,
    code: str | None = None,
    centre_id: UUID | None = None,
    operator: str = OPERATOR,
    **other: Any,
) -> str:
    """An enterprise that finance knows, tenanted in a listed centre; its code."""
    enterprise_id, code = uuid7(), code or make_uscc(next(_firms))
    values: Json = {
        "name": "测试企业",
        "industry_code": "I6510",
        "division": "540102",
        "registered_on": date(2017, 5, 6),
        "legal_representative_ref": None,
        "graduate_founder": False,
        "size_class": "micro",
        "size_year": 2018,
        **other,
    }
    state = rg.EnterpriseState(id=enterprise_id, code=code, **values)
    await deliver(
        db, rg.EnterpriseRegistered, received(rg.EnterpriseRegistered, state, enterprise_id, 1, date(2019, 1, 7))
    )
    if seated:
        await tenancy(db, enterprise_id, centre_id or await list_centre(db, operator_code=operator))
    return code
