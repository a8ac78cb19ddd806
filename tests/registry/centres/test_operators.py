"""A change of operator: applied for, reviewed, approved; who ran the centre on which day; who may not take over."""

from __future__ import annotations

from datetime import date
from uuid import uuid4

import pytest
from sqlalchemy import text

from services.registry.consumers import carry_out_decided, confirm_reminded
from tests.registry.support import (
    DAY,
    OPERATOR,
    STRANGER,
    Json,
    Registry,
    decided,
    expect,
    fresh_code,
    refused,
    reminded,
)

pytestmark = pytest.mark.asyncio(loop_scope="session")

DOCUMENT = {"document_no": "拉科发〔2019〕40号"}


def takeover(to_code: str, **changes: object) -> Json:
    return {
        "to_code": to_code,
        "to_name": "拉萨新程孵化有限公司",
        "ownership_type": "private",
        "reason_code": "transfer",
        "agreement_no": "转让协议1号",
        **changes,
    }


async def applied(registry: Registry, centre_id: str, to_code: str, on: date = DAY) -> str:
    """The path of a change that the present operator has asked for."""
    path = f"/v1/centres/{centre_id}/operator-changes"
    body = takeover(to_code, applied_on=on.isoformat())
    change = expect(await registry.second_officer.on(on).post(path, body), 201)
    return f"{path}/{change['id']}"


async def approved(registry: Registry, centre_id: str, to_code: str, on: date = DAY) -> Json:
    path = await applied(registry, centre_id, to_code, on)
    expect(await registry.officer.on(on).post(f"{path}/review"), 200)
    return expect(await registry.approver.on(on).post(f"{path}/approve", DOCUMENT), 200)


async def test_another_operator_takes_over_after_three_people_agreed(registry: Registry) -> None:
    centre, new = await registry.listed(), fresh_code()
    path = f"/v1/centres/{centre['id']}/operator-changes"
    change = expect(await registry.operator.post(path, takeover(new)), 201)
    assert (change["no"], change["status"], change["from_code"]) == ("OC-2019-0001", "applied", OPERATOR)
    assert expect(await registry.officer.get(f"/v1/centres/{centre['id']}"), 200)["operator_code"] == OPERATOR
    expect(await registry.officer.post(f"{path}/{change['id']}/review"), 200)
    done = expect(await registry.approver.post(f"{path}/{change['id']}/approve", DOCUMENT), 200)
    assert (done["status"], done["takes_over_on"]) == ("approved", DAY.isoformat())
    after = expect(await registry.officer.get(f"/v1/centres/{centre['id']}"), 200)
    assert (after["operator_code"], after["operator_since"], after["ownership_type"]) == (
        new,
        DAY.isoformat(),
        "private",
    )
    assert {result["rule"] for result in done["decision"]["results"]} == {
        "ban.takeover_barred",
        "centre.operator_change",
    }


async def test_the_old_operator_loses_the_centre_and_the_new_one_has_it(registry: Registry) -> None:
    centre = await registry.listed()
    await approved(registry, centre["id"], STRANGER)
    path = f"/v1/centres/{centre['id']}/request-withdrawal"
    refused(await registry.operator.post(path, {"reason_code": "merged"}), 404, "not-found")
    expect(await registry.stranger.post(path, {"reason_code": "merged"}), 200)


async def test_operators_by_date(registry: Registry) -> None:
    centre, second, third = await registry.listed(), fresh_code(), fresh_code()
    await approved(registry, centre["id"], second, date(2019, 9, 2))
    await approved(registry, centre["id"], third, date(2020, 3, 2))
    path = f"/v1/centres/{centre['id']}/operators"
    spans = expect(await registry.public.get(path), 200)["items"]
    assert [(span["operator_code"], span["from_on"], span["until_on"]) for span in spans] == [
        (OPERATOR, None, "2019-09-01"),
        (second, "2019-09-02", "2020-03-01"),
        (third, "2020-03-02", None),
    ]
    for day, code in [
        ("2018-12-31", OPERATOR),
        ("2019-09-01", OPERATOR),
        ("2019-09-02", second),
        ("2019-12-31", second),
        ("2020-03-01", second),
        ("2020-03-02", third),
        ("2020-12-31", third),
    ]:
        (span,) = expect(await registry.public.on(date(2020, 12, 31)).get(path, on=day), 200)["items"]
        assert span["operator_code"] == code, day


