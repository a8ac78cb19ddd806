"""Enterprises and stays of before 2019: taken over as they were, approved by a second person, told to the first."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import update

from services.registry.imports import approvals
from services.registry.imports.worker import run_waiting, sweep_files
from services.registry.operations.models import Operation
from shared.runtime import Runtime
from tests.registry.imports.files import Cell
from tests.registry.imports.test_enterprises import FIELDS, row as enterprise_row
from tests.registry.imports.test_kinds import EARLIER, runtime, table
from tests.registry.support import DAY, OPERATOR, Json, Registry, expect, fresh_code, refused
from tests.registry.test_delisting import events

__all__ = ["runtime"]

pytestmark = pytest.mark.asyncio(loop_scope="session")

ENTERPRISES, STAYS, CENTRES = (f"/v1/imports/{kind}-before-2019" for kind in ("enterprises", "tenancies", "centres"))


async def check(registry: Registry, runtime: Runtime, path: str, *rows: dict[str, Cell]) -> tuple[str, Json]:
    response = await registry.officer.upload(path, table(*rows))
    expect(response, 202)
    await run_waiting(runtime)
    address = response.headers["Location"]
    return address, expect(await registry.officer.get(address), 200)


def approval(path: str, address: str) -> str:
    return f"{path}/{address.rpartition('/')[2]}/approve"


async def take_over(registry: Registry, runtime: Runtime, path: str, *rows: dict[str, Cell]) -> Json:
    """What the uploader's operation says in the end."""
    address, checked = await check(registry, runtime, path, *rows)
    assert checked["status"] == "done", checked
    expect(await registry.approver.post(approval(path, address)), 202)
    await run_waiting(runtime)
    return expect(await registry.officer.get(address), 200)


def enterprise(**changes: Cell) -> dict[str, Cell]:
    cells = dict(zip(map(str, FIELDS), enterprise_row(), strict=True))
    return {**cells, "registered_on": "2014-05-01", **changes}


async def earlier_stay(registry: Registry, no: str, **changes: Cell) -> dict[str, Cell]:
    code = fresh_code()
    await registry.enterprise(code=code, registered_on="2012-01-01")
    return {
        "centre_no": no,
        "enterprise_code": code,
        "agreement_no": "2016-7",
        "admitted_on": "2016-03-01",
        "filed_on": None,
        "ended_on": None,
        "outcome": None,
        "reason_code": None,
        "graduation_criterion": None,
        "evidence": None,
        **changes,
    }


async def test_enterprises_of_before_2019_are_marked_and_named_by_whoever_entered_them(
    registry: Registry, runtime: Runtime
) -> None:
    row = enterprise()
    told = await take_over(registry, runtime, ENTERPRISES, row)
    assert (told["result"]["committed"], told["result"]["inserted"]) == (True, 1)
    (found,) = expect(await registry.officer.get("/v1/enterprises"), 200)["items"]
    assert (found["migrated"], found["registered_on"], found["version"]) == (True, "2014-05-01", 1)
    [event] = await events(registry, "registry.enterprise.registered.v1")
    assert event["data"]["migrated"] is True
    again = await take_over(registry, runtime, ENTERPRISES, row)
    assert (again["result"]["inserted"], again["result"]["unchanged"]) == (0, 1)


async def test_an_enterprise_of_the_policys_first_day_is_none_of_before(registry: Registry, runtime: Runtime) -> None:
    _, good = await check(registry, runtime, ENTERPRISES, enterprise(registered_on="2018-12-31"))
    _, checked = await check(registry, runtime, ENTERPRISES, enterprise(registered_on="2019-01-01"))
    assert (good["status"], checked["status"]) == ("done", "failed")
    (problem,) = checked["errors"]
    assert (problem["column"], problem["code"], problem["value"]) == (
        "registered_on",
        "not_before_policy",
        "2019-01-01",
    )
    assert "2019-01-01" in problem["message"]


