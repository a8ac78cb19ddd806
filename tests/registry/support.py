"""The registry asked in-process as each role, and the short ways to the states that tests start from."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import count
from typing import Any
from urllib.parse import quote
from uuid import UUID, uuid4

from httpx import AsyncClient, Response

from shared.clock import utcnow
from shared.db import Database
from shared.events.consumer import Received
from shared.events.contracts import evaluation as ev
from shared.events.types import EventType
from tests.support.identifiers import make_uscc
from tests.support.tokens import Keys, bearer, internal_token

DAY = date(2019, 6, 3)
ANNOUNCED = date(2019, 5, 24)
"""A notice put up on this day ends with May; `DAY` is free for the decision."""
BEFORE = timedelta(days=11)
"""How long before its listing a centre is announced: no week of the year has a longer notice but the long holidays."""
OPERATOR = make_uscc(1)
STRANGER = make_uscc(2)

OFFICER, SECOND_OFFICER, APPROVER, SECOND_APPROVER = (f"0190a000-0000-7000-8000-00000000000{n}" for n in range(1, 5))
ACCOUNTS = {
    "science_officer": OFFICER,
    "industry_officer": SECOND_OFFICER,
    "science_approver": APPROVER,
    "industry_approver": SECOND_APPROVER,
}

Json = dict[str, Any]
"""A JSON object as tests read it."""

_codes = count(1000)


def fresh_code() -> str:
    """A valid code that no other test has."""
    return make_uscc(next(_codes))


def centre_body(**changes: object) -> Json:
    """A draft of a standard centre, valid in every field."""
    return {
        "name": "城关双创中心",
        "operator_code": OPERATOR,
        "operator_name": "拉萨梦创孵化有限公司",
        "service_kinds": ["innovation_entrepreneurship"],
        "tier": "standard",
        "owner_division": "540102",
        "site_division": "540102",
        "total_area_m2": "3200.00",
        "incubation_area_m2": "2400.00",
        "industry_code": "I6510",
        **changes,
    }


def enterprise_body(**changes: object) -> Json:
    """An enterprise registered half a year before `DAY`, valid in every field."""
    return {
        "code": fresh_code(),
        "name": "拉萨云端信息科技有限公司",
        "industry_code": "I6510",
        "division": "540102",
        "registered_on": "2018-12-03",
        "graduate_founder": True,
        **changes,
    }


@dataclass
class Caller:
    """One account, speaking to the registry on one business day."""

    client: AsyncClient
    keys: Keys
    roles: tuple[str, ...]
    today: date = DAY
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
        return await self.client.post(path, json=body, headers={**self._headers(), **sent})

    async def patch(self, path: str, body: object, if_match: str | None = None) -> Response:
        tag = {} if if_match is None else {"If-Match": if_match}
        return await self.client.patch(path, json=body, headers={**self._headers(), **tag})

    async def upload(self, path: str, content: bytes, name: str = "file", **headers: str) -> Response:
        """The file as the whole body, its name in Content-Disposition."""
        sent = {key.replace("_", "-"): value for key, value in headers.items()}
        disposition = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}"}
        return await self.client.post(path, content=content, headers={**self._headers(), **disposition, **sent})

    async def delete(self, path: str) -> Response:
        return await self.client.delete(path, headers=self._headers())

    async def export(self, path: str, media_type: str) -> Response:
        """A list as a file."""
        return await self.client.get(path, headers={**self._headers(), "Accept": media_type})

    def _headers(self) -> dict[str, str]:
        account = self.account or ACCOUNTS.get(self.roles[0]) or f"account-{'-'.join(self.roles)}"
        token = internal_token(
            self.keys,
            "registry",
            self.roles,
            account_id=account,
            today=self.today,
            **self.scope,
        )
        return bearer(token)


class Registry:
    """The application under test, its database, and the usual people."""

    def __init__(self, client: AsyncClient, keys: Keys, db: Database) -> None:
        self.client = client
        self.keys = keys
        self.db = db
        self.drafts = 0
        self.officer = self.caller("science_officer")
        self.second_officer = self.caller("industry_officer")
        self.approver = self.caller("science_approver")
        self.second_approver = self.caller("industry_approver")
        self.auditor = self.caller("auditor")
        self.public = self.caller("public", account="anonymous")
        self.operator = self.caller("centre_operator", org=OPERATOR)
        self.stranger = self.caller("centre_operator", org=STRANGER)

    def caller(self, *roles: str, today: date = DAY, account: str | None = None, **scope: str) -> Caller:
        return Caller(self.client, self.keys, roles, today, scope, account)

    async def draft(self, **changes: object) -> Json:
        """A draft registered by an officer; each under a name of its own unless one is given."""
        self.drafts += 1
        if "name" not in changes and self.drafts > 1:
            changes["name"] = f"城关双创中心{self.drafts}号"
        return expect(await self.officer.post("/v1/centres", centre_body(**changes)), 201)

    async def submitted(self, **changes: object) -> Json:
        """An application, handed in by another officer than the one who will review it."""
        centre = await self.draft(**changes)
        return expect(await self.second_officer.post(f"/v1/centres/{centre['id']}/submit"), 200)

    async def announced(self, on: date = ANNOUNCED, **changes: object) -> Json:
        """A centre whose notice went up on the day."""
        path = f"/v1/centres/{(await self.draft(**changes))['id']}"
        day = on.isoformat()
        expect(await self.second_officer.post(f"{path}/submit", {"applied_on": day}), 200)
        expect(await self.officer.post(f"{path}/review", {"reviewed_on": day}), 200)
        return expect(await self.officer.post(f"{path}/announce", {"starts_on": day}), 200)

    async def listed(self, on: date = ANNOUNCED, **changes: object) -> Json:
        """A centre listed on the day, its notice over; it may apply for titles from then on."""
        path = f"/v1/centres/{(await self.announced(on - BEFORE, **changes))['id']}"
        body = {"document_no": "拉科发〔2019〕12号", "decided_on": on.isoformat()}
        return expect(await self.approver.post(f"{path}/list", body), 200)

    async def applied(self, centre_id: str, kind: str = "maker_space", level: str = "municipal") -> Json:
        """An application for a title, on `ANNOUNCED`."""
        body = {"centre_id": centre_id, "kind": kind, "level": level, "applied_on": ANNOUNCED.isoformat()}
        return expect(await self.second_officer.post("/v1/qualification-applications", body), 201)

    async def reviewed(self, centre_id: str, kind: str = "maker_space", level: str = "municipal") -> Json:
        """An application that an officer proposes to grant."""
        path = f"/v1/qualification-applications/{(await self.applied(centre_id, kind, level))['id']}/review"
        return expect(await self.officer.post(path, {"reviewed_on": ANNOUNCED.isoformat()}), 200)

    async def grantable(self, centre_id: str, kind: str = "maker_space", level: str = "municipal") -> Json:
        """An application whose notice is over on `DAY`."""
        path = f"/v1/qualification-applications/{(await self.reviewed(centre_id, kind, level))['id']}/announce"
        return expect(await self.officer.post(path, {"starts_on": ANNOUNCED.isoformat()}), 200)

    async def granted(self, centre_id: str, kind: str = "maker_space", level: str = "municipal") -> Json:
        """A title, granted on `DAY`."""
        path = f"/v1/qualification-applications/{(await self.grantable(centre_id, kind, level))['id']}/grant"
        document: Json = {"document_no": "拉科发〔2019〕20号"}
        if level != "municipal":
            document["issuer"] = "西藏自治区科技厅"
        return expect(await self.approver.post(path, document), 200)

    async def enterprise(self, **changes: object) -> Json:
        """An enterprise."""
        return expect(await self.officer.post("/v1/enterprises", enterprise_body(**changes)), 201)

    async def admitted(self, centre_id: str, enterprise_id: str, on: date = DAY) -> Json:
        """A tenancy from `on`."""
        body = {"centre_id": centre_id, "enterprise_id": enterprise_id, "agreement_no": "RZ-1"}
        return expect(await self.officer.on(on).post("/v1/tenancies", body), 201)

    async def filed(self, centre_id: str, enterprise_id: str, on: date = DAY) -> Json:
        """A tenancy from `on`, filed on that day."""
        tenancy = await self.admitted(centre_id, enterprise_id, on)
        return expect(await self.officer.on(on).post(f"/v1/tenancies/{tenancy['id']}/file"), 200)


def expect(response: Response, status: int) -> Json:
    """The answer's body, if it has the status."""
    assert response.status_code == status, response.text
    body = response.json()
    assert isinstance(body, dict)
    return body


