"""The world around finance: other services' events, their answers on standing, and people at their desks."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any, TypeAlias
from uuid import UUID

from httpx import AsyncClient, Response

from services.finance.consumers import consumers
from shared.auth.principal import Principal
from shared.db import Database
from shared.events.consumer import Received
from shared.events.contracts import evaluation as ev, registry as rg
from shared.events.types import EventData, EventType
from shared.ids import uuid7
from tests.finance.papers import with_papers
from tests.support.identifiers import make_uscc
from tests.support.tokens import Keys, bearer, internal_token

Json: TypeAlias = dict[str, Any]

OPERATOR = make_uscc(1)
OTHER_OPERATOR = make_uscc(2)
SELLER = make_uscc(3)
TODAY = date(2019, 5, 6)

NOTICED_BEFORE = timedelta(days=30)
"""Before today, so that a grant's notice is over whatever holidays lie between."""

_positions = count(1)


def received(event_type: EventType[Any], data: EventData, subject: UUID, version: int, day: date) -> Received[Any]:
    """An event as finance's consumer hands it to handlers."""
    return Received(
        id=uuid7(),
        type=event_type.name,
        topic=event_type.topic.name,
        position=next(_positions),
        subject=subject,
        aggregate_version=version,
        effective_on=day,
        time=datetime.now(UTC),
        actor="service:evaluation",
        correlation_id="test",
        rules=(),
        edition="lhasa-2019",
        simulated=True,
        data=data,
    )


async def deliver(db: Database, event_type: EventType[Any], *events: Received[Any]) -> None:
    """Run finance's handlers of the events as the consumer does: projections first, one transaction."""

    async def handle(session: Any) -> None:
        for registration in consumers.registrations(event_type.name):
            await registration.handler(session, events)

    await db.run(handle)


def centre_state(centre_id: UUID, *, status: str = "listed", tier: str = "standard", **other: Any) -> rg.CentreState:
    values: Json = {
        "id": centre_id,
        "no": f"CT-2019-{centre_id.int % 10_000:04d}",
        "name": "测试双创中心",
        "operator_code": OPERATOR,
        "operator_name": "测试运营有限公司",
        "status": status,
        "service_kinds": ("enterprise",),
        "tier": tier,
        "owner_division": "540102",
        "site_division": "540103",
        "enclave": False,
        "total_area_m2": Decimal(1000),
        "incubation_area_m2": Decimal(800),
        "industry_code": None,
        "listed_on": date(2019, 1, 7),
        "delisted_on": None,
    }
    return rg.CentreState(**{**values, **other})


async def list_centre(db: Database, *, version: int = 2, **other: Any) -> UUID:
    """A listed centre, as the registry's event tells; `centre_id` names one that exists."""
    centre_id = other.pop("centre_id", None) or uuid7()
    state = centre_state(centre_id, **other)
    await deliver(db, rg.CentreListed, received(rg.CentreListed, state, centre_id, version, date(2019, 1, 7)))
    return UUID(str(centre_id))


async def change_tier(db: Database, centre_id: UUID, tier: str, *, version: int) -> None:
    """`registry.centre.tier_changed`: the centre has another tier within the year."""
    event = received(rg.CentreTierChanged, centre_state(centre_id, tier=tier), centre_id, version, date(2019, 6, 12))
    await deliver(db, rg.CentreTierChanged, event)


def delisting(centre_id: UUID, case_id: UUID, *, version: int = 9, tier: str = "standard") -> Received[Any]:
    """`registry.centre.delisted`."""
    data = rg.CentreDelistedData(
        **centre_state(centre_id, status="delisted", tier=tier).model_dump(exclude={"delisted_on"}),
        delisted_on=date(2021, 3, 1),
        case_id=case_id,
        decision_no="拉科发〔2021〕1号",
        published_on=date(2021, 3, 1),
        ban_id=uuid7(),
        revoked_qualification_ids=(),
        refused_application_ids=(),
        relocated_tenancy_ids=(),
        active_municipal_titles_left=0,
    )
    return received(rg.CentreDelisted, data, centre_id, version, date(2021, 3, 1))


async def delist(db: Database, centre_id: UUID, *, case_id: UUID | None = None, version: int = 9) -> UUID:
    case_id = case_id or uuid7()
    await deliver(db, rg.CentreDelisted, delisting(centre_id, case_id, version=version))
    return case_id


