"""Nobody is told how things will stand: a day to come is refused with the last one that can be asked about."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.registry.support import DAY, Json, Registry, expect, refused

pytestmark = pytest.mark.asyncio(loop_scope="session")

LISTS = (
    "/v1/qualifications",
    "/v1/bans",
    "/v1/tenancies",
    "/v1/coverage",
    "{centre}/tiers",
    "{centre}/operators",
    "{centre}/carriers",
    "{centre}/staff",
    "{centre}/agreements",
    "{centre}/joint-carriers",
    "{enterprise}/tenancy",
    "{enterprise}/stages",
    "{enterprise}/persons",
    "{enterprise}/technology-flags",
)
STATES = ("{centre}", "{title}", "{tenancy}")


async def paths(registry: Registry) -> Json:
    centre, enterprise = await registry.listed(), await registry.enterprise()
    tenancy = await registry.admitted(centre["id"], enterprise["id"])
    title = await registry.granted(centre["id"])
    return {
        "centre": f"/v1/centres/{centre['id']}",
        "enterprise": f"/v1/enterprises/{enterprise['id']}",
        "tenancy": f"/v1/tenancies/{tenancy['id']}",
        "title": f"/v1/qualifications/{title['id']}",
    }


@pytest.mark.parametrize(("field", "asked"), [*(("on", path) for path in LISTS), *(("as_of", path) for path in STATES)])
async def test_today_is_the_last_day_that_can_be_asked_about(registry: Registry, field: str, asked: str) -> None:
    path = asked.format(**await paths(registry))
    expect(await registry.officer.get(path, **{field: DAY}), 200)
    tomorrow = DAY + timedelta(days=1)
    problem = refused(await registry.officer.get(path, **{field: tomorrow}), 422, "validation-failed")
    [error] = problem["errors"]
    assert error["field"] == field
    assert DAY.isoformat() in error["message"]
    expect(await registry.officer.on(tomorrow).get(path, **{field: tomorrow}), 200)
