"""Short ways to what lies around a centre."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from shared.kernel_tables import event_log
from tests.registry.support import DAY, Caller, Json, Registry, expect

SERVICES, PARTNERS, DIVISIONS, PRACTICES = "/v1/service-records", "/v1/partners", "/v1/divisions", "/v1/practices"
LATER = date(2019, 7, 1)


@dataclass
class Tenant:
    """An enterprise at a listed centre from `DAY` on, and the account that speaks for it."""

    centre: Json
    enterprise: Json
    tenancy: Json
    itself: Caller


async def tenant(registry: Registry, centre: Json | None = None) -> Tenant:
    """A tenant of the operator's centre, which the day is a month after."""
    centre = centre or await registry.listed()
    enterprise = await registry.enterprise()
    tenancy = await registry.admitted(centre["id"], enterprise["id"])
    itself = registry.caller("enterprise", org=enterprise["code"], today=LATER)
    return Tenant(centre, enterprise, tenancy, itself)


def service_body(served: Tenant, **changes: object) -> Json:
    """A training of two and a half hours on the first day of the tenancy, valid in every field."""
    return {
        "centre_id": served.centre["id"],
        "enterprise_id": served.enterprise["id"],
        "type": "training",
        "title": "创业财税培训",
        "provided_on": DAY.isoformat(),
        "quantity": 1,
        "hours": "2.5",
        **changes,
    }


async def recorded(registry: Registry, served: Tenant, **changes: object) -> Json:
    """A record that the enterprise has not answered."""
    return expect(await registry.operator.on(LATER).post(SERVICES, service_body(served, **changes)), 201)


async def confirmed(registry: Registry, served: Tenant, **changes: object) -> Json:
    """A record that the enterprise has confirmed."""
    record = await recorded(registry, served, **changes)
    return expect(await served.itself.post(f"{SERVICES}/{record['id']}/confirm"), 200)


async def events_of(registry: Registry, aggregate_id: str) -> list[str]:
    """The types of the events of one thing, in their order, without the producer."""
    query = select(event_log.c.type).where(event_log.c.aggregate_id == aggregate_id)
    async with registry.db.transaction() as session:
        found = await session.scalars(query.order_by(event_log.c.aggregate_version))
    return [name.removeprefix("registry.") for name in found]
