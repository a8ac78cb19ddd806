"""The registry's facts as events, given to the service's own handlers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import count
from typing import Any, TypeVar
from uuid import UUID

from services.vouchers import consumers
from shared.db import Database
from shared.events.consumer import Received
from shared.events.contracts import evaluation as ev, registry as rc
from shared.events.types import EventData, EventType
from shared.ids import uuid7
from tests.support.identifiers import make_uscc
from tests.vouchers.callers import Caller

TODAY = date(2019, 6, 3)
DIVISION = "540102"
OTHER_DIVISION = "540121"
"""林周县, one of the five counties that own enclaves."""

D = TypeVar("D", bound=EventData)
_numbers = count(1)


def fresh_code() -> str:
    """A valid code that no other test has."""
    return make_uscc(next(_numbers))


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
        representative: str | None = "",
        size_class: str | None = None,
    ) -> Firm:
        """An enterprise, represented by somebody of its own unless told by whom; None: not on record."""
        firm = Firm(uuid7(), code or fresh_code())
        data = rc.EnterpriseState(
            id=firm.id,
            code=firm.code,
            name="测试企业",
            industry_code="I6510",
            division=DIVISION,
            registered_on=registered_on,
            legal_representative_ref=f"person-of-{firm.code}" if representative == "" else representative,
            graduate_founder=False,
            size_class=size_class,
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

    async def withdraw(self, centre_id: UUID, version: int = 9) -> None:
        """The centre left the list at its own request."""
        event = received(rc.CentreWithdrawn, centre_state(centre_id, status="withdrawn"), centre_id, version)
        async with self.db.transaction() as session:
            await consumers.copy_centres(session, [event])

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