def refused(response: Response, status: int, code: str) -> Json:
    """The problem's body, if it is that one and reads as a sentence."""
    problem = expect(response, status)
    assert problem["code"] == code, problem
    assert problem["detail"]
    assert "{" not in problem["detail"]
    return problem


def decided(
    centre_id: str,
    *,
    operator: str = OPERATOR,
    on: date = date(2021, 3, 1),
    case_id: UUID | None = None,
    **data: object,
) -> Received[ev.DelistingDecidedData]:
    """A published delisting, as evaluation sends it."""
    return _received(ev.DelistingDecided, _decision(centre_id, operator, on, case_id, data))


def reminded(
    centre_id: str,
    *,
    operator: str = OPERATOR,
    on: date = date(2021, 3, 1),
    case_id: UUID | None = None,
    **data: object,
) -> Received[ev.DelistingRemindedData]:
    """A reminder of a published delisting."""
    return _received(ev.DelistingReminded, {"late": ("registry",), **_decision(centre_id, operator, on, case_id, data)})


def _decision(centre_id: str, operator: str, on: date, case_id: UUID | None, data: Json) -> Json:
    return {
        "id": case_id or uuid4(),
        "no": "DL-2021-0001",
        "centre_id": centre_id,
        "status": "decided",
        "first_failed_year": on.year - 2,
        "second_failed_year": on.year - 1,
        "operator_code": operator,
        "operator_barred": True,
        "decision_no": f"拉科发〔{on.year}〕9号",
        "decided_on": on,
        "published_on": on,
        "published_at": utcnow(),
        "ban_years": 3,
        "participants": ("registry", "finance", "vouchers"),
        **data,
    }


def _received(event_type: EventType[Any], data: Json) -> Received[Any]:
    return Received(
        id=uuid4(),
        type=event_type.name,
        topic=event_type.topic.name,
        position=1,
        subject=data["id"],
        aggregate_version=5,
        effective_on=data["published_on"],
        time=utcnow(),
        actor=APPROVER,
        correlation_id="delisting-story",
        rules=("delisting.trigger",),
        edition="lhasa-2019",
        simulated=True,
        data=event_type.data.model_validate(data),
    )