async def test_a_stay_that_goes_on_is_not_late_and_may_graduate(registry: Registry, runtime: Runtime) -> None:
    """Admitted at four years of age, five years ago, unfiled: no condition of that time."""
    centre = await registry.listed()
    row = await earlier_stay(registry, centre["no"], admitted_on="2014-03-01")
    told = await take_over(registry, runtime, STAYS, row)
    assert told["result"]["inserted"] == 1, told
    (stay,) = expect(await registry.officer.on(date(2019, 4, 17)).get("/v1/tenancies"), 200)["items"]
    assert (stay["migrated"], stay["status"], stay["stay_since"]) == (True, "admitted", "2014-03-01")
    assert (stay["filing_due_on"], stay["stay_until"], stay["overdue"]) == ("2019-04-17", "2019-04-17", [])
    (late,) = expect(await registry.officer.on(date(2019, 4, 18)).get("/v1/tenancies"), 200)["items"]
    assert set(late["overdue"]) == {"filing", "stay"}
    claim = {"criterion": "operating", "insured_jobs": 3, "own_premises": True}
    body = {"claim": claim, "evidence": ["毕业材料"], "graduated_on": "2019-04-17"}
    graduated = await registry.officer.post(f"/v1/tenancies/{stay['id']}/graduate", body)
    assert expect(graduated, 200)["status"] == "graduated"


async def test_a_stay_that_is_over_has_its_outcome_its_days_and_an_event_for_each(
    registry: Registry, runtime: Runtime
) -> None:
    centre = await registry.listed()
    left = await earlier_stay(
        registry, centre["no"], ended_on="2018-12-31", outcome="退出", reason_code="moved_out 主动迁出"
    )
    made = await earlier_stay(
        registry,
        centre["no"],
        filed_on="2016-09-01",
        ended_on="2017-06-30",
        outcome="graduated",
        evidence="拉科发〔2017〕45号",
    )
    await take_over(registry, runtime, STAYS, left, made)
    items = expect(await registry.officer.get("/v1/tenancies"), 200)["items"]
    found = {item["status"]: item for item in items}
    assert (found["exited"]["ended_on"], found["exited"]["reason_code"]) == ("2018-12-31", "moved_out")
    graduated = found["graduated"]
    assert (graduated["graduation_criterion"], graduated["evidence"]) == ("earlier_rules", ["拉科发〔2017〕45号"])
    assert (graduated["filed_on"], graduated["filed_late"], graduated["version"]) == ("2016-09-01", False, 3)
    history = expect(await registry.officer.get(f"/v1/tenancies/{graduated['id']}/history"), 200)["items"]
    assert [(step["type"].split(".")[2], step["effective_on"]) for step in history] == [
        ("admitted", "2016-03-01"),
        ("filed", "2016-09-01"),
        ("graduated", "2017-06-30"),
    ]
    whole = await check(registry, runtime, STAYS, left, made)
    assert whole[1]["result"]["unchanged"] == 2


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"admitted_on": "2019-01-01"}, [("admitted_on", "not_before_policy")]),
        ({"ended_on": "2019-01-01", "outcome": "exited", "reason_code": "ceased"}, [("ended_on", "not_before_policy")]),
        (
            {"ended_on": "2016-02-29", "outcome": "exited", "reason_code": "ceased"},
            [("ended_on", "before_the_beginning")],
        ),
        ({"ended_on": "2018-01-01"}, [("outcome", "missing")]),
        ({"outcome": "exited", "reason_code": "ceased"}, [("ended_on", "missing")]),
        ({"ended_on": "2018-01-01", "outcome": "exited"}, [("reason_code", "missing")]),
        ({"ended_on": "2018-01-01", "outcome": "exited", "reason_code": "transferred"}, [("reason_code", "enum")]),
        ({"ended_on": "2018-01-01", "outcome": "graduated"}, [("evidence", "missing")]),
        (
            {"ended_on": "2018-01-01", "outcome": "graduated", "evidence": "1号", "reason_code": "ceased"},
            [("reason_code", "not_of_this_outcome")],
        ),
        ({"filed_on": "2016-02-29"}, [("filed_on", "before_the_beginning")]),
        ({"filed_on": "2019-06-04"}, [("filed_on", "in_the_future")]),
        (
            {"filed_on": "2018-02-01", "ended_on": "2018-01-01", "outcome": "exited", "reason_code": "ceased"},
            [("filed_on", "after_the_end")],
        ),
        ({"outcome": "sold"}, [("outcome", "literal_error")]),
        ({"admitted_on": None}, [("admitted_on", "missing")]),
    ],
    ids=lambda value: "-".join(f"{k}" for k in value) if isinstance(value, dict) else value[0][1],
)
async def test_what_does_not_go_together_is_told_at_its_column(
    registry: Registry, runtime: Runtime, changes: dict[str, Cell], found: list[tuple[str, str]]
) -> None:
    centre = await registry.listed()
    _, checked = await check(registry, runtime, STAYS, await earlier_stay(registry, centre["no"], **changes))
    assert [(problem["column"], problem["code"]) for problem in checked["errors"]] == found


