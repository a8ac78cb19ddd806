"""Borrowers as the registry's events tell of them, and everybody who works on a loan, over HTTP."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import count
from typing import Any
from uuid import UUID

from httpx import Response
from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert

from services.finance.banks.models import Bank
from shared.db import Database
from shared.events.contracts import registry as rg
from shared.ids import uuid7
from tests.finance.matching import tenancy
from tests.finance.support import Desk, Json, deliver, list_centre, received
from tests.support.identifiers import make_uscc

PATH = "/v1/loans"
DAY = date(2019, 5, 6)
"""The desks' today."""
_firms = count(2000)
_persons = count(1)
_contracts = count(1)


@dataclass(frozen=True)
class Firm:
    """An enterprise in a centre."""

    id: UUID
    code: str
    centre_id: UUID


async def know_banks(db: Database, *codes: str) -> None:
    """Banks of the register."""
    async with db.transaction() as session:
        for code in codes or ("CCB", "PSBC"):
            row = {
                "id": uuid7(),
                "code": code,
                "name": code,
                "office": "支行",
                "channels": ["online"],
                "status": "active",
                "revision": 1,
            }
            await session.execute(insert(Bank).values(row).on_conflict_do_nothing())


async def firm(
    db: Database,
    *,
    seated: bool = True,
    size_class: str | None = "small",
    legal_representative: str | None = None,
    size_year: int = 2018,
    **other: Any,
) -> Firm:
    """An enterprise, in a listed centre of its own unless not `seated`."""
    enterprise_id, code = uuid7(), make_uscc(next(_firms))
    state = rg.EnterpriseState(
        id=enterprise_id,
        code=code,
        name="测试借款企业",
        industry_code="I6510",
        division="540102",
        registered_on=date(2018, 1, 1),
        legal_representative_ref=legal_representative,
        graduate_founder=False,
        size_class=size_class,
        size_year=None if size_class is None else size_year,
        **other,
    )
    await deliver(db, rg.EnterpriseRegistered, received(rg.EnterpriseRegistered, state, enterprise_id, 1, DAY))
    centre_id = await list_centre(db)
    if seated:
        await tenancy(db, enterprise_id, centre_id)
    return Firm(enterprise_id, code, centre_id)


async def grown(db: Database, borrower: Firm, year: int, staff: int, *, version: int = 2) -> None:
    """A year of the borrower's growth file, as the registry tells of it."""
    state = rg.EnterpriseYearState(
        id=borrower.id,
        code=borrower.code,
        year=year,
        revenue=Decimal(1_000_000),
        assets=None,
        tax_paid=Decimal(0),
        staff=staff,
        insured_jobs=staff,
        patents=0,
        software_copyrights=0,
        trademarks=0,
        other_ip=0,
        size_class="small",
    )
    event = received(rg.EnterpriseGrowthRecorded, state, borrower.id, version, DAY)
    await deliver(db, rg.EnterpriseGrowthRecorded, event)


async def person(db: Database, *, graduate: bool = True) -> str:
    """A person by its reference."""
    person_id, ref = uuid7(), f"P-{next(_persons):05d}-{uuid7().hex[-6:]}"
    state = rg.PersonState(id=person_id, ref=ref, numbered=True, graduate=graduate)
    await deliver(db, rg.PersonRegistered, received(rg.PersonRegistered, state, person_id, 1, DAY))
    return ref


async def stands_behind(
    db: Database,
    ref: str,
    *,
    enterprise_id: UUID | None = None,
    project_id: UUID | None = None,
    until: date | None = None,
) -> None:
    """The person founded the enterprise or the project."""
    person_id = uuid7()
    state = rg.PersonLinkState(
        id=person_id,
        ref=ref,
        enterprise_id=enterprise_id,
        project_id=project_id,
        capacity="founder",
        since=date(2018, 1, 1),
        until=until,
    )
    await deliver(db, rg.PersonLinked, received(rg.PersonLinked, state, person_id, 2, DAY))


async def founder_of_project(db: Database) -> str:
    """A graduate whose project sits in a listed centre."""
    ref, project_id = await person(db), uuid7()
    await stands_behind(db, ref, project_id=project_id)
    await tenancy(db, project_id, await list_centre(db))
    return ref