async def test_titles_follow_the_centre_from_the_day_of_the_takeover(registry: Registry) -> None:
    centre, new = await registry.listed(), fresh_code()
    held = await registry.granted(centre["id"])
    pending = await registry.reviewed(centre["id"], "tech_incubator")
    refused_one = await registry.applied(centre["id"], "commerce_cluster")
    path = f"/v1/qualification-applications/{refused_one['id']}"
    expect(await registry.approver.post(f"{path}/refuse", {"reason_code": "incomplete"}), 200)
    day, today = date(2019, 9, 2), date(2019, 12, 2)
    change = await applied(registry, centre["id"], new, day)
    expect(await registry.officer.on(day).post(f"{change}/review"), 200)
    late = {**DOCUMENT, "decided_on": day.isoformat()}  # recorded three months later
    expect(await registry.approver.on(today).post(f"{change}/approve", late), 200)
    for title, code in [(held, new), (pending, new), (refused_one, OPERATOR)]:
        case = expect(await registry.officer.get(f"/v1/qualification-applications/{title['id']}"), 200)
        assert (case["operator_code"], case["applicant_code"]) == (code, OPERATOR)
    public, title_path = registry.public.on(today), f"/v1/qualifications/{held['id']}"
    for code, found in [(new, [held["id"]]), (OPERATOR, [])]:
        items = expect(await public.get("/v1/qualifications", operator_code=code), 200)["items"]
        assert [item["id"] for item in items] == found
    for as_of, code in [("2019-09-01", OPERATOR), ("2019-09-02", new), ("2019-12-02", new)]:
        assert expect(await public.get(title_path, as_of=as_of), 200)["operator_code"] == code
    successor = registry.caller("centre_operator", org=new)
    for caller in (registry.operator, successor):
        expect(await caller.get(f"/v1/qualification-applications/{held['id']}"), 200)
    told = "type = 'registry.qualification.transferred.v1' AND effective_on = :day"
    async with registry.db.transaction() as session:
        assert await session.scalar(text(f"SELECT count(*) FROM event_log WHERE {told}"), {"day": day}) == 2


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"to_code": OPERATOR}, "to_code"),
        ({"to_code": OPERATOR[:17] + "0"}, "to_code"),
        ({"reason_code": "whim"}, "reason_code"),
        ({"ownership_type": "royal"}, "ownership_type"),
        ({"takes_over_on": "2019-07-01"}, "takes_over_on"),
    ],
)
async def test_a_wrong_application_names_the_field(registry: Registry, body: Json, field: str) -> None:
    path = f"/v1/centres/{(await registry.listed())['id']}/operator-changes"
    problem = refused(await registry.operator.post(path, takeover(STRANGER) | body), 422, "validation-failed")
    assert [error["field"] for error in problem["errors"]] == [field]


async def test_one_change_at_a_time_and_only_of_a_centre_on_the_list(registry: Registry) -> None:
    centre, draft = await registry.listed(), await registry.draft()
    await applied(registry, centre["id"], STRANGER)
    path = f"/v1/centres/{centre['id']}/operator-changes"
    refused(await registry.operator.post(path, takeover(fresh_code())), 409, "operator-change-open")
    path = f"/v1/centres/{draft['id']}/operator-changes"
    refused(await registry.operator.post(path, takeover(STRANGER)), 409, "centre-not-on-the-list")
    refused(await registry.stranger.post(path, takeover(STRANGER)), 404, "not-found")