def reminder(centre_id: UUID, case_id: UUID, *, late: tuple[str, ...] = ("finance",)) -> Received[Any]:
    """`evaluation.delisting.reminded`."""
    data = ev.DelistingRemindedData(
        id=case_id,
        no="DL-2021-0001",
        centre_id=centre_id,
        status="decided",
        first_failed_year=2019,
        second_failed_year=2020,
        operator_code=OPERATOR,
        operator_barred=True,
        decision_no="拉科发〔2021〕1号",
        decided_on=date(2021, 2, 20),
        published_on=date(2021, 3, 1),
        published_at=datetime(2021, 3, 1, 2, tzinfo=UTC),
        ban_years=3,
        participants=("registry", "finance", "vouchers"),
        late=late,
    )
    return received(ev.DelistingReminded, data, case_id, 5, date(2021, 3, 1))


async def publish_result(
    db: Database, centre_id: UUID, year: int, grade: str, *, result_id: UUID | None = None, version: int = 4
) -> UUID:
    result_id = result_id or uuid7()
    data = ev.ResultState(
        id=result_id,
        cycle_id=uuid7(),
        centre_id=centre_id,
        year=year,
        grade=grade,
        score=Decimal("51.20"),
        document_no="拉科发〔2020〕3号",
        published_on=date(year + 1, 1, 20),
        consecutive_fails=1,
        rectification_id=None,
        delisting_case_id=None,
    )
    event = received(ev.ResultPublished, data, result_id, version, date(year + 1, 1, 20))
    await deliver(db, ev.ResultPublished, event)
    return result_id


async def accept_rectification(db: Database, centre_id: UUID, year: int) -> None:
    data = ev.RectificationState(
        id=uuid7(),
        no="RC-2020-0001",
        centre_id=centre_id,
        evaluation_id=uuid7(),
        year=year,
        status="accepted",
        ordered_on=date(year + 1, 1, 20),
        due_on=date(year + 1, 4, 20),
        accepted_on=date(year + 1, 3, 2),
    )
    event = received(ev.RectificationAccepted, data, data.id, 3, date(year + 1, 3, 2))
    await deliver(db, ev.RectificationAccepted, event)


