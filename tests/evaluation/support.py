"""The evaluation service asked in-process as each role, the registry's events fed to it, and short ways to states."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from urllib.parse import quote
from uuid import UUID

from fastapi import FastAPI
from httpx import AsyncClient, Response
from sqlalchemy import text

from services.evaluation.operations.worker import run_waiting
from services.evaluation.reports.table_work import run_tables
from services.evaluation.rubrics.rehearsals.worker import run_rehearsals
from tests.evaluation.known import Centre, Json
from tests.evaluation.recorded import Records
from tests.support.tokens import Keys, bearer, internal_token

OFFICER, SECOND_OFFICER, APPROVER, SECOND_APPROVER = (f"0190a000-0000-7000-8000-00000000000{n}" for n in range(1, 5))
ACCOUNTS = {
    "science_officer": OFFICER,
    "industry_officer": SECOND_OFFICER,
    "science_approver": APPROVER,
    "industry_approver": SECOND_APPROVER,
}

WAITING_FOR_A_ROW = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    " AND wait_event_type = 'Lock' AND wait_event IN ('transactionid', 'tuple')"
)
"""How many sessions wait for a row that somebody else has locked."""


def full_form(**changes: object) -> Json:
    """A quarter of a small healthy centre, every required field filled: five incubatees."""
    return {
        "incubatees_opening": 5,
        "admitted": 0,
        "graduated": 0,
        "exited": 0,
        "incubatees": 5,
        "long_stay_enterprises": 0,
        "alive_after_12_months": 0,
        "enterprises_served": 5,
        "confirmed_services": 5,
        "mentors": 2,
        "specialist_staff": 2,
        "trained_staff": 2,
        "area_used_m2": 900,
        "enterprises_with_ip": 2,
        "jobs": 20,
        "enterprises_financed": 0,
        "equity_financing": "0.00",
        "bank_loans": "0.00",
        "financing_matches": 0,
        "events_by_level": {"centre": 1, "municipal": 1},
        "attendance": 20,
        **changes,
    }


@dataclass
class Caller:
    """One account, speaking to the service on one business day."""

    client: AsyncClient
    keys: Keys
    roles: tuple[str, ...]
    today: date = date(2020, 3, 2)
    scope: dict[str, Any] = field(default_factory=dict)
    account: str | None = None

    def on(self, today: date) -> Caller:
        """The same account on another day."""
        return Caller(self.client, self.keys, self.roles, today, self.scope, self.account)

    async def get(self, path: str, **params: object) -> Response:
        query = {name: str(value) for name, value in params.items()}
        return await self.client.get(path, params=query, headers=self._headers())

    async def post(self, path: str, body: object = None, **headers: str) -> Response:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.client.post(path, json={} if body is None else body, headers={**self._headers(), **sent})

    async def patch(self, path: str, body: object, if_match: str | None = None) -> Response:
        tag = {} if if_match is None else {"If-Match": if_match}
        return await self.client.patch(path, json=body, headers={**self._headers(), **tag})

    async def upload(self, path: str, content: bytes, name: str) -> Response:
        """The file as the whole body, its name in Content-Disposition."""
        disposition = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}"}
        return await self.client.post(path, content=content, headers={**self._headers(), **disposition})

    async def delete(self, path: str) -> Response:
        return await self.client.delete(path, headers=self._headers())

    async def ok(self, path: str, body: object = None, status: int = 200) -> Json:
        """POST that must succeed."""
        response = await self.post(path, body)
        assert response.status_code == status, response.text
        answer: Json = response.json()
        return answer

    async def read(self, path: str, **params: object) -> Json:
        """GET that must succeed."""
        response = await self.get(path, **params)
        assert response.status_code == 200, response.text
        answer: Json = response.json()
        return answer

    async def refused(self, path: str, body: object = None, status: int = 409) -> str:
        """POST that must be refused; the problem's code."""
        response = await self.post(path, body)
        assert response.status_code == status, response.text
        return str(response.json()["code"])

    @property
    def account_id(self) -> str:
        return self.account or ACCOUNTS.get(self.roles[0]) or f"account-{'-'.join(self.roles)}"

    def _headers(self) -> dict[str, str]:
        account = self.account_id
        token = internal_token(self.keys, "evaluation", self.roles, account_id=account, today=self.today, **self.scope)
        return {**bearer(token), "Accept-Language": "en"}


