"""A small city behind a running gateway: accounts of every kind, and the steps of the year as its people take them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Self
from uuid import uuid4

import httpx

from gateway.accounts.usecases import Scope, create_account
from shared.db import Database
from shared.events.outbox import EventContext
from tests.support.identifiers import make_uscc
from tests.support.signing_in import Authenticator, sign_in_for_work
from tests.support.suite import Suite
from tests.support.waiting import eventually

PASSWORD = "a long enough pass phrase"
DISTRICT = "540102"

Body = dict[str, Any]  # JSON as the API answers it


class Refused(AssertionError):
    """A call was answered otherwise than the story says."""


@dataclass(slots=True)
class Person:
    """Somebody with a token; every call says which day it is."""

    client: httpx.AsyncClient
    token: str | None
    account_id: str | None = None

    async def call(
        self, method: str, path: str, day: str, body: object = None, *, expect: int = 200, key: str | None = None
    ) -> Body:
        headers = {"Mengchuang-Today": day, "Accept-Language": "en"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        if key or method == "POST":
            headers["Idempotency-Key"] = key or str(uuid4())
        response = await self.client.request(method, path, json=body, headers=headers, timeout=120)
        if response.status_code != expect:
            raise Refused(f"{method} {path} on {day}: {response.status_code}, not {expect}: {response.text[:2000]}")
        answer: Body = response.json() if response.content else {}
        return answer

    async def get(self, path: str, day: str, *, expect: int = 200) -> Body:
        return await self.call("GET", path, day, expect=expect)

    async def post(
        self, path: str, day: str, body: object = None, *, expect: int = 200, key: str | None = None
    ) -> Body:
        return await self.call("POST", path, day, {} if body is None else body, expect=expect, key=key)


class City:
    """`async with City(suite) as city:`; `city.people["science_officer"]` has that role."""

    SIMPLE = (
        "science_officer",
        "science_approver",
        "industry_officer",
        "industry_approver",
        "treasury_officer",
        "treasury_approver",
        "office_officer",
        "office_approver",
        "auditor",
        "expert",
    )

    def __init__(self, suite: Suite) -> None:
        self.suite = suite
        self.people: dict[str, Person] = {}
        self._authenticators: dict[str, Authenticator] = {}
        self._numbers = 0
        self._budgeting = asyncio.Lock()
        self._reporting = asyncio.Lock()

    async def __aenter__(self) -> Self:
        self.client = httpx.AsyncClient(base_url=self.suite.gateway_url, limits=httpx.Limits(max_connections=16))
        self.people["public"] = Person(self.client, None)
        self._accounts = Database(self.suite.database_urls["gateway"], pool_size=2)
        await self.enrol("admin", ["admin"])
        await asyncio.gather(*(self.enrol(role, [role]) for role in self.SIMPLE))
        for role in ("division_officer", "division_approver"):
            await self.enrol(role, [role], division=DISTRICT)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._accounts.close()
        await self.client.aclose()

    async def enrol(self, name: str, roles: Sequence[str], **scope: str) -> Person:
        """Open an account as `mengchuang accounts add` does, and sign in."""
        context = EventContext(actor="command-line", effective_on=date(2019, 1, 1), correlation_id="city")
        async with self._accounts.transaction() as session:
            await create_account(session, name, PASSWORD, roles=roles, scope=Scope(**scope), context=context)
        self.people[name] = await self.sign_in(name, PASSWORD)
        return self.people[name]

    async def sign_in(self, name: str, password: str) -> Person:
        """With a second factor where the roles need one, which is set up at the first time."""
        signed_in = await sign_in_for_work(self.client, name, password, self._authenticators.get(name))
        if signed_in.authenticator is not None:
            self._authenticators[name] = signed_in.authenticator
        return Person(self.client, signed_in.access_token)

    def code(self) -> str:
        """A unified social credit code not used before."""
        self._numbers += 1
        return make_uscc(self._numbers)

    async def listed_centre(self, name: str, operator: Person, code: str, day: str = "2019-02-01") -> str:
        """A centre registered by its operator, reviewed and announced by an officer, and listed by another person on
        the first day after its public notice."""
        draft = {
            "name": name,
            "operator_code": code,
            "operator_name": f"{name}运营公司",
            "service_kinds": ["innovation_entrepreneurship"],
            "tier": "standard",
            "owner_division": DISTRICT,
            "site_division": DISTRICT,
            "total_area_m2": "2000.00",
            "incubation_area_m2": "1600.00",
        }
        centre = await operator.post("/v1/centres", day, draft, expect=201)
        path = f"/v1/centres/{centre['id']}"
        await operator.post(f"{path}/submit", day)
        await self.people["science_officer"].post(f"{path}/review", day)
        await self.people["science_officer"].post(f"{path}/announce", day)
        notice = await self.people["public"].get(f"{path}/notice", day)
        decision = {"document_no": "虚构发〔2019〕1号"}
        await self.people["industry_approver"].post(f"{path}/list", notice["first_decision_day"], decision)
        return str(centre["id"])

    async def title(self, operator: Person, centre: str, kind: str, day: str = "2019-03-20") -> str:
        """A municipal title applied for, reviewed, announced, and granted on the first day after its public notice."""
        wanted = {"centre_id": centre, "kind": kind}
        application = await operator.post("/v1/qualification-applications", day, wanted, expect=201)
        path = f"/v1/qualification-applications/{application['id']}"
        await self.people["industry_officer"].post(f"{path}/review", day)
        await self.people["industry_officer"].post(f"{path}/announce", day)
        notice = await self.people["public"].get(f"{path}/notice", day)
        grant = {"document_no": "虚构发〔2019〕2号"}
        await self.people["science_approver"].post(f"{path}/grant", notice["first_decision_day"], grant)
        return str(application["id"])

    async def tenant(self, operator: Person, centre: str, day: str = "2019-03-20") -> tuple[str, str]:
        """An enterprise registered and admitted: (id, code)."""
        code = self.code()
        enterprise = await operator.post(
            "/v1/enterprises",
            day,
            {
                "code": code,
                "name": f"虚构企业{code[-6:]}",
                "industry_code": "I6510",
                "division": DISTRICT,
                "registered_on": "2018-12-01",
                "legal_representative_ref": f"person-{code}",
            },
            expect=201,
        )
        admission = {"centre_id": centre, "enterprise_id": enterprise["id"], "agreement_no": f"协议{code[-6:]}"}
        await operator.post("/v1/tenancies", day, admission, expect=201)
        return str(enterprise["id"]), code

    async def grant(self, operator: Person, centre: str, day: str, amount: str, *, paid: bool) -> str:
        """A grant announced on the day, approved by one bureau and countersigned by the other once its notice is over;
        paid by the treasury or not."""
        application = {
            "centre_id": centre,
            "fiscal_year": int(day[:4]),
            "amount": amount,
            "plan": [{"purpose": "operations", "description": "运行费用", "amount": amount}],
        }

        async def applied() -> Body | None:
            try:
                return await operator.post("/v1/grants", day, application, expect=201)
            except Refused as refusal:
                if "reference-not-yet-known" in str(refusal):
                    return None
                raise

        await self._budget(day)
        async with self._reporting:
            await self._report_earlier(operator, day)
        grant = await eventually(applied)
        assert grant is not None
        path = f"/v1/grants/{grant['id']}"
        officer = self.people["science_officer"]
        papers = {"document_no": "虚构发〔2019〕9号", "minutes_no": "虚构纪要9号"}
        await officer.post(f"{path}/review", day)
        notice = await officer.post(f"{path}/notice", day, expect=201)
        decided = notice["first_decision_day"]
        await self.people["science_approver"].post(f"{path}/approve", decided, {"amount": amount, **papers})
        await self.people["industry_approver"].post(f"{path}/countersign", decided, papers)
        if paid:
            await self.people["treasury_approver"].post(f"{path}/disburse", decided)
        return str(grant["id"])

    async def _report_earlier(self, operator: Person, day: str) -> None:
        """The operator reports on its earlier grants, which the next one depends on, and an officer accepts."""
        paid = [item for item in (await operator.get("/v1/grants?limit=200", day))["items"] if item["paid_on"]]
        for grant in paid:
            path, reports = f"/v1/grants/{grant['id']}/use-reports", "/v1/grants/use-reports"
            found = (await operator.get(f"{reports}?grant_id={grant['id']}&limit=200", day))["items"]
            handed_in = {report["year"] for report in found}
            last = int((grant["ended_on"] or day)[:4])
            for year in range(int(grant["paid_on"][:4]), min(last, int(day[:4]) - 1) + 1):
                if year in handed_in:
                    continue
                figures = await operator.get(f"{path}/figures?year={year}", day)
                body = {"year": year, "figures": figures, "statement": "按批准用途使用(虚构)。"}
                report = await operator.post(path, day, body, expect=201)
                await self.people["science_officer"].post(f"{reports}/{report['id']}/accept", day)

    async def _budget(self, day: str) -> None:
        """The year's budget line for grants, entered and approved by the treasury the first time that one is made."""
        year, path = int(day[:4]), "/v1/appropriations"
        async with self._budgeting:
            if (await self.people["auditor"].get(f"{path}?programme=grants&year={year}", day))["items"]:
                return
            line = {"programme": "grants", "year": year, "document_no": f"财预〔{year}〕1号", "amount": "100000000.00"}
            recorded = await self.people["treasury_officer"].post(path, day, line, expect=201)
            await self.people["treasury_approver"].post(f"{path}/{recorded['id']}/approve", day)

    async def score(self, year: int, day: str) -> str:
        """Open the year's evaluation, have two experts mark every centre blind, and score; the cycle's id."""
        officer = self.people["science_officer"]
        cycle = await officer.post("/v1/evaluation-cycles", day, {"year": year}, expect=201)
        experts = [await self._expert(name, day) for name in ("expert", "expert-2")]
        await officer.post(f"/v1/evaluation-cycles/{cycle['id']}/draws", day, expect=201)
        mark = {"mark": None, "evidence": "虚构抽查记录"}
        for expert in experts:
            given = await expert.get(f"/v1/expert-assignments?cycle_id={cycle['id']}&status=assigned&limit=200", day)
            for task in given["items"]:
                await expert.post(f"/v1/expert-assignments/{task['id']}/mark", day, mark)
        await self._operation(officer, f"/v1/evaluation-cycles/{cycle['id']}/score", day)
        return str(cycle["id"])

    async def _expert(self, name: str, day: str) -> Person:
        """Somebody in the pool of experts, taken in the first time that they are wanted."""
        expert = self.people.get(name) or await self.enrol(name, ["expert"])
        if not (await expert.get("/v1/experts", day))["items"]:
            applied = await expert.post("/v1/experts", day, expect=201)
            await self.people["science_officer"].post(f"/v1/experts/{applied['id']}/appoint", day)
        return expert

    async def announce(self, cycle: str, day: str) -> str:
        """Put up the public notice; the first day on which results may be published."""
        answer = await self.people["science_officer"].post(f"/v1/evaluation-cycles/{cycle}/announce", day)
        return str(answer["first_publication_day"])

    async def publish(self, cycle: str, day: str, *, basis: str | None = None) -> Body:
        """Approve, countersign and publish; the publication's operation when it has ended."""
        path = f"/v1/evaluation-cycles/{cycle}"
        await self.people["science_approver"].post(f"{path}/approve", day)
        await self.people["industry_approver"].post(f"{path}/countersign", day)
        request = {"document_no": f"虚构发〔{day[:4]}〕9号"} | ({"continuation_basis": basis} if basis else {})
        return await self._operation(self.people["science_approver"], f"{path}/publish", day, request)

    async def _operation(self, person: Person, path: str, day: str, body: object = None) -> Body:
        headers = {"Mengchuang-Today": day, "Authorization": f"Bearer {person.token}", "Idempotency-Key": str(uuid4())}
        response = await self.client.post(path, json=body or {}, headers=headers)
        if response.status_code != 202:
            raise Refused(f"POST {path} on {day}: {response.status_code}: {response.text[:2000]}")
        location = response.headers["Location"]

        async def ended() -> Body | None:
            operation = await person.get(location, day)
            return operation if operation["status"] in ("succeeded", "failed", "done", "completed") else None

        operation = await eventually(ended, 60)
        assert operation is not None
        return operation

    async def procedure(self, case: str, days: Sequence[str]) -> None:
        """The steps between a second preliminary fail and its publication, on five days in order (DOMAIN: 摘牌程序)."""
        path = f"/v1/delistings/{case}"
        officer, approver, other = (
            self.people[name] for name in ("science_officer", "science_approver", "industry_approver")
        )
        notice = {"method": "direct", "recipient_role": "legal_representative", "document_no": "虚构告〔2021〕1号"}
        await officer.post(f"{path}/notice-of-intent", days[0], notice)
        await officer.post(f"{path}/statement", days[1], {"waived": True})
        review = {"document_no": "虚构审〔2021〕1号"}
        await self.people["industry_officer"].post(f"{path}/legal-review", days[2], review)
        await approver.post(f"{path}/decision", days[3], {"document_no": "虚构摘〔2021〕1号"})
        await other.post(f"{path}/countersign", days[4])

    async def completed(self, case: str, day: str, timeout: float = 20) -> Body:
        """The case with every participant's confirmation."""

        async def done() -> Body | None:
            answer = await self.people["auditor"].get(f"/v1/delistings/{case}", day)
            return answer if answer["status"] == "completed" else None

        answer = await eventually(done, timeout)
        assert answer is not None
        return answer
