"""Stays over HTTP: transfers, longest stays, overdue and relocation lists, where somebody was."""

from __future__ import annotations

from datetime import date

import pytest

from services.registry.consumers import carry_out_decided
from tests.registry.support import DAY, STRANGER, Json, Registry, decided, expect, refused
from tests.registry.tenants.support import ENTERPRISES, TENANCIES, event_types

pytestmark = pytest.mark.asyncio(loop_scope="session")

OPERATING = {"criterion": "operating", "insured_jobs": 3, "own_premises": True}


def move(centre: Json, **changes: object) -> Json:
    return {"centre_id": centre["id"], "agreement_no": "RZ-T1", "evidence": ["三方协议"], **changes}


async def test_transfer_ends_one_stay_and_begins_the_next_on_the_day_after(registry: Registry) -> None:
    one, other = await registry.listed(), await registry.listed(operator_code=STRANGER)
    enterprise = await registry.enterprise()
    old = await registry.admitted(one["id"], enterprise["id"])
    officer = registry.officer.on(date(2020, 2, 29))
    new = expect(await officer.post(f"{TENANCIES}/{old['id']}/transfer", move(other)), 201)
    assert (new["admitted_on"], new["stay_since"], new["stay_until"]) == ("2020-02-29", "2019-06-03", "2023-06-03")
    ended = expect(await officer.get(f"{TENANCIES}/{old['id']}"), 200)
    assert (ended["status"], ended["ended_on"], ended["reason_code"]) == ("exited", "2020-02-28", "transferred")
    assert (ended["transferred_to_id"], new["transferred_from_id"]) == (new["id"], old["id"])
    for day, centre in [("2020-02-28", one), ("2020-02-29", other)]:
        found = expect(await officer.get(f"{ENTERPRISES}/{enterprise['id']}/tenancy", on=day), 200)
        assert found["centre_id"] == centre["id"], day
    refused(await officer.get(f"{ENTERPRISES}/{enterprise['id']}/tenancy", on="2019-06-02"), 404, "not-found")
    assert await event_types(registry, old["id"]) == ["tenancy.admitted", "tenancy.exited"]
    assert await event_types(registry, new["id"]) == ["tenancy.admitted"]
    refused(await officer.post(f"{TENANCIES}/{old['id']}/transfer", move(one)), 409, "invalid-transition")


async def test_enterprise_too_old_to_enter_anew_is_transferred_all_the_same(registry: Registry) -> None:
    one, other = await registry.listed(), await registry.listed()
    enterprise = await registry.enterprise(registered_on="2017-06-03")
    tenancy = await registry.admitted(one["id"], enterprise["id"])
    expect(await registry.operator.on(date(2020, 6, 1)).post(f"{TENANCIES}/{tenancy['id']}/transfer", move(other)), 201)


async def test_transfer_needs_two_centres_of_the_caller_and_a_day_in_between(registry: Registry) -> None:
    one, other = await registry.listed(), await registry.listed(operator_code=STRANGER)
    tenancy = await registry.admitted(one["id"], (await registry.enterprise())["id"])
    path, later = f"{TENANCIES}/{tenancy['id']}/transfer", date(2019, 7, 1)
    for caller in (registry.operator, registry.stranger):
        refused(await caller.on(later).post(path, move(other)), 404, "not-found")
    refused(await registry.officer.on(later).post(path, move(one)), 409, "transfer-to-the-same-centre")
    refused(await registry.officer.post(path, move(other)), 409, "step-before-its-cause")  # the day it was admitted
    refused(await registry.officer.on(later).post(path, move(other, evidence=[])), 422, "validation-failed")
    unlisted = await registry.submitted()
    refused(await registry.officer.on(later).post(path, move(unlisted)), 409, "centre-not-listed")
    expect(await registry.officer.on(date(2019, 6, 4)).post(path, move(other)), 201)
    exits = {"reason_code": "transferred"}
    fresh = await registry.admitted(one["id"], (await registry.enterprise())["id"])
    refused(await registry.operator.post(f"{TENANCIES}/{fresh['id']}/exit", exits), 422, "validation-failed")


@pytest.mark.parametrize(
    ("industry", "last_day", "over"),
    [("I6510", date(2023, 6, 3), date(2023, 6, 4)), ("I6520", date(2024, 6, 3), date(2024, 6, 4))],
)
async def test_graduation_is_possible_through_the_last_day_of_the_longest_stay(
    registry: Registry, industry: str, last_day: date, over: date
) -> None:
    centre = await registry.listed()
    tenancies = [
        await registry.filed(centre["id"], (await registry.enterprise(industry_code=industry))["id"]) for _ in range(2)
    ]
    body = {"claim": OPERATING, "evidence": ["社保缴费证明"]}
    in_time, late = (f"{TENANCIES}/{tenancy['id']}" for tenancy in tenancies)
    expect(await registry.operator.on(last_day).post(f"{in_time}/graduate", body), 200)
    problem = refused(await registry.operator.on(over).post(f"{late}/graduate", body), 409, "longest-stay-exceeded")
    assert last_day.isoformat() in problem["detail"]
    expect(await registry.operator.on(over).post(f"{late}/exit", {"reason_code": "stay_exceeded"}), 200)