class Desk(Records):
    """The application under test, its runtime, and the usual people."""

    def __init__(self, app: FastAPI, client: AsyncClient, keys: Keys) -> None:
        super().__init__(app)
        self.client = client
        self.keys = keys
        self.kept = {}

    def caller(self, *roles: str, today: date = date(2020, 3, 2), account: str | None = None, **scope: Any) -> Caller:
        return Caller(self.client, self.keys, roles, today, scope, account)

    def operator(self, centre: Centre, today: date) -> Caller:
        return self.caller("centre_operator", today=today, org=centre.operator_code)

    async def work(self) -> int:
        """Carry out the operations that are waiting, as the leader does."""
        return sum([await run(self.runtime) for run in (run_waiting, run_rehearsals, run_tables)])

    async def count(self, query: str, **params: object) -> int:
        """A number straight from the database."""
        async with self.runtime.db.transaction() as session:
            return int((await session.execute(text(query), params)).scalar_one())

    async def events(self, aggregate: object, kind: str = "%") -> list[str]:
        """Types of the events logged about an aggregate, in order."""
        query = text("SELECT type FROM event_log WHERE aggregate_id = :id AND type LIKE :kind ORDER BY seq")
        async with self.runtime.db.transaction() as session:
            rows = await session.scalars(query, {"id": UUID(str(aggregate)), "kind": kind})
            return list(rows)

    async def report(
        self,
        centre: Centre,
        year: int,
        quarter: int,
        on: date,
        form: Json | None = None,
        *,
        accept: bool = True,
        lines: Json | None = None,
        version: int | None = None,
        recorded: bool = True,
    ) -> Json:
        """A quarter's report, submitted and (unless told not to) accepted on the day; of the form's current version, or
        an earlier one. What it says of mentors, staff and activities is on record too, unless told otherwise; what it
        says otherwise than the registers has a reason."""
        operator = self.operator(centre, on)
        told = full_form() if form is None else form
        body = {
            "centre_id": str(centre.id),
            "year": year,
            "quarter": quarter,
            "form": told,
            "lines": lines or {},
        }
        drafted = await operator.ok("/v1/quarterly-reports", body, 201)
        if version is not None:
            await self.of_version(drafted, version)
        path = f"/v1/quarterly-reports/{drafted['id']}"
        reasons = {one["field"]: "登记尚未补全" for one in drafted["differences"] if one["needs_reason"]}
        if reasons:
            answer = await operator.patch(path, {"explanations": reasons}, f'"{drafted["version"]}"')
            assert answer.status_code == 200, answer.text
        submitted = await operator.ok(f"{path}/submit")
        if recorded:
            await self.as_reported(centre, date(year, 3 * quarter - 2, 1), told)
        if not accept:
            return submitted
        return await self.caller("science_officer", today=on).ok(f"{path}/accept")

    async def of_version(self, report: Json, version: int) -> None:
        """Turn a draft into one that was begun when the form had another version, before it had lines by enterprise."""
        changed = text("UPDATE quarterly_report SET form_version = :version, lines = NULL WHERE id = :id")
        async with self.runtime.db.transaction() as session:
            await session.execute(changed, {"id": UUID(report["id"]), "version": version})

    async def scored(self, year: int, on: date, *, marks: bool = True) -> Json:
        """A cycle opened and scored, every expert indicator marked in full unless told not to."""
        officer = self.caller("science_officer", today=on)
        cycle = await officer.ok("/v1/evaluation-cycles", {"year": year}, 201)
        if marks:
            await self.mark_all(cycle["id"], on)
        await self.ok_score(cycle["id"], on)
        return await officer.read(f"/v1/evaluation-cycles/{cycle['id']}")

    async def ok_score(self, cycle_id: str, on: date) -> Json:
        officer = self.caller("science_officer", today=on)
        operation = await officer.ok(f"/v1/evaluation-cycles/{cycle_id}/score", status=202)
        await self.work()
        return await officer.read(f"/v1/operations/{operation['id']}")

    def expert(self, number: int, today: date = date(2020, 3, 2)) -> Caller:
        return self.caller("expert", today=today, account=f"expert-{number}")

    async def experts(self, count: int, on: date) -> None:
        """So many experts in the pool, whoever is in it already."""
        officer = self.caller("industry_officer", today=on)
        known = {expert["account_id"] for expert in (await officer.read("/v1/experts", limit=200))["items"]}
        for number in range(1, count + 1):
            if f"expert-{number}" not in known:
                applied = await self.expert(number, on).ok("/v1/experts", {}, 201)
                await officer.ok(f"/v1/experts/{applied['id']}/appoint")

    async def mark_all(self, cycle_id: str, on: date, mark: str = "100") -> None:
        """Every expert indicator marked by two experts of one mind."""
        await self.experts(2, on)
        await self.caller("science_officer", today=on).ok(f"/v1/evaluation-cycles/{cycle_id}/draws", {}, 201)
        for number in (1, 2):
            expert = self.expert(number, on)
            found = await expert.read("/v1/expert-assignments", cycle_id=cycle_id, status="assigned", limit=200)
            for task in found["items"]:
                body = {"mark": mark, "evidence": "抽查记录"}
                await expert.ok(f"/v1/expert-assignments/{task['id']}/mark", body)

    async def entered_directly(self, cycle_id: str, marks: int = 1) -> None:
        """Turn the year into one that was opened when a single mark was asked for, or back."""
        changed = text("UPDATE evaluation_cycle SET marks = :marks WHERE id = :id")
        async with self.runtime.db.transaction() as session:
            await session.execute(changed, {"id": UUID(cycle_id), "marks": marks})

    async def enter_marks(self, cycle_id: str, on: date, mark: str = "100") -> None:
        """Every expert indicator marked by the single entry."""
        await self.entered_directly(cycle_id)
        expert = self.caller("expert", today=on)
        found = await expert.read("/v1/evaluations", cycle_id=cycle_id, limit=200)
        for evaluation in found["items"]:
            body = {"indicator": "filing_sample", "mark": mark, "evidence": "抽查记录"}
            await expert.ok(f"/v1/evaluations/{evaluation['id']}/expert-scores", body, 201)

    async def announce(self, cycle_id: str, on: date) -> Json:
        return await self.caller("science_officer", today=on).ok(f"/v1/evaluation-cycles/{cycle_id}/announce")

    async def sign(self, cycle_id: str, on: date) -> None:
        """Both bureaus' signatures."""
        path = f"/v1/evaluation-cycles/{cycle_id}"
        await self.caller("science_approver", today=on).ok(f"{path}/approve")
        await self.caller("industry_approver", today=on).ok(f"{path}/countersign")

    async def publish(self, cycle_id: str, on: date, **changes: object) -> Json:
        """Publish and carry it out; the finished operation."""
        approver = self.caller("science_approver", today=on)
        body = {"document_no": f"虚构发〔{on.year}〕{cycle_id[-8:]}号", **changes}
        operation = await approver.ok(f"/v1/evaluation-cycles/{cycle_id}/publish", body, 202)
        await self.work()
        return await approver.read(f"/v1/operations/{operation['id']}")

    async def evaluation_of(self, centre: Centre, year: int) -> Json:
        auditor = self.caller("auditor", today=date(2024, 1, 2))
        found = await auditor.read("/v1/evaluations", centre_id=centre.id, year=year)
        return await auditor.read(f"/v1/evaluations/{found['items'][0]['id']}")

    async def case_of(self, centre: Centre) -> Json:
        auditor = self.caller("auditor", today=date(2024, 1, 2))
        found = await auditor.read("/v1/delistings", centre_id=centre.id)
        return await auditor.read(f"/v1/delistings/{found['items'][0]['id']}")

    async def procedure(self, case_id: str, days: Sequence[date]) -> None:
        """Every step before publication, on five days in order."""
        path = f"/v1/delistings/{case_id}"
        officer = self.caller("science_officer")
        notice = {"method": "direct", "recipient_role": "legal_representative", "document_no": "虚构告〔2021〕1号"}
        await officer.on(days[0]).ok(f"{path}/notice-of-intent", notice)
        await officer.on(days[1]).ok(f"{path}/statement", {"waived": True})
        second = self.caller("industry_officer", today=days[2])
        await second.ok(f"{path}/legal-review", {"document_no": "虚构审〔2021〕1号"})
        decision = {"document_no": "虚构摘〔2021〕1号"}
        await self.caller("science_approver", today=days[3]).ok(f"{path}/decision", decision)
        await self.caller("industry_approver", today=days[4]).ok(f"{path}/countersign")
