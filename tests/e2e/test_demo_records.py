"""The demonstration's year that is counted by records, told of a centre beside another one that it knows nothing of."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import fields, replace
from functools import partial
from typing import Final

import pytest
import pytest_asyncio

from deploy.demo import files
from deploy.demo.accounts import Credentials
from deploy.demo.client import Api
from deploy.demo.command import POLICY
from deploy.demo.files import Data
from deploy.demo.play import cast, play
from deploy.demo.story.world import World
from tests.e2e.test_demo import _open_admin
from tests.support.postgres import Cluster
from tests.support.suite import Suite

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

OWN, OTHER = "C08", "C06"
_YEAR: Final = 2021
_KEPT: Final = frozenset(
    {
        *("centres", "accounts", "experts", "rubrics", "enterprises", "tenancies", "reports", "marks", "evaluations"),
        *("held", "mentors", "advice", "staff", "trainings"),
    }
)


def year_of(*keys: str, evaluated: bool) -> Data:
    """What these centres do in the year, with the tenants that mentors advise."""
    data = files.reduced(files.load(), frozenset(keys))
    data = replace(data, **{field.name: [] for field in fields(data) if field.name not in _KEPT})
    advised = {session.enterprise for session in data.advice}
    orgs = {*advised, *(centre.operator_code for centre in data.centres)}
    return replace(
        data,
        tenancies=[stay for stay in data.tenancies if stay.enterprise in advised],
        enterprises=[firm for firm in data.enterprises if firm.code in advised],
        reports=[report for report in data.reports if report.year == _YEAR],
        marks=[mark for mark in data.marks if mark.year == _YEAR],
        evaluations=[one for one in data.evaluations if one.year == _YEAR and evaluated],
        accounts=[one for one in data.accounts if one.org in orgs or (one.org is None and not one.division)],
    )


async def _play(suite: Suite, credentials: Credentials, data: Data) -> tuple[World, int]:
    async with Api(suite.gateway_url, language="en") as api:
        world = cast(api, data, credentials)
        await play(world, credentials, partial(_open_admin, suite))
        return world, api.writes


@pytest.fixture(scope="module")
def suite(postgres: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Suite]:
    with Suite(postgres, tmp_path_factory.mktemp("demo-records"), policy_dir=POLICY) as running:
        yield running


@pytest.fixture(scope="module")
def credentials(tmp_path_factory: pytest.TempPathFactory) -> Credentials:
    return Credentials(tmp_path_factory.mktemp("credentials") / "demo")


@pytest.fixture(scope="module")
def told(suite: Suite, credentials: Credentials) -> World:
    """The other centre is there with its reports; then comes the story of a world that knows one centre alone."""
    asyncio.run(_play(suite, credentials, year_of(OTHER, evaluated=False)))
    world, writes = asyncio.run(_play(suite, credentials, year_of(OWN, evaluated=True)))
    assert writes > 0
    return world


@pytest_asyncio.fixture(loop_scope="function")
async def api(suite: Suite) -> AsyncIterator[Api]:
    async with Api(suite.gateway_url, language="en") as api:
        yield api


@pytest.mark.timeout(900)
async def test_the_year_is_counted_by_records_beside_another_centre(told: World, api: Api) -> None:
    published = {
        found["centre_id"]: found
        async for found in api.items("/v1/evaluations", told.auditor, year=_YEAR, status="published")
    }
    assert len(published) == 2
    path = f"/v1/evaluations/{published[told.centres[OWN]['id']]['id']}/score-sheets"
    lineage = (await api.get(path, told.auditor))["items"][0]["lineage"]
    last = next(report for report in told.data.reports if report.quarter == 4)
    assert lineage["mentor_records_total"] == last.mentors
    assert lineage["staff_records_total"] == last.specialist_staff
    assert lineage["certificate_records_total"] == last.trained_staff
    assert lineage["activity_records_total"] == len(told.data.held)


async def test_reports_agree_with_the_registers_and_name_their_records(told: World, api: Api) -> None:
    own = [await api.get(f"/v1/quarterly-reports/{one['id']}", told.auditor) for one in told.reports.values()]
    unexplained = [one["field"] for shown in own for one in shown["differences"] if one["needs_reason"]]
    assert unexplained == []
    shown = max(own, key=lambda report: int(report["quarter"]))
    assert shown["prefilled_from"]["mentors"]["records"][0]["no"].startswith("MT-")


@pytest.mark.timeout(300)
async def test_told_again_it_changes_nothing(suite: Suite, credentials: Credentials, told: World) -> None:
    _, writes = await _play(suite, credentials, year_of(OWN, OTHER, evaluated=True))
    assert writes == 0
