"""Loans with a signed contract, and everybody who reports and decides on them afterwards, over HTTP."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import count
from typing import Any
from uuid import UUID

from httpx import Response
from sqlalchemy import text

from services.finance.loans import commitments, states
from services.finance.loans.models import Loan, LoanPartner
from services.finance.projections import known_enterprise
from shared.db import Database
from shared.events.outbox import EventContext
from shared.ids import uuid7
from shared.policy.edition import Editions, load_editions
from tests.finance.conftest import DEMO_EDITION
from tests.finance.support import Desk, Json
from tests.support.identifiers import make_uscc

LOANS = "/v1/loans"
GUARANTEES = "/v1/loans/guarantees"
SUBSIDIES = "/v1/loans/subsidies"
RATES = "/v1/loans/prime-rates"
TODAY = date(2020, 9, 30)

_numbers = count(1)
_firms = count(7000)
_editions: list[Editions] = []


def editions() -> Editions:
    """Loaded once."""
    if not _editions:
        _editions.append(load_editions(DEMO_EDITION))
    return _editions[0]


@dataclass(frozen=True)
class Signed:
    """A loan whose contract is signed."""

    id: UUID
    no: str
    borrower: str

    @property
    def path(self) -> str:
        return f"{LOANS}/{self.id}"


async def signed(
    db: Database,
    amount: str = "100000.00",
    *,
    product: str = states.SMALL_MICRO,
    rate: str = "4.35",
    contracted_on: date = date(2019, 3, 15),
    maturity_on: date = date(2020, 3, 15),
    kind: str = states.BULLET,
    bank: str = "CCB",
    borrower: str | None = None,
    **other: Any,
) -> Signed:
    """A loan as its contract leaves it, holding its cap."""
    number, money = next(_numbers), Decimal(amount)
    graduate = product in states.GRADUATES
    code = None if graduate else borrower or make_uscc(next(_firms))
    person = (borrower or f"person-{number}") if graduate else None
    steps = dict.fromkeys(("submitted_on", "checked_on", "accepted_on", "contracted_on"), contracted_on)
    hands = {"submitted_by": "applicant", "checked_by": "checker", "accepted_by": "bank", "contracted_by": "bank"}
    values: Json = {
        "id": uuid7(),
        "version": 5,
        "no": f"LN-2019-9{number:03d}",
        "product": product,
        "edition": "lhasa-2019",
        "status": states.CONTRACTED,
        "department": "hr" if graduate else "finance",
        "guarantor": product == states.GUARANTEED,
        "borrower": code or person,
        "enterprise_id": None if graduate else uuid7(),
        "enterprise_code": code,
        "person_ref": person,
        "bank": bank,
        "purpose": "流动资金",
        "requested": money,
        "approved": money,
        "contracted": money,
        "tenor_months": 12,
        "rate": Decimal(rate),
        "contract_no": f"HT-{number:05d}",
        "start_on": contracted_on,
        "maturity_on": maturity_on,
        "schedule_kind": kind,
        "disbursed": Decimal(0),
        "outstanding": Decimal(0),
        "committed": Decimal(0),
        "livemode": True,
        "created_by": "applicant",
        **steps,
        **hands,
        **other,
    }
    async with db.transaction() as session:
        if not graduate:
            firm = {"id": values["enterprise_id"], "version": 1, "code": code, "division": "540102"}
            await session.execute(known_enterprise.insert().values(firm))
        loan = Loan(**values)
        session.add(loan)
        await session.flush()
        if product == states.GRADUATE_JOINT:
            refs = [str(person), f"{person}-second"]
            session.add_all(
                LoanPartner(loan_id=loan.id, person_ref=ref, position=place) for place, ref in enumerate(refs)
            )
            await session.flush()
        decision = await commitments.commit(session, editions().get("lhasa-2019"), loan, money)
        assert decision.passed, decision
        context = EventContext("checker", contracted_on, "test")
        await commitments.enter(session, loan, money if loan.livemode else Decimal(0), context)
    return Signed(values["id"], values["no"], values["borrower"])


@dataclass
class Counter:
    """A bank's, the guarantor's and the bureaus' people."""

    desk: Desk
    today: date = TODAY
    bank: str = "CCB"

    async def send(self, role: str, method: str, path: str, body: object = None, **more: Any) -> Response:
        claims: Json = {
            "roles": (role,),
            "account_id": more.pop("account", f"{role}-1"),
            "today": more.pop("today", self.today),
            "bank": more.pop("bank", self.bank if role == "bank" else None),
            "org": more.pop("org", None),
            "person_ref": more.pop("person_ref", None),
            "livemode": more.pop("livemode", None),
        }
        if method == "GET":
            return await self.desk.get("admin", path, claims=claims, **more)
        return await self.desk.post("admin", path, body, claims=claims, **more)

    async def banker(self, path: str, body: object = None, **more: Any) -> Response:
        return await self.send("bank", "POST", path, body, **more)

    async def guarantor(self, path: str, body: object = None, **more: Any) -> Response:
        return await self.send("guarantor", "POST", path, body, **more)

    async def drawn(self, loan: Signed, amount: str, on: date, reference: str | None = None, **more: Any) -> Json:
        body = {"amount": amount, "drawn_on": on.isoformat(), "bank_reference": reference or new_reference("FK")}
        body |= {name: more.pop(name) for name in ("every_months",) if name in more}
        return done(await self.banker(f"{loan.path}/drawdowns", body, **more), 201)

    async def paid(
        self,
        loan: Signed,
        principal: str = "0.00",
        interest: str = "0.00",
        *,
        on: date,
        reference: str | None = None,
        **more: Any,
    ) -> Json:
        body = payment(principal, interest, on=on, reference=reference)
        body |= {name: more.pop(name) for name in ("early", "penalty") if name in more}
        return done(await self.banker(f"{loan.path}/payments", body, **more), 201)

    async def standing(self, loan: Signed, on: date | None = None, role: str = "finance_officer", **more: Any) -> Json:
        params = {"on": on.isoformat()} if on else {}
        return done(await self.send(role, "GET", f"{loan.path}/servicing", **params, **more))

    async def guaranteed(self, loan: Signed, **body: Any) -> Json:
        """A guarantee in force."""
        counter = [{"kind": "mortgage", "description": "房产抵押", "value": "3000000.00"}]
        sent = {"loan_id": str(loan.id), "counter_guarantees": counter, **body}
        drafted = done(await self.guarantor(GUARANTEES, sent), 201)
        issue = {"contract_no": f"拉担〔2020〕{next(_numbers):04d}号"}
        return done(await self.guarantor(f"{GUARANTEES}/{drafted['id']}/issue", issue, account="guarantor-2"))

    async def claimed(self, guarantee: Json, **body: Any) -> Json:
        """A claim that the bank has filed."""
        sent = {"bank_reference": new_reference("DC"), "reason": "逾期超过90天", **body}
        return done(await self.banker(f"{GUARANTEES}/{guarantee['id']}/claims", sent), 201)

    async def called(self, guarantee: Json, **body: Any) -> Json:
        """A claim that the guarantor has paid, or the treasury out of the public fund."""
        claim = await self.approved_claim(guarantee, **body)
        sent = {"paid_on": self.today.isoformat(), "reference": new_reference("ZF")}
        role = "treasury_officer" if Decimal(claim["budget_amount"]) else "guarantor"
        return done(await self.send(role, "POST", f"{GUARANTEES}/claims/{claim['id']}/pay", sent, account=f"{role}-3"))

    async def approved_claim(self, guarantee: Json, **body: Any) -> Json:
        """A claim that another person has approved: the guarantor's, or the department's for the public fund."""
        claim = await self.claimed(guarantee, **body)
        path = f"{GUARANTEES}/claims/{claim['id']}"
        done(await self.guarantor(f"{path}/accept"))
        department = "hr" if guarantee["product"].startswith("graduate") else "finance"
        role = f"{department}_approver" if Decimal(claim["budget_amount"]) else "guarantor"
        return done(await self.send(role, "POST", f"{path}/approve", account=f"{role}-2"))

    async def statement(self, year: int, quarter: int, department: str = "finance", **more: Any) -> Json:
        """A statement that an officer prepared."""
        body = {"year": year, "quarter": quarter, "department": department}
        return done(await self.send(f"{department}_officer", "POST", SUBSIDIES, body, **more), 201)

    async def approved(self, statement: Json, **more: Any) -> Json:
        role = f"{statement['department']}_approver"
        return done(await self.send(role, "POST", f"{SUBSIDIES}/{statement['id']}/approve", **more))

    async def settled(self, statement: Json, **more: Any) -> Json:
        """A statement that was approved and paid."""
        await self.approved(statement, **more)
        body = {"reference": new_reference("TX")}
        return done(await self.send("treasury_officer", "POST", f"{SUBSIDIES}/{statement['id']}/pay", body, **more))

    async def settled_corrections(self, year: int, quarter: int, **more: Any) -> Json:
        """A statement that only takes back: approved, and nothing of it is paid."""
        return await self.approved(await self.statement(year, quarter, **more))

    async def lines(self, statement: Json, **params: Any) -> list[Json]:
        asked = {"statement_id": statement["id"], "limit": 200, **params}
        return list(done(await self.send("finance_officer", "GET", f"{SUBSIDIES}/lines", **asked))["items"])