async def test_stays_of_that_time_overlap_no_other_on_either_side(registry: Registry, runtime: Runtime) -> None:
    centre = await registry.listed()
    one = await earlier_stay(registry, centre["no"], ended_on="2017-03-01", outcome="exited", reason_code="ceased")
    await take_over(registry, runtime, STAYS, one)
    for first, last, status in (
        ("2015-01-01", "2016-03-01", "failed"),
        ("2015-01-01", "2016-02-29", "done"),
        ("2017-03-01", "2017-04-01", "failed"),
        ("2017-03-02", "2017-04-01", "done"),
        ("2015-01-01", "2018-01-01", "failed"),
    ):
        _, checked = await check(registry, runtime, STAYS, {**one, "admitted_on": first, "ended_on": last})
        assert (checked["status"], first, last) == (status, first, last)


async def test_only_a_stay_that_is_over_was_at_a_centre_that_is_off_the_list(
    registry: Registry, runtime: Runtime
) -> None:
    draft = await registry.draft()
    over: dict[str, Cell] = {"ended_on": "2018-01-01", "outcome": "exited", "reason_code": "ceased"}
    for changes in ({}, over):
        _, checked = await check(registry, runtime, STAYS, await earlier_stay(registry, draft["no"], **changes))
        assert [(found["column"], found["code"]) for found in checked["errors"]] == [("centre_no", "centre-not-listed")]


@pytest.mark.parametrize("path", [ENTERPRISES, STAYS])
async def test_records_of_that_time_are_for_bureaus_and_take_two(
    registry: Registry, runtime: Runtime, path: str
) -> None:
    row = enterprise() if path == ENTERPRISES else await earlier_stay(registry, (await registry.listed())["no"])
    for caller in (registry.operator, registry.approver, registry.caller("enterprise", org=OPERATOR)):
        refused(await caller.upload(path, table(row)), 403, "forbidden")
    address, _ = await check(registry, runtime, path, row)
    refused(await registry.officer.post(approval(path, address)), 403, "forbidden")
    both = registry.caller("science_officer", "science_approver", account=registry.officer.account)
    refused(await both.post(approval(path, address)), 403, "four-eyes-required")
    other = ENTERPRISES if path == STAYS else STAYS
    refused(await registry.approver.post(approval(other, address)), 404, "not-found")
    refused(await registry.approver.post(f"{path}/nobody/approve"), 422, "validation-failed")
    bare = approval(path, address).replace("registry-", "")
    expect(await registry.approver.post(bare), 202)


