"""A provider on its way into the register and out of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import httpx

from tests.vouchers.support import (
    SCIENCE_APPROVER,
    SCIENCE_OFFICER,
    TODAY,
    Caller,
    Seller,
    Town,
    fresh_code,
)

PATH = "/v1/providers"
BODY = {
    "name": "拉萨律师事务所",
    "categories": ["legal_protection"],
    "legal_representative_ref": "person-1",
    "declares_no_penalty": True,
}
APPLIED_ON = TODAY - timedelta(days=30)
"""Long enough before today for a notice."""

PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"


@dataclass(frozen=True)
class Case:
    """A provider's file, with the account that speaks for it."""

    town: Town
    id: str
    caller: Caller

    @property
    def path(self) -> str:
        return f"{PATH}/{self.id}"

    @property
    def seller(self) -> Seller:
        return Seller(self.id, self.caller.org or "", self.caller.account_id)

    async def post(self, caller: Caller, verb: str, body: Any = None, *, on: date | None = None) -> httpx.Response:
        return await self.town.api.post(caller, f"{self.path}/{verb}", body, today=on)

    async def ok(self, caller: Caller, verb: str, body: Any = None, *, on: date | None = None) -> dict[str, Any]:
        return await self.town.api.ok(caller, f"{self.path}/{verb}", body, today=on)

    async def shown(self) -> dict[str, Any]:
        response = await self.town.api.get(self.caller, self.path)
        assert response.status_code == 200, response.text
        answer: dict[str, Any] = response.json()
        return answer

    async def announced(self, *, on: date = APPLIED_ON) -> Case:
        await self.ok(SCIENCE_OFFICER, "review", on=on)
        await self.ok(SCIENCE_OFFICER, "notice", on=on)
        return self

    async def document(self) -> str:
        """The id of a document that the provider adds."""
        headers = {
            **self.town.api.headers(self.caller),
            "Content-Type": "application/pdf",
            "Content-Disposition": 'attachment; filename="licence.pdf"',
            "Idempotency-Key": uuid4().hex,
        }
        response = await self.town.api.client.post(f"{self.path}/documents", content=PDF, headers=headers)
        assert response.status_code == 201, response.text
        return str(response.json()["id"])

    async def licence(self, *, verified: bool = True, **more: Any) -> dict[str, Any]:
        body = {
            "kind": "律师事务所执业许可证",
            "number": uuid4().hex[:12],
            "issuing_body": "西藏自治区司法厅",
            "valid_from": "2018-01-01",
            "document_id": await self.document(),
            **more,
        }
        shown = await self.ok(self.caller, "licences", body)
        if verified:
            shown = await self.ok(SCIENCE_OFFICER, f"licences/{shown['id']}/verify")
        return shown


async def applied(town: Town, *, on: date = APPLIED_ON, code: str | None = None, **more: Any) -> Case:
    code = code or fresh_code()
    caller = Caller(("provider",), f"seller-{code}", org=code)
    found = await town.api.ok(caller, PATH, {**BODY, "legal_representative_ref": f"person-{code}", **more}, today=on)
    return Case(town, str(found["id"]), caller)


async def admitted(town: Town, **more: Any) -> Case:
    """In the register since today."""
    case = await (await applied(town, **more)).announced()
    await case.ok(SCIENCE_APPROVER, "admit")
    return case


def colleague(caller: Caller) -> Caller:
    """Another account with the same roles."""
    return replace(caller, account_id=str(uuid4()))
