"""The voucher service as a test meets it: callers with their roles, and the registry's facts as events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import count
from typing import Any, TypeVar
from uuid import UUID, uuid4

import httpx
from sqlalchemy import text

from services.vouchers import consumers
from shared.db import Database
from shared.events.consumer import Received
from shared.events.contracts import evaluation as ev
from shared.events.contracts import registry as rc
from shared.events.types import EventData, EventType
from shared.ids import uuid7
from tests.support.identifiers import make_uscc
from tests.support.tokens import Keys, bearer, internal_token

TODAY = date(2019, 6, 3)
DIVISION = "540102"
OTHER_DIVISION = "540121"
"""林周县, one of the five counties that own enclaves."""

D = TypeVar("D", bound=EventData)
_numbers = count(1)


@dataclass(frozen=True)
class Caller:
    """An account as its token describes it."""

    roles: tuple[str, ...]
    account_id: str = field(default_factory=lambda: str(uuid4()))
    org: str | None = None
    division: str | None = None
    person_ref: str | None = None


def officer(division: str = DIVISION) -> Caller:
    return Caller(("division_officer",), division=division)


def approver(division: str = DIVISION) -> Caller:
    return Caller(("division_approver",), division=division)


SCIENCE_OFFICER = Caller(("science_officer",))
SCIENCE_APPROVER = Caller(("science_approver",))
AUDITOR = Caller(("auditor",))
PUBLIC = Caller(("public",), account_id="anonymous")


def fresh_code() -> str:
    return make_uscc(next(_numbers))


class Api:
    """HTTP to the service with a caller's token; a POST gets an idempotency key of its own unless told otherwise."""

    def __init__(self, client: httpx.AsyncClient, keys: Keys, *, today: date | None = TODAY) -> None:
        self.client = client
        self.keys = keys
        self.today = today

    def headers(self, caller: Caller, today: date | None = None) -> dict[str, str]:
        token = internal_token(
            self.keys,
            "vouchers",
            caller.roles,
            account_id=caller.account_id,
            org=caller.org,
            division=caller.division,
            person_ref=caller.person_ref,
            today=today or self.today,
        )
        return bearer(token)

    async def get(self, caller: Caller, path: str, *, today: date | None = None, **params: object) -> httpx.Response:
        return await self.client.get(path, params=_query(params), headers=self.headers(caller, today))

    async def post(
        self,
        caller: Caller,
        path: str,
        body: dict[str, Any] | None = None,
        *,
        key: str | None = "",
        today: date | None = None,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        sent = {**self.headers(caller, today), **(headers or {})}
        if key is not None:
            sent["Idempotency-Key"] = key or uuid4().hex
        return await self.client.post(path, json=body, headers=sent)

    async def ok(self, caller: Caller, path: str, body: dict[str, Any] | None = None, **options: Any) -> dict[str, Any]:
        """The answer of a POST that must succeed."""
        response = await self.post(caller, path, body, **options)
        assert response.is_success, response.text
        answer: dict[str, Any] = response.json()
        return answer


def _query(params: dict[str, object]) -> dict[str, str]:
    return {name: str(value) for name, value in params.items()}


def code_of(response: httpx.Response) -> tuple[int, str]:
    """Status and problem code of a refusal."""
    return response.status_code, response.json().get("code", "")


def received(
    event_type: EventType[D],
    data: D,
    subject: UUID,
    version: int = 1,
    *,
    effective_on: date = TODAY,
    actor: str = "registry-officer",
) -> Received[D]:
    """An event as a handler gets it."""
    return Received(
        id=uuid7(),
        type=event_type.name,
        topic=event_type.topic.name,
        position=version,
        subject=subject,
        aggregate_version=version,
        effective_on=effective_on,
        time=datetime.now(UTC),
        actor=actor,
        correlation_id="test",
        rules=(),
        edition="lhasa-2019",
        simulated=True,
        data=data,
    )


def centre_state(centre_id: UUID, *, status: str = "listed", owner: str = DIVISION, site: str = "") -> rc.CentreState:
    return rc.CentreState(
        id=centre_id,
        no="CE-2019-0001",
        name="测试双创中心",
        operator_code=make_uscc(7),
        operator_name="测试运营公司",
        status=status,
        service_kinds=("enterprise",),
        tier="standard",
        owner_division=owner,
        site_division=site or owner,
        enclave=bool(site) and site != owner,
        total_area_m2=Decimal("1000.00"),
        incubation_area_m2=Decimal("800.00"),
        industry_code=None,
        listed_on=date(2019, 1, 2) if status != "draft" else None,
        delisted_on=TODAY if status == "delisted" else None,
    )


class Registry:
    """The registry's facts, given to the service's own handlers."""

    def __init__(self, db: Database) -> None:
        self.db = db

    async def centre(self, centre_id: UUID | None = None, version: int = 1, **options: Any) -> UUID:
        centre_id = centre_id or uuid7()
        event = received(rc.CentreListed, centre_state(centre_id, **options), centre_id, version)
        async with self.db.transaction() as session:
            await consumers.copy_centres(session, [event])
        return centre_id

    async def enterprise(
        self,
        *,
        code: str | None = None,
        registered_on: date = date(2018, 1, 1),
        representative: str | None = None,
    ) -> Firm:
        firm = Firm(uuid7(), code or fresh_code())
        data = rc.EnterpriseState(
            id=firm.id,
            code=firm.code,
            name="测试企业",
            industry_code="I6510",
            division=DIVISION,
            registered_on=registered_on,
            legal_representative_ref=representative,
            graduate_founder=False,
        )
        async with self.db.transaction() as session:
            await consumers.copy_enterprises(session, [received(rc.EnterpriseRegistered, data, firm.id)])
        return firm

    async def tenancy(
        self,
        enterprise_id: UUID,
        centre_id: UUID,
        *,
        admitted_on: date = date(2019, 2, 1),
        ended_on: date | None = None,
        tenancy_id: UUID | None = None,
        version: int = 1,
    ) -> UUID:
        event = tenancy_event(
            enterprise_id, centre_id, tenancy_id or uuid7(), admitted_on=admitted_on, ended_on=ended_on, version=version
        )
        async with self.db.transaction() as session:
            await consumers.copy_tenancies(session, [event])
        return event.data.id

    async def tenant(self, centre_id: UUID, **options: Any) -> Firm:
        firm = await self.enterprise(**options)
        await self.tenancy(firm.id, centre_id)
        return firm

    async def delist(self, centre_id: UUID, case_id: UUID | None = None, version: int = 9) -> UUID:
        """The registry has delisted the centre: copy and command in one transaction, as the consumer runs them."""
        event = delisted(centre_id, case_id or uuid7(), version)
        async with self.db.transaction() as session:
            await consumers.copy_delisted_centres(session, [event])
            await consumers.stop_vouchers(session, [event])
        return event.data.case_id

    async def remind(self, centre_id: UUID, case_id: UUID, late: Sequence[str] = ("vouchers",)) -> None:
        async with self.db.transaction() as session:
            await consumers.confirm_reminded(session, [reminded(centre_id, case_id, late)])


@dataclass(frozen=True)
class Firm:
    id: UUID
    code: str

    @property
    def caller(self) -> Caller:
        return Caller(("enterprise",), account_id=f"firm-{self.code}", org=self.code)


def tenancy_event(
    enterprise_id: UUID,
    centre_id: UUID,
    tenancy_id: UUID,
    *,
    admitted_on: date = date(2019, 2, 1),
    ended_on: date | None = None,
    case_id: UUID | None = None,
    version: int = 1,
) -> Received[rc.TenancyState]:
    data = rc.TenancyState(
        id=tenancy_id,
        enterprise_id=enterprise_id,
        centre_id=centre_id,
        status="exited" if ended_on else "relocation_due" if case_id else "admitted",
        admitted_on=admitted_on,
        agreement_no="A-1",
        filed_on=None,
        ended_on=ended_on,
        reason_code=None,
        graduation_criterion=None,
        relocation_case_id=case_id,
    )
    return received(rc.TenancyRelocationDue if case_id else rc.TenancyAdmitted, data, tenancy_id, version)


def delisted(centre_id: UUID, case_id: UUID, version: int = 9) -> Received[rc.CentreDelistedData]:
    data = rc.CentreDelistedData(
        **centre_state(centre_id, status="delisted").model_dump(),
        case_id=case_id,
        decision_no="拉科发〔2019〕1号",
        published_on=TODAY,
        ban_id=uuid7(),
        revoked_qualification_ids=(),
        refused_application_ids=(),
        relocated_tenancy_ids=(),
        active_municipal_titles_left=0,
    )
    return received(rc.CentreDelisted, data, centre_id, version)


def reminded(centre_id: UUID, case_id: UUID, late: Sequence[str]) -> Received[ev.DelistingRemindedData]:
    data = ev.DelistingRemindedData(
        id=case_id,
        no="DL-2019-0001",
        centre_id=centre_id,
        status="decided",
        first_failed_year=2018,
        second_failed_year=2019,
        operator_code=make_uscc(7),
        operator_barred=True,
        decision_no="拉科发〔2019〕1号",
        decided_on=TODAY,
        published_on=TODAY,
        published_at=datetime.now(UTC),
        ban_years=3,
        participants=("registry", "finance", "vouchers"),
        late=tuple(late),
    )
    return received(ev.DelistingReminded, data, case_id, 5)


@dataclass(frozen=True)
class Seller:
    id: str
    code: str
    account_id: str

    @property
    def caller(self) -> Caller:
        return Caller(("provider",), account_id=self.account_id, org=self.code)


class Town:
    """What a test about vouchers needs around it."""

    def __init__(self, api: Api, db: Database) -> None:
        self.api = api
        self.db = db
        self.registry = Registry(db)

    async def programme(self, division: str = DIVISION, *, opened: bool = True, **terms: Any) -> str:
        body = {"kind": "innovation", "year": 2019, "budget": "1000000.00", "drafted_on": "2019-03-18", **terms}
        drafted = await self.api.ok(officer(division), "/v1/voucher-programmes", body)
        path = f"/v1/voucher-programmes/{drafted['id']}"
        if opened:
            await self.api.ok(approver(division), f"{path}/open", {"decided_on": "2019-03-19"})
        return str(drafted["id"])

    async def provider(
        self, *, code: str | None = None, categories: Sequence[str] = ("legal_protection",), ref: str | None = None
    ) -> Seller:
        code = code or fresh_code()
        account = f"seller-{code}"
        body = {"name": "测试服务机构", "categories": list(categories), "legal_representative_ref": ref}
        applied = await self.api.ok(Caller(("provider",), account, org=code), "/v1/providers", body)
        path = f"/v1/providers/{applied['id']}"
        await self.api.ok(SCIENCE_OFFICER, f"{path}/review")
        await self.api.ok(SCIENCE_APPROVER, f"{path}/admit")
        return Seller(str(applied["id"]), code, account)

    async def voucher(
        self, programme_id: str, firm: Firm, face_value: str = "1000.00", *, division: str = DIVISION, **more: Any
    ) -> dict[str, Any]:
        body = {"programme_id": programme_id, "enterprise_id": str(firm.id), "face_value": face_value, **more}
        return await self.api.ok(officer(division), "/v1/vouchers", body)

    async def code(self, firm: Firm, voucher_id: str) -> str:
        response = await self.api.get(firm.caller, f"/v1/vouchers/{voucher_id}/code")
        assert response.status_code == 200, response.text
        return str(response.json()["code"])

    async def standing(self, face_value: str = "1000.00", **terms: Any) -> Standing:
        """A centre with a firm that holds a voucher, and a provider."""
        centre_id = await self.registry.centre()
        firm = await self.registry.tenant(centre_id)
        voucher = await self.voucher(await self.programme(**terms), firm, face_value)
        code = await self.code(firm, voucher["id"])
        return Standing(self, centre_id, firm, await self.provider(), voucher["id"], code)

    async def one(self, sql: str, **values: object) -> Any:
        """The only value of a query behind the service's back."""
        async with self.db.transaction() as session:
            return await session.scalar(text(sql), values)

    async def rows(self, sql: str, **values: object) -> list[Any]:
        async with self.db.transaction() as session:
            return list(await session.execute(text(sql), values))

    async def events(self, subject: str, name: str) -> int:
        sql = "SELECT count(*) FROM event_log WHERE aggregate_id = CAST(:subject AS uuid) AND type = :name"
        return int(await self.one(sql, subject=subject, name=name))


@dataclass(frozen=True)
class Standing:
    """A voucher ready to be used."""

    town: Town
    centre_id: UUID
    firm: Firm
    seller: Seller
    voucher_id: str
    code: str

    def sale(self, price: str, **more: Any) -> dict[str, Any]:
        return {"code": self.code, "category": "legal_protection", "price": price, **more}

    async def at_counter(self, price: str, **options: Any) -> httpx.Response:
        body = self.sale(price, **options.pop("more", {}))
        return await self.town.api.post(self.seller.caller, "/v1/redemptions/counter", body, **options)

    async def hold(self, price: str) -> dict[str, Any]:
        body = {
            "voucher_id": self.voucher_id,
            "provider_id": self.seller.id,
            "category": "legal_protection",
            "price": price,
        }
        return await self.town.api.ok(self.firm.caller, "/v1/redemptions", body)

    async def step(self, caller: Caller, redemption_id: str, verb: str) -> httpx.Response:
        return await self.town.api.post(caller, f"/v1/redemptions/{redemption_id}/{verb}")

    async def voucher(self) -> dict[str, Any]:
        response = await self.town.api.get(self.firm.caller, f"/v1/vouchers/{self.voucher_id}")
        assert response.status_code == 200, response.text
        answer: dict[str, Any] = response.json()
        return answer

    async def parts(self) -> tuple[str, str, str]:
        """Balance, held, spent."""
        voucher = await self.voucher()
        return voucher["balance"], voucher["held"], voucher["spent"]

    async def journal_total(self) -> Decimal:
        """What the journal says is owed to providers for this voucher; the other side is checked to agree."""
        sql = (
            "SELECT account, sum(amount) AS total FROM posting JOIN journal_entry ON journal_entry.id = entry_id"
            " JOIN redemption ON redemption.id = redemption_id WHERE voucher_id = CAST(:id AS uuid) GROUP BY account"
        )
        totals = {row.account: row.total for row in await self.town.rows(sql, id=self.voucher_id)}
        owed: Decimal = -totals.get("provider_payable", Decimal("0.00"))
        assert owed == totals.get("programme_subsidy", Decimal("0.00"))
        return owed