async def test_the_uploader_is_told_what_came_of_the_approval(registry: Registry, runtime: Runtime) -> None:
    address, checked = await check(registry, runtime, CENTRES, EARLIER)
    assert checked["result"]["awaiting_approval"]
    assert (checked["result"]["inserted"], checked["result"]["would_insert"]) == (0, 1)
    applied = expect(await registry.approver.post(approval(CENTRES, address)), 202)

    async def told() -> Json:
        result: Json = expect(await registry.officer.get(address), 200)["result"]
        return result

    running = await told()
    assert (running["awaiting_approval"], running["committed"]) == (False, False)
    assert (running["approval"]["operation"], running["approval"]["status"]) == (applied["id"], "running")
    await run_waiting(runtime)
    done = await told()
    assert (done["awaiting_approval"], done["committed"], done["inserted"]) == (False, True, 1)
    assert (done["approval"]["status"], done["approval"]["inserted"]) == ("done", 1)
    assert done["approval"]["approved_on"] == DAY.isoformat()


async def test_the_uploader_is_told_of_a_refusal_and_that_it_still_waits(registry: Registry, runtime: Runtime) -> None:
    centre = await registry.listed()
    row = await earlier_stay(registry, centre["no"])
    address, _ = await check(registry, runtime, STAYS, row)
    enterprises = expect(await registry.officer.get("/v1/enterprises", code=str(row["enterprise_code"])), 200)["items"]
    body = {"centre_id": centre["id"], "enterprise_id": enterprises[0]["id"], "agreement_no": "1"}
    body["admitted_on"] = "2019-06-01"
    young = {"registered_on": "2018-12-03"}
    path = f"/v1/enterprises/{enterprises[0]['id']}"
    expect(await registry.officer.patch(path, young, '"1"'), 200)
    expect(await registry.officer.post("/v1/tenancies", body), 201)
    expect(await registry.approver.post(approval(STAYS, address)), 202)
    await run_waiting(runtime)
    result = expect(await registry.officer.get(address), 200)["result"]
    assert (result["approval"]["status"], result["approval"]["refused"]) == ("refused", 1)
    assert (result["awaiting_approval"], result["committed"], result["inserted"]) == (True, False, 0)


async def test_the_term_of_an_approval_is_that_of_the_business_date(registry: Registry, runtime: Runtime) -> None:
    address, _ = await check(registry, runtime, CENTRES, EARLIER)
    late = registry.approver.on(DAY + timedelta(days=31))
    problem = refused(await late.post(approval(CENTRES, address)), 409, "import-approval-late")
    assert "2019-07-03" in problem["detail"]
    last = registry.approver.on(DAY + timedelta(days=30))
    expect(await last.post(approval(CENTRES, address)), 202)
    await run_waiting(runtime)


@pytest.mark.parametrize(("simulated", "days", "kept"), [(False, 30, True), (False, 31, False), (True, 400, True)])
async def test_a_checked_file_is_kept_as_long_as_it_can_be_approved(simulated: bool, days: int, kept: bool) -> None:
    """Under a simulated clock nothing runs out by itself: the days are those of the callers."""
    operation = Operation(
        effective_on=DAY, simulated=simulated, status="done", result={"awaiting_approval": True}, task={}
    )
    assert approvals.is_waiting(operation, DAY + timedelta(days=days)) is kept


async def test_the_sweep_leaves_what_waits(
    registry: Registry, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    address, _ = await check(registry, runtime, CENTRES, EARLIER)
    monkeypatch.setattr("services.registry.imports.worker.ORPHAN_AGE", timedelta(0))
    key = f"imports/{address.rpartition('registry-')[2]}"
    await sweep_files(runtime)
    assert key in await runtime.files.older_than("imports", timedelta(0))
    async with registry.db.transaction() as session:
        await session.execute(update(Operation).values(result={"awaiting_approval": False}))
    await sweep_files(runtime)
    assert key not in await runtime.files.older_than("imports", timedelta(0))