class Standings:
    """Evaluation and the registry, as far as finance asks them: a real HTTP server with answers set by the test.

    An answer is a standing, an HTTP status to fail with, or None for silence longer than finance waits.
    """

    def __init__(self) -> None:
        self.answers: dict[str, str | int | None] = {}
        self.asked: list[str] = []
        self.reset()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                service, _, path = self.path.strip("/").partition("/")
                outer.asked.append(service)
                answer = outer.answers[service]
                if answer is None:
                    time.sleep(1.6)
                body = json.dumps({"centre_id": path.split("/")[2], "standing": answer, "case_id": None}).encode()
                self.send_response(answer if isinstance(answer, int) else 200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Quiet."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

        self._server = Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    def reset(self) -> None:
        self.answers = {"evaluation": "good", "registry": "listed"}
        self.asked.clear()

    def url(self, service: str) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/{service}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


PEOPLE: dict[str, tuple[str, ...]] = {
    "operator": ("centre_operator",),
    "science_officer": ("science_officer",),
    "industry_officer": ("industry_officer",),
    "science_approver": ("science_approver",),
    "industry_approver": ("industry_approver",),
    "treasury_officer": ("treasury_officer",),
    "treasury_approver": ("treasury_approver",),
    "auditor": ("auditor",),
    "admin": ("admin",),
    "finance_approver": ("finance_approver",),
    "finance_officer": ("finance_officer",),
}
ACCOUNTS = {name: f"0190a000-0000-7000-8000-0000000000{number:02x}" for number, name in enumerate(PEOPLE, start=16)}


def as_principal(name: str, today: date = TODAY) -> Principal:
    """Somebody as use cases know them."""
    return Principal(
        account_id=ACCOUNTS[name],
        roles=frozenset(PEOPLE[name]),
        org=OPERATOR,
        division=None,
        provider=None,
        bank=None,
        person_ref=None,
        today=today,
        simulated=True,
        correlation_id="test",
        issuer="gateway",
        internal=False,
    )


@dataclass
class Desk:
    """Everybody who works on grants, over HTTP."""

    client: AsyncClient
    keys: Keys
    today: date = TODAY
    org: str = OPERATOR
    """Of the operator at the desk."""
    _keys: count[int] = field(default_factory=lambda: count(1))
    _prefix: UUID = field(default_factory=uuid7)

    def headers(self, person: str, **claims: Any) -> dict[str, str]:
        roles = claims.pop("roles", None) or PEOPLE[person]
        if "centre_operator" in roles:
            claims.setdefault("org", self.org)
        claims.setdefault("today", self.today)
        claims.setdefault("account_id", ACCOUNTS[person])
        return bearer(internal_token(self.keys, "finance", roles, **claims)) | {"Accept-Language": "en"}

    async def get(self, person: str, path: str, *, claims: Json | None = None, **params: Any) -> Response:
        return await self.client.get(path, params=params, headers=self.headers(person, **(claims or {})))

    async def post(
        self,
        person: str,
        path: str,
        json: object = None,
        *,
        key: str | None = "",
        headers: dict[str, str] | None = None,
        claims: Json | None = None,
    ) -> Response:
        """A POST gets an idempotency key of its own unless told which; None: without."""
        sent = self.headers(person, **(claims or {})) | (headers or {})
        if key is not None:
            sent["Idempotency-Key"] = f"{self._prefix}-{key or self.new_key()}"
        return await self.client.post(path, json=with_papers(path, json), headers=sent)

    async def applied(self, centre_id: UUID, amount: str = "100000.00", **other: Any) -> Json:
        """A grant, applied for."""
        answer = await self.post("operator", "/v1/grants", application(centre_id, amount, **other))
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def reviewed(self, centre_id: UUID, amount: str = "100000.00", **other: Any) -> Json:
        """Reviewed, and its public notice over, unless `announced=False`."""
        announced = other.pop("announced", True)
        grant = await self.applied(centre_id, amount, **other)
        reviewed = await self.step("science_officer", grant, "review")
        if announced:
            await self.announce(grant)
        return reviewed

    async def announce(self, grant: Json) -> None:
        """On public notice, long enough ago for the notice to be over."""
        before = {"today": self.today - NOTICED_BEFORE}
        answer = await self.post("science_officer", f"/v1/grants/{grant['id']}/notice", claims=before)
        assert answer.status_code == 201, answer.text

    async def approved(self, centre_id: UUID, amount: str = "100000.00", **other: Any) -> Json:
        grant = await self.reviewed(centre_id, amount, **other)
        return await self.step("science_approver", grant, "approve", {"amount": amount})

    async def countersigned(self, centre_id: UUID, amount: str = "100000.00", **other: Any) -> Json:
        grant = await self.approved(centre_id, amount, **other)
        return await self.step("industry_approver", grant, "countersign")

    async def paid(self, centre_id: UUID, amount: str = "100000.00", **other: Any) -> Json:
        grant = await self.countersigned(centre_id, amount, **other)
        return await self.step("treasury_approver", grant, "disburse", key=self.new_key())

    async def step(self, person: str, grant: Json, verb: str, json: object = None, **more: Any) -> Json:
        """A step that must succeed."""
        answer = await self.post(person, f"/v1/grants/{grant['id']}/{verb}", json, **more)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def spend(self, grant: Json, amount: str, **other: Any) -> Response:
        return await self.post("operator", f"/v1/grants/{grant['id']}/spending", spending(amount, **other))

    def new_key(self) -> str:
        return f"key-{next(self._keys)}"


def application(centre_id: UUID, amount: str = "100000.00", *, purpose: str = "operations", **other: Any) -> Json:
    plan = [{"purpose": purpose, "description": "孵化场地运行费", "amount": amount}]
    return {"centre_id": str(centre_id), "fiscal_year": 2019, "amount": amount, "plan": plan, **other}


_invoices = count(1)


def spending(amount: str, *, purpose: str = "operations", number: str | None = None, **other: Any) -> Json:
    invoice = {"code": "5400191130", "number": number or f"{next(_invoices):08d}", "seller_code": SELLER}
    return {
        "purpose": purpose,
        "description": "水电费",
        "amount": amount,
        "voucher_no": "记-0012",
        "invoice": invoice,
        **other,
    }