async def test_graduation_looks_at_the_age_at_entry_again(registry: Registry) -> None:
    enterprise = await registry.enterprise(registered_on="2018-12-03")
    tenancy = await registry.filed((await registry.listed())["id"], enterprise["id"])
    corrected = {"registered_on": "2017-06-02"}
    expect(await registry.officer.patch(f"{ENTERPRISES}/{enterprise['id']}", corrected, '"1"'), 200)
    body = {"claim": OPERATING, "evidence": ["社保缴费证明"]}
    response = await registry.operator.on(date(2021, 6, 3)).post(f"{TENANCIES}/{tenancy['id']}/graduate", body)
    refused(response, 409, "age-at-entry-not-admissible")


async def test_overdue_list_names_late_filings_and_long_stays(registry: Registry) -> None:
    centre = await registry.listed()
    unfiled = await registry.admitted(centre["id"], (await registry.enterprise())["id"])
    filed = await registry.admitted(centre["id"], (await registry.enterprise())["id"])
    expect(await registry.operator.post(f"{TENANCIES}/{filed['id']}/file"), 200)
    for today, expected in [
        (date(2019, 7, 3), {}),
        (date(2019, 7, 4), {unfiled["id"]: ["filing"]}),
        (date(2023, 6, 3), {unfiled["id"]: ["filing"]}),
        (date(2023, 6, 4), {unfiled["id"]: ["filing", "stay"], filed["id"]: ["stay"]}),
    ]:
        items = expect(await registry.operator.on(today).get(TENANCIES, overdue="true"), 200)["items"]
        assert {item["id"]: item["overdue"] for item in items} == expected, today
    rest = expect(await registry.operator.on(date(2019, 7, 4)).get(TENANCIES, overdue="false"), 200)["items"]
    assert [item["id"] for item in rest] == [filed["id"]]
    assert expect(await registry.stranger.on(date(2023, 6, 4)).get(TENANCIES, overdue="true"), 200)["items"] == []


async def test_stay_is_recounted_when_the_industry_is_another(registry: Registry) -> None:
    enterprise = await registry.enterprise()
    tenancy = await registry.admitted((await registry.listed())["id"], enterprise["id"])
    path = f"{ENTERPRISES}/{enterprise['id']}"
    expect(await registry.officer.patch(path, {"industry_code": "I6520"}, '"1"'), 200)
    assert expect(await registry.operator.get(f"{TENANCIES}/{tenancy['id']}"), 200)["stay_until"] == "2024-06-03"
    assert (await event_types(registry, tenancy["id"]))[-1] == "tenancy.stay_recounted"


async def delisted_with_tenants(registry: Registry, count: int) -> tuple[Json, str, list[Json]]:
    """A delisted centre, its case and the tenancies that were open; delisted on 2021-03-01."""
    centre = await registry.listed()
    enterprises = [await registry.enterprise(registered_on="2018-12-03") for _ in range(count)]
    tenancies = [await registry.admitted(centre["id"], enterprise["id"]) for enterprise in enterprises]
    order = decided(centre["id"])
    async with registry.db.transaction() as session:
        await carry_out_decided(session, [order])
    return centre, str(order.data.id), tenancies


async def test_relocation_list_shows_who_still_has_to_move_and_who_has(registry_after_2020: Registry) -> None:
    registry = registry_after_2020
    _, case, (stays, moves, leaves) = await delisted_with_tenants(registry, 3)
    target = await registry.listed(operator_code=STRANGER)
    officer = registry.officer.on(date(2021, 3, 8))
    new = expect(await officer.post(f"{TENANCIES}/{moves['id']}/transfer", move(target)), 201)
    assert new["stay_since"] == DAY.isoformat()
    expect(await officer.post(f"{TENANCIES}/{leaves['id']}/exit", {"reason_code": "centre_delisted"}), 200)
    due = expect(await officer.get(TENANCIES, relocation_case_id=case, relocation_due="true"), 200)["items"]
    assert [item["id"] for item in due] == [stays["id"]]
    every = expect(await officer.get(TENANCIES, relocation_case_id=case), 200)["items"]
    assert {item["id"]: item["transferred_to_id"] for item in every} == {
        stays["id"]: None,
        moves["id"]: new["id"],
        leaves["id"]: None,
    }


@pytest.mark.parametrize(("entered_on", "status"), [(date(2021, 9, 8), 201), (date(2021, 9, 9), 409)])
async def test_age_is_waived_for_six_months_after_a_relocation(
    registry_after_2020: Registry, entered_on: date, status: int
) -> None:
    registry = registry_after_2020
    _, _, [tenancy] = await delisted_with_tenants(registry, 1)
    target = await registry.listed(operator_code=STRANGER)
    leaving = registry.officer.on(date(2021, 3, 8))
    expect(await leaving.post(f"{TENANCIES}/{tenancy['id']}/exit", {"reason_code": "centre_delisted"}), 200)
    body = {"centre_id": target["id"], "enterprise_id": tenancy["enterprise_id"], "agreement_no": "RZ-3"}
    response = await registry.stranger.on(entered_on).post(TENANCIES, body)
    if status == 201:
        assert expect(response, 201)["stay_until"] == "2023-06-03"  # the stay goes on
    else:
        refused(response, 409, "age-at-entry-not-admissible")
