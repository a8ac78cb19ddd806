"""The registry's events as evaluation's consumers get them: centres and stays that become known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import count
from typing import Any, TypeVar
from uuid import UUID, uuid4

from fastapi import FastAPI

from services.evaluation.consumers import consumers
from shared.clock import utcnow
from shared.events.consumer import Received
from shared.events.contracts import registry as rc
from shared.events.types import EventData, EventType
from shared.runtime import Runtime
from tests.support.identifiers import make_uscc

D = TypeVar("D", bound=EventData)
Json = dict[str, Any]
"""A JSON object as tests read it."""

_codes = count(1000)
_numbers = count(1)


def fresh_code() -> str:
    """A valid code that no other test has."""
    return make_uscc(next(_codes))


@dataclass
class Centre:
    """A centre as the registry's events made it known."""

    id: UUID
    operator_code: str
    version: int = 1
    state: Json = field(default_factory=dict)


@dataclass
class Enterprise:
    """An enterprise as the registry's events made it known, with its first stay."""

    id: UUID
    code: str
    version: int = 0
    tenancy_id: UUID | None = None


def received(
    event_type: EventType[D],
    subject: UUID,
    version: int,
    data: D,
    effective_on: date = date(2019, 1, 2),
    position: int | None = None,
) -> Received[D]:
    """An event as the service's consumer gets it."""
    return Received(
        id=uuid4(),
        type=event_type.name,
        topic=event_type.topic.name,
        position=position or next(_numbers),
        subject=subject,
        aggregate_version=version,
        effective_on=effective_on,
        time=utcnow(),
        actor="registry",
        correlation_id="fed",
        rules=(),
        edition=None,
        simulated=True,
        data=data,
    )


class RegistryEvents:
    """Feeds events to the handlers of a running application."""

    def __init__(self, app: FastAPI) -> None:
        self.app = app

    @property
    def runtime(self) -> Runtime:
        runtime: Runtime = self.app.state.runtime
        return runtime

    async def feed(
        self,
        event_type: EventType[D],
        subject: UUID,
        version: int,
        data: D,
        effective_on: date = date(2019, 1, 2),
        position: int | None = None,
    ) -> Received[D]:
        """Have the service's handlers apply one event, as its consumer does."""
        event = received(event_type, subject, version, data, effective_on, position)
        await self.apply([event])
        return event

    async def apply(self, events: Sequence[Received[Any]]) -> None:
        """Handle events of one type in one transaction."""
        async with self.runtime.db.transaction() as session:
            for registration in consumers.registrations(events[0].type):
                await registration.handler(session, events)

    async def centre(self, **changes: Any) -> Centre:
        """A listed standard centre of Chengguan, known since the beginning of 2019."""
        number = next(_numbers)
        listed_on: date | None = changes.pop("listed_on", date(2019, 1, 2))
        state: Json = {
            "id": uuid4(),
            "no": f"CN-2019-{number:04d}",
            "name": f"虚构中心{number}",
            "operator_code": fresh_code(),
            "operator_name": "虚构运营公司",
            "status": "listed",
            "service_kinds": ("innovation_entrepreneurship",),
            "tier": "standard",
            "owner_division": "540102",
            "site_division": "540102",
            "enclave": False,
            "total_area_m2": Decimal("1200.00"),
            "incubation_area_m2": Decimal("1000.00"),
            "industry_code": None,
            "listed_on": listed_on,
            "delisted_on": None,
            **changes,
        }
        data = rc.CentreState.model_validate(state)
        await self.feed(rc.CentreListed, data.id, 1, data, listed_on or date(2019, 1, 2))
        return Centre(data.id, data.operator_code, 1, state)

    async def enterprise(self, centre: Centre, admitted_on: date = date(2018, 5, 2), **changes: Any) -> Enterprise:
        """An enterprise that the registry knows, with a stay at the centre; `changes` are the stay's."""
        enterprise = Enterprise(uuid4(), fresh_code())
        await self.know(enterprise)
        enterprise.tenancy_id = await self.tenancy(centre, admitted_on, enterprise_id=enterprise.id, **changes)
        return enterprise

    async def know(self, enterprise: Enterprise, **changes: Any) -> None:
        """The registry tells of an enterprise, anew with each call."""
        data = rc.EnterpriseState.model_validate(
            {
                "id": enterprise.id,
                "code": enterprise.code,
                "name": f"虚构企业{enterprise.code[-6:]}",
                "industry_code": "I6510",
                "division": "540102",
                "registered_on": date(2018, 1, 2),
                "legal_representative_ref": None,
                "graduate_founder": False,
                **changes,
            }
        )
        enterprise.version += 1
        kind = rc.EnterpriseMerged if data.merged_into_id else rc.EnterpriseRegistered
        await self.feed(kind, data.id, enterprise.version, data)

    async def merge(self, old: Enterprise, survivor: Enterprise, centre: Centre, **stay: Any) -> None:
        """One record goes on for another: its stay is the survivor's from now on."""
        await self.know(old, merged_into_id=survivor.id)
        await self.tenancy(
            centre,
            stay.pop("admitted_on", date(2018, 5, 2)),
            tenancy_id=old.tenancy_id,
            version=2,
            enterprise_id=survivor.id,
            **stay,
        )

    async def suspend(self, centre: Centre, day: date) -> None:
        await self.amend(centre, day, rc.CentreSuspended, status="suspended", suspended_on=day)

    async def withdraw(self, centre: Centre, day: date) -> None:
        await self.amend(centre, day, rc.CentreWithdrawn, status="withdrawn", withdrawn_on=day)

    async def amend(
        self,
        centre: Centre,
        effective_on: date,
        event_type: EventType[rc.CentreState] = rc.CentreAmended,
        **changes: object,
    ) -> None:
        """The registry tells that something about the centre changed."""
        centre.state |= changes
        centre.version += 1
        centre.operator_code = str(centre.state["operator_code"])
        data = rc.CentreState.model_validate(centre.state)
        await self.feed(event_type, centre.id, centre.version, data, effective_on)

    async def tenancy(self, centre: Centre, admitted_on: date, **changes: Any) -> UUID:
        """An enterprise's stay, filed within the month unless said otherwise; told anew with its id and a version."""
        tenancy_id: UUID = changes.pop("tenancy_id", None) or uuid4()
        version: int = changes.pop("version", 1)
        data = rc.TenancyState.model_validate(
            {
                "id": tenancy_id,
                "enterprise_id": uuid4(),
                "centre_id": centre.id,
                "status": "admitted",
                "admitted_on": admitted_on,
                "agreement_no": f"协议{next(_numbers)}",
                "filed_on": admitted_on,
                "ended_on": None,
                "reason_code": None,
                "graduation_criterion": None,
                "relocation_case_id": None,
                **changes,
            }
        )
        kind = rc.TenancyAdmitted if version == 1 else rc.TenancyReassigned
        await self.feed(kind, tenancy_id, version, data, admitted_on)
        return tenancy_id
