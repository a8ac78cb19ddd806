"""Stay, lift and reversal through the gateway: every service follows, also one that is killed in between (2.3-5)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.e2e.city import Body, City
from tests.e2e.test_delisting_story import FOUR_KINDS, POLICY, Failing, delist, furnished
from tests.support.postgres import Cluster
from tests.support.suite import Suite
from tests.support.waiting import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

STAYED, LIFTED, REVERSED = "2021-04-01", "2021-06-01", "2021-07-01"


@pytest.fixture
async def city(postgres: Cluster, tmp_path: Path) -> AsyncIterator[City]:
    with Suite(postgres, tmp_path, policy_dir=POLICY) as suite:
        async with City(suite) as made:
            yield made


async def ordered(city: City, case: str, verb: str, day: str) -> str:
    """An order recorded by one bureau and approved by the other."""
    body = {
        "ground": "court",
        "issuer": "虚构市中级人民法院",
        "document_no": f"虚构行初〔2021〕{day[5:7]}号",
        "ordered_on": day,
    }
    path = f"/v1/delistings/{case}"
    order = await city.people["science_officer"].post(f"{path}/{verb}", day, body, expect=201)
    await city.people["industry_approver"].post(f"{path}/remedies/{order['id']}/approve", day)
    return str(order["id"])


async def followed(city: City, case: str, order: str, day: str) -> Body:
    """The order once every service has followed it."""

    async def done() -> Body | None:
        found = await orders_of(city, case, day)
        return next((one for one in found if one["id"] == order and one["status"] == "completed"), None)

    answer = await eventually(done, 60)
    assert answer is not None
    return answer


async def orders_of(city: City, case: str, day: str) -> list[Body]:
    answer: object = await city.people["auditor"].get(f"/v1/delistings/{case}/remedies", day)
    assert isinstance(answer, list)
    return answer


async def centre_is(city: City, failing: Failing, status: str, day: str) -> None:
    async def so() -> bool:
        centre = await city.people["public"].get(f"/v1/centres/{failing.centre}", day)
        return bool(centre["status"] == status)

    assert await eventually(so)


async def titles_in_force(city: City, failing: Failing, day: str) -> set[str]:
    found = await city.people["auditor"].get(f"/v1/qualifications?centre_id={failing.centre}", day)
    return {title["kind"] for title in found["items"] if title["status"] == "active"}


async def test_a_stay_a_lift_and_a_reversal_are_followed_everywhere(city: City) -> None:
    failing = await furnished(city)
    await delist(city, failing)
    finance = city.suite.services["finance"]
    finance.kill9()
    stay = await ordered(city, failing.case, "stay", STAYED)
    await centre_is(city, failing, "listed", STAYED)

    async def only_finance_is_missing() -> bool:
        shown = await city.people["auditor"].get(f"/v1/delistings/{failing.case}/timeline", STAYED)
        return [one.split(":")[1] for one in shown["waiting_for"]] == ["finance"]

    assert await eventually(only_finance_is_missing)
    finance.start()
    done = await followed(city, failing.case, stay, STAYED)
    assert done["missing_title_ids"] == []
    assert sorted(done["expected_title_ids"]) == sorted(failing.titles)
    assert await titles_in_force(city, failing, STAYED) == set(FOUR_KINDS)
    bans = await city.people["public"].get("/v1/bans", STAYED)
    assert bans["items"] == []
    unpaid = await city.people["auditor"].get(f"/v1/grants/{failing.unpaid}", STAYED)
    assert unpaid["status"] == "cancelled"

    lift = await ordered(city, failing.case, "lift", LIFTED)
    await followed(city, failing.case, lift, LIFTED)
    await centre_is(city, failing, "delisted", LIFTED)
    assert await titles_in_force(city, failing, LIFTED) == set()

    reversal = await ordered(city, failing.case, "reverse", REVERSED)
    await followed(city, failing.case, reversal, REVERSED)
    await centre_is(city, failing, "listed", REVERSED)
    assert await titles_in_force(city, failing, REVERSED) == set(FOUR_KINDS)
    paid = await city.people["auditor"].get(f"/v1/grants/{failing.paid}", REVERSED)
    assert (paid["status"], paid["recovery_due"]) == ("paid", "0.00")
    case = await city.people["auditor"].get(f"/v1/delistings/{failing.case}", REVERSED)
    assert (case["status"], case["reversed_on"]) == ("reversed", REVERSED)
    voucher = await city.people["auditor"].get(f"/v1/vouchers/{failing.voucher}", REVERSED)
    assert voucher["status"] == "stopped"