@dataclass(frozen=True)
class Counter:
    """Everybody at their desks; `account` tells one person of a role from another."""

    desk: Desk

    async def send(self, role: str, method: str, path: str, body: object = None, **more: Any) -> Response:
        claims: Json = {"roles": (role,), "account_id": more.pop("account", f"{role}-1")}
        for name in ("org", "person_ref", "bank", "division", "livemode", "today"):
            if name in more:
                claims[name] = more.pop(name)
        if method == "GET":
            return await self.desk.get("admin", path, claims=claims, **more)
        if method == "PATCH":
            sent = self.desk.headers("admin", **claims) | more.get("headers", {})
            return await self.desk.client.patch(path, json=body, headers=sent)
        return await self.desk.post("admin", path, body, claims=claims, **more)

    async def enterprise(
        self, code: str, path: str, body: object = None, method: str = "POST", **more: Any
    ) -> Response:
        return await self.send("enterprise", method, path, body, org=code, account=f"firm-{code}", **more)

    async def founder(self, ref: str, path: str, body: object = None, method: str = "POST", **more: Any) -> Response:
        return await self.send("founder", method, path, body, person_ref=ref, account=f"founder-{ref}", **more)

    async def bank(
        self, path: str, body: object = None, method: str = "POST", bank: str = "CCB", **more: Any
    ) -> Response:
        return await self.send("bank", method, path, body, bank=bank, account=f"bank-{bank}", **more)

    async def step(self, role: str, loan: Json, verb: str, body: object = None, **more: Any) -> Response:
        return await self.send(role, "POST", f"{PATH}/{loan['id']}/{verb}", body, **more)

    async def guaranteed(self, borrower: Firm, amount: str = "500000.00", **other: Any) -> Json:
        """A guaranteed loan, applied for."""
        body = application("guaranteed", amount, refusal=refusal_letter(), submit=True, **other)
        return done(await self.enterprise(borrower.code, PATH, body), 201)

    async def accepted(self, borrower: Firm, amount: str = "500000.00", **other: Any) -> Json:
        """The same, accepted by the guarantor."""
        loan = await self.guaranteed(borrower, amount, **other)
        return done(await self.step("guarantor", loan, "guarantor-accept", {"refusal_seen": True}))

    async def bank_accepted(self, borrower: Firm, amount: str = "500000.00", **other: Any) -> Json:
        loan = await self.accepted(borrower, amount, **other)
        return done(await self.bank(f"{PATH}/{loan['id']}/bank-accept", {}))

    async def contracted(self, borrower: Firm, amount: str = "500000.00", **other: Any) -> Json:
        loan = await self.bank_accepted(borrower, amount, **other)
        return done(await self.bank(f"{PATH}/{loan['id']}/contract", contract(amount)))

    async def graduate(self, ref: str, amount: str = "100000.00", *, partners: Sequence[str] = ()) -> Json:
        """A graduate's loan, or a joint one, applied for."""
        product = "graduate_joint" if partners else "graduate"
        loan = done(await self.founder(ref, PATH, application(product, amount, partners=list(partners))), 201)
        for partner in partners:
            done(await self.founder(partner, f"{PATH}/{loan['id']}/consent"))
        return done(await self.founder(ref, f"{PATH}/{loan['id']}/submit", {}))

    async def reviewed(self, ref: str, amount: str = "100000.00", *, partners: Sequence[str] = ()) -> Json:
        loan = await self.graduate(ref, amount, partners=partners)
        return done(await self.step("hr_officer", loan, "review", {}))

    async def checked(self, ref: str, amount: str = "100000.00", *, partners: Sequence[str] = ()) -> Json:
        """Approved by the bureau of human resources."""
        loan = await self.reviewed(ref, amount, partners=partners)
        return done(await self.step("hr_approver", loan, "approve", {}))


def application(product: str, amount: str = "100000.00", **other: Any) -> Json:
    body = {"product": product, "bank": "CCB", "purpose": "流动资金", "amount": amount, "tenor_months": 12, **other}
    return {name: value for name, value in body.items() if value is not None}


def refusal_letter(refused_on: date = date(2019, 4, 1), **other: Any) -> Json:
    letter = {"bank": "PSBC", "refused_on": refused_on.isoformat(), "reason_code": "no_collateral"}
    return {**letter, "document_no": "邮储拒〔2019〕7号", **other}


def hire(hire_class: str = "veteran", **other: Any) -> Json:
    return {
        "hire_class": hire_class,
        "hired_on": "2019-03-01",
        "contract_from": "2019-03-01",
        "contract_to": "2020-02-29",
        "insured": True,
        "dispatched": False,
        **other,
    }


def contract(amount: str, **other: Any) -> Json:
    body = {
        "contract_no": f"CCB-2019-{next(_contracts):05d}-{uuid7().hex[-6:]}",
        "amount": amount,
        "rate": "4.3500",
        "start_on": "2019-05-06",
        "maturity_on": "2020-05-06",
        "schedule_kind": "equal_principal",
    }
    return {**body, **other}


def done(answer: Response, status: int = 200) -> Json:
    assert answer.status_code == status, answer.text
    return dict(answer.json())


def refused(answer: Response, status: int, code: str) -> Json:
    found = answer.json()
    assert (answer.status_code, found["code"]) == (status, code), answer.text
    return dict(found)


async def ceilings(db: Database, *subjects: str) -> dict[tuple[str, str], str]:
    """What these hold, by kind and subject."""
    query = text(
        "SELECT kind, subject, committed FROM ceiling"
        " WHERE subject = ANY(:subjects) AND committed <> 0 AND period = 'all'"
    )
    async with db.transaction() as session:
        rows = (await session.execute(query, {"subjects": list(subjects)})).all()
    return {(row.kind, row.subject): str(row.committed) for row in rows}


async def booked(db: Database, subject: str) -> str:
    """The balance of what a borrower holds of its caps, by the journal."""
    query = text(
        "SELECT coalesce(sum(amount), 0) FROM posting WHERE account = 'loans.committed' AND subject = :subject"
    )
    async with db.transaction() as session:
        return f"{await session.scalar(query, {'subject': subject}):.2f}"


async def events_of(db: Database, loan: Json) -> list[tuple[str, Json]]:
    """The loan's events with their data, in order."""
    query = text("SELECT type, data FROM event_log WHERE aggregate_id = :id ORDER BY aggregate_version")
    async with db.transaction() as session:
        rows = (await session.execute(query, {"id": UUID(loan["id"])})).all()
    return [(row.type, json.loads(row.data)) for row in rows]
