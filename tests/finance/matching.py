"""A division's people at work on matching funds, and the enterprises that finance knows."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from itertools import count
from typing import Any
from uuid import UUID

from httpx import Response
from sqlalchemy import delete, text

from services.finance.matching_funds.models import MatchingFund, MatchingFundLine, MatchingFundRevision
from services.finance.projections import known_enterprise
from shared.db import Database
from shared.events.contracts import registry as rg
from shared.ids import uuid7
from tests.finance.support import Desk, Json, deliver, received
from tests.support.identifiers import make_uscc

PATH = "/v1/matching-funds"
_vouchers = count(1)
_firms = count(500)


@dataclass(frozen=True)
class Office:
    """A division's officer and approver, and whom else the test sends."""

    desk: Desk
    division: str = "540102"

    async def send(self, role: str, method: str, path: str, body: object = None, **more: Any) -> Response:
        claims = {
            "roles": (role,),
            "division": more.pop("division", self.division),
            "account_id": more.pop("account", f"{role}-{self.division}"),
            "today": more.pop("today", self.desk.today),
        }
        if method == "GET":
            return await self.desk.get("admin", path, claims=claims, **more)
        return await self.desk.post("admin", path, body, claims=claims, **more)

    async def officer(self, path: str, body: object = None, **more: Any) -> Response:
        return await self.send("division_officer", "POST", path, body, **more)

    async def approver(self, path: str, body: object = None, **more: Any) -> Response:
        return await self.send("division_approver", "POST", path, body, **more)

    async def recorded(self, amount: str = "100000.00", *, year: int = 2019, **more: Any) -> Json:
        body = {"year": year, "document_no": f"财发〔{year}〕1号", "amount": amount, **more}
        answer = await self.officer(PATH, body)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def approved(self, amount: str = "100000.00", *, year: int = 2019, **more: Any) -> Json:
        fund = await self.recorded(amount, year=year, **more)
        answer = await self.approver(f"{PATH}/{fund['id']}/approve")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def spend(self, fund: Json, amount: str, **other: Any) -> Response:
        more = {name: other.pop(name) for name in ("key", "account", "division", "today", "headers") if name in other}
        return await self.officer(f"{PATH}/{fund['id']}/spending", payment(amount, **other), **more)

    async def spent(self, fund: Json, amount: str, **other: Any) -> Json:
        """Recorded, and confirmed by another approver than the budget's."""
        more = {name: other[name] for name in ("division", "today") if name in other}
        answer = await self.spend(fund, amount, **other)
        assert answer.status_code == 201, answer.text
        confirmed = await self.confirm(fund, answer.json(), **more)
        assert confirmed.status_code == 200, confirmed.text
        return dict(confirmed.json())

    async def taken_back(self, fund: Json, line: Json, **body: Any) -> Json:
        """A payment's reversal: entered by one approver, confirmed by another."""
        sent = {"reason_code": "duplicate", "voucher_no": f"记-红-{next(_vouchers)}", **body}
        entered = await self.approver(f"{PATH}/{fund['id']}/spending/{line['id']}/reverse", sent)
        assert entered.status_code == 200, entered.text
        confirmed = await self.confirm(fund, entered.json())
        assert confirmed.status_code == 200, confirmed.text
        return dict(confirmed.json())

    async def confirm(
        self, fund: Json, line: Json, verb: str = "confirm", body: object = None, **more: Any
    ) -> Response:
        """By the division's second approver unless told."""
        more.setdefault("account", f"division_approver-2-{self.division}")
        return await self.approver(f"{PATH}/{fund['id']}/spending/{line['id']}/{verb}", body, **more)

    async def read(self, fund: Json) -> Json:
        answer = await self.send("division_officer", "GET", f"{PATH}/{fund['id']}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())


def payment(amount: str, **other: Any) -> Json:
    body = {
        "amount": amount,
        "purpose": "operations",
        "description": "运行补助",
        "voucher_no": f"记-{next(_vouchers):05d}",
        **other,
    }
    return {name: str(value) if isinstance(value, UUID) else value for name, value in body.items()}


async def enterprise(
    db: Database,
    *,
    division: str = "540102",
    enterprise_id: UUID | None = None,
    code: str | None = None,
    merged_into_id: UUID | None = None,
    version: int = 1,
) -> tuple[UUID, str]:
    """An enterprise as the registry's events tell of it."""
    enterprise_id, code = enterprise_id or uuid7(), code or make_uscc(next(_firms))
    state = rg.EnterpriseState(
        id=enterprise_id,
        code=code,
        name="测试企业",
        industry_code="I6510",
        division=division,
        registered_on=date(2018, 1, 1),
        legal_representative_ref=None,
        graduate_founder=False,
        merged_into_id=merged_into_id,
    )
    event_type = rg.EnterpriseMerged if merged_into_id else rg.EnterpriseRegistered
    await deliver(db, event_type, received(event_type, state, enterprise_id, version, date(2019, 1, 7)))
    return enterprise_id, code


async def tenancy(db: Database, enterprise_id: UUID, centre_id: UUID, *, ended_on: date | None = None) -> None:
    state = rg.TenancyState(
        id=uuid7(),
        enterprise_id=enterprise_id,
        centre_id=centre_id,
        status="exited" if ended_on else "admitted",
        admitted_on=date(2019, 1, 10),
        agreement_no="A-1",
        filed_on=None,
        ended_on=ended_on,
        reason_code=None,
        graduation_criterion=None,
        relocation_case_id=None,
    )
    await deliver(db, rg.TenancyAdmitted, received(rg.TenancyAdmitted, state, state.id, 1, date(2019, 1, 10)))


async def forget(db: Database) -> None:
    """No matching funds and no enterprises: a year of a division exists once, and tests share the database."""
    async with db.transaction() as session:
        for table in (MatchingFundLine, MatchingFundRevision, MatchingFund):
            await session.execute(delete(table))
        await session.execute(text("DELETE FROM ceiling WHERE kind = 'matching.division_year'"))
        await session.execute(known_enterprise.delete())


async def events_of(db: Database, fund: Json) -> list[tuple[str, Json]]:
    """The events of the funds with their data, in order."""
    query = text("SELECT type, data FROM event_log WHERE aggregate_id = :id ORDER BY aggregate_version")
    async with db.transaction() as session:
        rows = (await session.execute(query, {"id": UUID(fund["id"])})).all()
    return [(row.type, json.loads(row.data)) for row in rows]