async def test_four_eyes_at_the_review_and_at_the_approval(registry: Registry) -> None:
    everything = registry.caller("science_officer", "science_approver", account="one-person")
    centre = await registry.listed()
    path = f"/v1/centres/{centre['id']}/operator-changes"
    change = expect(await everything.post(path, takeover(STRANGER)), 201)
    path = f"{path}/{change['id']}"
    refused(await everything.post(f"{path}/review"), 403, "four-eyes-required")
    expect(await registry.officer.post(f"{path}/review"), 200)
    refused(await everything.post(f"{path}/approve", DOCUMENT), 403, "four-eyes-required")
    refused(await everything.post(f"{path}/refuse", {"reason_code": "unsuitable"}), 403, "four-eyes-required")
    expect(await registry.approver.post(f"{path}/refuse", {"reason_code": "unsuitable"}), 200)
    refused(await registry.approver.post(f"{path}/approve", DOCUMENT), 409, "invalid-transition")


async def test_a_barred_operator_takes_no_centre_over_until_the_first_open_day(
    registry_after_2020: Registry,
) -> None:
    registry = registry_after_2020
    failed, other = await registry.listed(), await registry.listed(operator_code=STRANGER)
    async with registry.db.transaction() as session:
        await carry_out_decided(session, [decided(failed["id"], on=date(2021, 3, 1))])
    path = f"/v1/centres/{other['id']}/operator-changes"
    officer = registry.second_officer.on(date(2024, 3, 1))
    problem = refused(await officer.post(path, takeover(OPERATOR)), 409, "takeover-barred")
    assert problem["clauses"] == ["2.3-6"]
    assert "2024-03-01" in problem["detail"]
    assert "2024-03-02" in problem["detail"]
    expect(await registry.second_officer.on(date(2024, 3, 2)).post(path, takeover(OPERATOR)), 201)


async def test_a_pending_takeover_ends_with_the_ban_on_the_new_operator(registry: Registry) -> None:
    failed, other = await registry.listed(), await registry.listed(operator_code=STRANGER)
    path = await applied(registry, other["id"], OPERATOR)
    expect(await registry.officer.post(f"{path}/review"), 200)
    order = decided(failed["id"])
    async with registry.db.transaction() as session:
        await carry_out_decided(session, [order])
    change = expect(await registry.officer.get(path), 200)
    assert (change["status"], change["refusal_code"]) == ("refused", "carrier_ban")
    assert change["refused_case_id"] == str(order.data.id)
    refused(await registry.approver.post(f"{path}/approve", DOCUMENT), 409, "invalid-transition")
    async with registry.db.transaction() as session:
        await confirm_reminded(session, [reminded(failed["id"], case_id=order.data.id)])
        data = await session.scalar(
            text("SELECT data FROM event_log WHERE type = 'registry.centre.delisted.v1' ORDER BY seq DESC LIMIT 1")
        )
    assert change["id"] in data


async def test_a_pending_change_ends_with_the_centre(registry: Registry) -> None:
    centre = await registry.listed()
    path = await applied(registry, centre["id"], STRANGER)
    async with registry.db.transaction() as session:
        await carry_out_decided(session, [decided(centre["id"])])
    change = expect(await registry.officer.get(path), 200)
    assert (change["status"], change["refusal_code"]) == ("refused", "centre_delisted")


async def test_a_change_the_withdrawal_finds_pending_ends_with_it(registry: Registry) -> None:
    centre = await registry.listed()
    change = await applied(registry, centre["id"], STRANGER)
    path = f"/v1/centres/{centre['id']}"
    expect(await registry.operator.post(f"{path}/request-withdrawal", {"reason_code": "merged"}), 200)
    expect(await registry.approver.post(f"{path}/withdraw", DOCUMENT), 200)
    assert expect(await registry.officer.get(change), 200)["refusal_code"] == "centre_withdrawn"


async def test_nobody_backdates_a_takeover_before_its_review(registry: Registry) -> None:
    """Else a failing operator would hand its record over afterwards."""
    centre = await registry.listed()
    path = await applied(registry, centre["id"], STRANGER, date(2021, 1, 11))
    expect(await registry.officer.on(date(2021, 1, 12)).post(f"{path}/review"), 200)
    early = {**DOCUMENT, "decided_on": "2020-12-30"}
    refused(await registry.approver.on(date(2021, 1, 13)).post(f"{path}/approve", early), 409, "step-before-its-cause")