def payment(principal: str, interest: str = "0.00", *, on: date, reference: str | None = None) -> Json:
    return {
        "principal": principal,
        "interest": interest,
        "paid_on": on.isoformat(),
        "bank_reference": reference or new_reference("HK"),
    }


def new_reference(prefix: str) -> str:
    return f"{prefix}{next(_numbers):08d}"


def done(answer: Response, status: int = 200) -> Json:
    """An answer that must be good."""
    assert answer.status_code == status, answer.text
    return dict(answer.json())


def refused(answer: Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def balances(db: Database, *, programme: str, subject: str) -> dict[str, Decimal]:
    """The accounts of a borrower that are not zero."""
    query = text(
        "SELECT account, sum(amount) AS total FROM posting WHERE subject = :subject AND account LIKE :programme"
        " GROUP BY account HAVING sum(amount) <> 0"
    )
    async with db.transaction() as session:
        rows = await session.execute(query, {"subject": subject, "programme": f"{programme}.%"})
        return {row.account: row.total for row in rows}


async def held(db: Database, kind: str, subject: str) -> Decimal:
    """What a ceiling holds."""
    query = text("SELECT coalesce(sum(committed), 0) FROM ceiling WHERE kind = :kind AND subject = :subject")
    async with db.transaction() as session:
        return Decimal(await session.scalar(query, {"kind": kind, "subject": subject}))


async def events_of(db: Database, aggregate: object) -> list[tuple[str, Json]]:
    """The events of an aggregate with their data, in order."""
    query = text("SELECT type, data FROM event_log WHERE aggregate_id = :id ORDER BY aggregate_version")
    async with db.transaction() as session:
        rows = (await session.execute(query, {"id": UUID(str(aggregate))})).all()
    return [(row.type.removeprefix("finance.").removesuffix(".v1"), json.loads(row.data)) for row in rows]
