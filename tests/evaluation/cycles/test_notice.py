"""The public notice: who reads what of preliminary results, from when, and how to object (2.3-4)."""

from __future__ import annotations

from datetime import date

import pytest

from shared.auth.roles import PUBLIC
from tests.evaluation.support import Caller, Desk

pytestmark = pytest.mark.asyncio(loop_scope="session")

SCORED, ANNOUNCED, PUBLISHED = date(2020, 2, 3), date(2020, 2, 4), date(2020, 2, 12)
NOTICES = "/v1/evaluation-cycles/notices"
LINE = {"evaluation_id", "evaluation_no", "centre_id", "centre_no", "centre_name", "tier", "grade", "status"}


def _anybody(desk: Desk) -> Caller:
    return desk.caller(PUBLIC, account="anonymous", today=ANNOUNCED)


async def test_anybody_reads_the_grades_of_an_announced_year_and_how_to_object(desk: Desk) -> None:
    centres = [await desk.centre() for _ in range(3)]
    cycle = await desk.scored(2019, SCORED, marks=False)
    path, anybody = f"/v1/evaluation-cycles/{cycle['id']}/notice", _anybody(desk)
    for caller in (anybody, desk.caller("science_officer", today=SCORED)):
        assert (await caller.get(path)).status_code == 404
    assert (await anybody.read(NOTICES))["items"] == []
    await desk.announce(cycle["id"], ANNOUNCED)
    (listed,) = (await anybody.read(NOTICES, year=2019))["items"]
    assert listed["cycle_id"] == cycle["id"]
    notice = await anybody.read(path)
    days = ("year", "status", "announced_on", "notice_until", "objections_until", "document_no", "published_on")
    wanted = [2019, "announced", "2020-02-04", "2020-02-11", "2020-02-11", None, None]
    assert [notice[name] for name in days] == wanted == [listed[name] for name in days]
    assert {line["centre_no"] for line in notice["items"]} == {str(centre.state["no"]) for centre in centres}
    assert all(set(line) == LINE for line in notice["items"])
    assert {(line["grade"], line["status"]) for line in notice["items"]} == {("fail", "scored")}
    objecting = notice["objecting"]
    assert objecting["bureaus_zh"] == ["拉萨市科技局", "拉萨市工信局"]
    assert "拉萨市科技局、拉萨市工信局" in objecting["how_zh"]
    assert (objecting["until"], objecting["clause"]) == ("2020-02-11", "2.3-4")
    for told in (objecting["how_zh"], objecting["how_en"]):
        assert "2020" in told
        assert "{" not in told


async def test_a_centre_finds_its_open_year_and_learns_nothing_of_it_before_the_announcement(desk: Desk) -> None:
    centre, other = await desk.centre(), await desk.centre()
    cycle = await desk.scored(2019, SCORED, marks=False)
    operator = desk.operator(centre, SCORED)
    (listed,) = (await operator.read("/v1/evaluations", year=2019))["items"]
    shown = [listed[name] for name in ("centre_id", "status", "score", "grade")]
    assert shown == [str(centre.id), "pending", None, None]
    path = f"/v1/evaluations/{listed['id']}"
    assert await operator.read(path) == listed
    assert (await operator.read("/v1/evaluations", status="pending"))["items"] == [listed]
    for hidden in ({"grade": "fail"}, {"status": "scored"}):
        assert (await operator.read("/v1/evaluations", **hidden))["items"] == []
    assert (await desk.operator(other, SCORED).get(path)).status_code == 404
    assert (await _anybody(desk).get(path)).status_code == 404
    await desk.announce(cycle["id"], ANNOUNCED)
    announced = await desk.operator(centre, ANNOUNCED).read(path)
    assert (announced["status"], announced["grade"]) == ("scored", "fail")


async def test_a_notice_is_paged_and_saved_as_a_file_like_other_lists(desk: Desk) -> None:
    for _ in range(3):
        await desk.centre()
    cycle = await desk.scored(2019, SCORED, marks=False)
    await desk.announce(cycle["id"], ANNOUNCED)
    path, anybody = f"/v1/evaluation-cycles/{cycle['id']}/notice", _anybody(desk)
    first = await anybody.read(path, limit=2)
    second = await anybody.read(path, limit=2, cursor=first["next"])
    assert (len(first["items"]), len(second["items"]), second["next"]) == (2, 1, None)
    headers = {**anybody._headers(), "Accept": "text/csv"}
    table = (await desk.client.get(path, headers=headers, params={"limit": 2})).text
    assert len(table.strip().splitlines()) == 4
    assert (await anybody.get(path, grade="fail")).status_code == 422


async def test_after_the_publication_the_notice_stays_and_names_its_document(desk: Desk) -> None:
    await desk.centre()
    cycle = await desk.scored(2019, SCORED, marks=False)
    await desk.announce(cycle["id"], ANNOUNCED)
    await desk.sign(cycle["id"], PUBLISHED)
    await desk.publish(cycle["id"], PUBLISHED)
    notice = await _anybody(desk).read(f"/v1/evaluation-cycles/{cycle['id']}/notice")
    assert (notice["status"], notice["published_on"]) == ("published", "2020-02-12")
    assert notice["document_no"].startswith("虚构发")
    assert [line["status"] for line in notice["items"]] == ["published"]


async def test_anybody_with_an_account_objects_to_another_centres_result_and_is_answered(desk: Desk) -> None:
    centre, rival = await desk.centre(), await desk.centre()
    cycle = await desk.scored(2019, SCORED, marks=False)
    evaluation = await desk.evaluation_of(centre, 2019)
    letter = {
        "evaluation_id": evaluation["id"],
        "reason": "wrong_data",
        "statement": "就业人数不实",
        "document_no": "异议9",
    }
    objector = desk.caller("centre_operator", today=ANNOUNCED, account="rival", org=rival.operator_code)
    before = await objector.post("/v1/objections", letter)
    assert (before.status_code, before.json()["code"]) == (404, "not-found")
    await desk.announce(cycle["id"], ANNOUNCED)
    unsigned = {**letter, "signed": False, "document_no": None}
    refused = await objector.post("/v1/objections", unsigned)
    assert (refused.status_code, [error["field"] for error in refused.json()["errors"]]) == (422, ["document_no"])
    taken = await objector.ok("/v1/objections", letter, 201)
    assert (taken["status"], taken["document_no"]) == ("submitted", "异议9")
    path = f"/v1/objections/{taken['id']}"
    against = await desk.operator(centre, ANNOUNCED).read(path)
    assert (against["statement"], against["document_no"]) == ("就业人数不实", None)
    firm = desk.caller("enterprise", today=ANNOUNCED, account="firm", org=rival.operator_code)
    assert (await firm.get(path)).status_code == 404
    assert (await firm.read("/v1/objections"))["items"] == []
    assert (await _anybody(desk).post("/v1/objections", letter)).status_code == 401
    officer = desk.caller("industry_officer", today=ANNOUNCED)
    await officer.ok(f"{path}/answer", {"outcome": "rejected", "document_no": "答复9"})
    (own,) = (await objector.read("/v1/objections"))["items"]
    assert (own["status"], own["answer_document_no"]) == ("rejected", "答复9")