async def test_two_takeovers_are_on_different_days(registry: Registry) -> None:
    centre = await registry.listed()
    await approved(registry, centre["id"], STRANGER)
    path = await applied(registry, centre["id"], fresh_code())
    expect(await registry.officer.post(f"{path}/review"), 200)
    refused(await registry.approver.post(f"{path}/approve", DOCUMENT), 409, "step-before-its-cause")


async def test_the_centre_tells_its_new_operator_and_since_when(registry: Registry) -> None:
    centre = await registry.listed()
    await approved(registry, centre["id"], STRANGER, date(2019, 9, 2))
    query = "SELECT type, data FROM event_log WHERE type LIKE '%operator_change%' ORDER BY seq"
    async with registry.db.transaction() as session:
        rows = (await session.execute(text(query))).all()
    assert [row.type for row in rows] == [
        "registry.operator_change.applied.v1",
        "registry.operator_change.reviewed.v1",
        "registry.operator_change.approved.v1",
        "registry.centre.operator_changed.v1",
    ]
    assert f'"operator_code":"{STRANGER}"' in rows[3].data
    assert '"operator_since":"2019-09-02"' in rows[3].data


@pytest.mark.parametrize(
    ("statement", "constraint"),
    [
        ("UPDATE operator_change SET decided_by = reviewed_by", "ck_operator_change_four_eyes"),
        ("UPDATE operator_change SET reviewed_by = applied_by", "ck_operator_change_four_eyes"),
        ("UPDATE operator_change SET to_code = from_code", "ck_operator_change_another_operator"),
        ("UPDATE operator_change SET takes_over_on = NULL", "ck_operator_change_(approved|takes_over)"),
        ("UPDATE operator_change SET takes_over_on = applied_on - 1", "takes_over_after_application"),
        ("UPDATE operator_change SET status = 'refused', takes_over_on = NULL", "refused_with_reason"),
    ],
)
async def test_the_database_keeps_the_rules_of_a_change(registry: Registry, statement: str, constraint: str) -> None:
    await approved(registry, (await registry.listed())["id"], STRANGER)
    with pytest.raises(Exception, match=constraint):
        async with registry.db.transaction() as session:
            await session.execute(text(statement))


async def test_an_unknown_change_is_not_found(registry: Registry) -> None:
    path = f"/v1/centres/{(await registry.listed())['id']}/operator-changes/{uuid4()}"
    refused(await registry.officer.get(path), 404, "not-found")
    refused(await registry.officer.post(f"{path}/review"), 404, "not-found")


@pytest.mark.parametrize(("barred", "status"), [(STRANGER, "refused"), (OPERATOR, "applied")])
async def test_ban_ends_the_applications_of_centres_that_the_operator_runs_by_now(
    registry: Registry, barred: str, status: str
) -> None:
    """The centre changed hands from `OPERATOR` to `STRANGER` while its applications waited."""
    centre, elsewhere = await registry.listed(), await registry.listed(operator_code=barred)
    title = await registry.applied(centre["id"])
    async with registry.db.transaction() as session:
        columns = "centre_id, operator_code, edition, decision, applied_by, applied_on"
        await session.execute(
            text(
                f"INSERT INTO tier_application (id, no, tier, status, {columns})"
                f" SELECT uuidv7(), 'TA-2019-0009', 'specialised', 'applied', {columns} FROM qualification"
            )
        )
    await approved(registry, centre["id"], STRANGER)
    async with registry.db.transaction() as session:
        await carry_out_decided(session, [decided(elsewhere["id"], operator=barred)])
    officer = registry.officer.on(date(2021, 3, 1))
    shown = expect(await officer.get(f"/v1/qualification-applications/{title['id']}"), 200)
    [tier] = expect(await officer.get("/v1/tier-applications"), 200)["items"]
    assert (shown["status"], tier["status"]) == (status, status)
