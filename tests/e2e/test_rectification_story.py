"""The money of a failed centre through the gateway: it rests until the rectification is accepted (2.3-3, 2.3-4)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest

from tests.e2e.city import Body, City, Person
from tests.support.postgres import Cluster
from tests.support.suite import Suite
from tests.support.waiting import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]

FAILED = "2020-03-02"
SUBMITTED = "2020-04-01"
ACCEPTED = "2020-04-02"


@pytest.fixture
async def city(postgres: Cluster, tmp_path: Path) -> AsyncIterator[City]:
    with Suite(postgres, tmp_path, only=("registry", "evaluation", "finance", "gateway")) as suite:
        async with City(suite) as made:
            yield made


def _restart_finance(city: City, *, hears: bool) -> None:
    """Finance as another process, which hears what other services tell, or only what it asks them."""
    finance = city.suite.services["finance"]
    finance.terminate()
    finance.env["WORKERS_ENABLED"] = "true" if hears else "false"
    finance.start(60)


async def _fail(city: City) -> None:
    """2019 evaluated; the centre handed in no report at all."""
    cycle = await city.score(2019, "2020-02-03")
    await city.announce(cycle, "2020-02-04")
    await city.publish(cycle, FAILED)


async def _rectify(city: City, operator: Person, centre: str) -> None:
    orders = await city.people["auditor"].get(f"/v1/rectifications?centre_id={centre}", SUBMITTED)
    path = f"/v1/rectifications/{orders['items'][0]['id']}"
    officer, other = city.people["science_officer"], city.people["industry_officer"]
    service = {"method": "direct", "recipient_role": "operator_staff", "document_no": "虚构整〔2020〕1号"}
    await officer.post(f"{path}/serve", SUBMITTED, service)
    await operator.post(f"{path}/submit", SUBMITTED, {"evidence": ["整改报告"]})
    items = (await officer.get(path, SUBMITTED))["items"]
    findings = [{"item_id": item["id"], "outcome": "remedied"} for item in items]
    await officer.post(f"{path}/inspect", ACCEPTED, {"record_no": "虚构核〔2020〕1号", "findings": findings})
    await other.post(f"{path}/accept", ACCEPTED, {"document_no": "虚构验〔2020〕1号"})


async def _grant_in(auditor: Person, grant: str, wanted: str) -> Body | None:
    shown = await auditor.get(f"/v1/grants/{grant}", ACCEPTED)
    return shown if shown["status"] == wanted else None


async def test_money_rests_from_a_published_fail_until_the_rectification_is_accepted(city: City) -> None:
    code = city.code()
    operator = await city.enrol("operator", ["centre_operator"], org=code)
    centre = await city.listed_centre("虚构中心", operator, code)
    asked, held = [await city.grant(operator, centre, "2019-06-03", "50000.00", paid=False) for _ in range(2)]
    treasury, auditor = city.people["treasury_approver"], city.people["auditor"]

    # Finance has heard nothing of the fail: it asks how the centre stands, and evaluation says so.
    _restart_finance(city, hears=False)
    await _fail(city)
    refused = await treasury.post(f"/v1/grants/{asked}/disburse", FAILED, expect=409)
    assert refused["code"] == "centre-not-in-good-standing"
    inputs = [result["inputs"] for result in refused["decision"]["results"]]
    assert {"service": "evaluation", "standing": "rectification_open"} in inputs

    # Once it has, the grants themselves rest.
    _restart_finance(city, hears=True)

    await eventually(partial(_grant_in, auditor, held, "held"))
    refused = await treasury.post(f"/v1/grants/{held}/disburse", FAILED, expect=409)
    assert (refused["code"], refused["clauses"]) == ("invalid-transition", ["2.3-4"])

    await _rectify(city, operator, centre)
    for grant in (asked, held):
        await eventually(partial(_grant_in, auditor, grant, "countersigned"))
        paid = await treasury.post(f"/v1/grants/{grant}/disburse", ACCEPTED)
        assert (paid["status"], paid["paid_on"]) == ("paid", ACCEPTED)
