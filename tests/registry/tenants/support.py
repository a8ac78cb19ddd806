"""Short ways to what is kept about tenants."""

from __future__ import annotations

from itertools import count
from typing import Any
from uuid import UUID

from sqlalchemy import select

from shared.kernel_tables import event_log
from tests.registry.support import Json, Registry, expect
from tests.support.identifiers import make_identity_card

ENTERPRISES, PROJECTS, PERSONS, TENANCIES = "/v1/enterprises", "/v1/projects", "/v1/persons", "/v1/tenancies"

_cards = count(1)


def fresh_card() -> str:
    """A valid identity card number that no other test has."""
    number = next(_cards)
    return make_identity_card(number % 1000, born_on=f"19{70 + number // 1000}0101")


def project_body(**changes: object) -> Json:
    """A project, valid in every field."""
    return {
        "name": "唐卡数字化团队",
        "industry_code": "R8890",
        "division": "540102",
        "started_on": "2019-03-01",
        "team_size": 4,
        **changes,
    }


async def project(registry: Registry, **changes: object) -> Json:
    """A project entered by an officer."""
    return expect(await registry.officer.post(PROJECTS, project_body(**changes)), 201)


async def events(registry: Registry, aggregate_id: str) -> list[tuple[str, Any]]:
    """Type and data, as text, of the events about one thing, in order."""
    query = select(event_log.c.type, event_log.c.data).where(event_log.c.aggregate_id == UUID(aggregate_id))
    async with registry.db.transaction() as session:
        return [(row.type, row.data) for row in await session.execute(query.order_by(event_log.c.seq))]


async def event_types(registry: Registry, aggregate_id: str) -> list[str]:
    """The types alone, without the service's name and the version."""
    return [name.removeprefix("registry.").removesuffix(".v1") for name, _ in await events(registry, aggregate_id)]
