"""An order from its items to its acceptance: who, when, on what evidence, and that the grade stays (2.3-4)."""

from __future__ import annotations

from datetime import date
from io import BytesIO

import pytest
from docx import Document

from tests.evaluation.known import Centre
from tests.evaluation.rectifications.steps import (
    ACCEPTANCE,
    ACCEPTED,
    DUE,
    INSPECTED,
    PDF,
    PUBLISHED,
    REPORT,
    REPORTED,
    SERVED,
    SERVICE,
    accept,
    inspect,
    inspected,
    inspection,
    ordered,
    report,
    serve,
    served,
)
from tests.evaluation.support import Desk

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def _upload(desk: Desk, centre: Centre, path: str, name: str = "照片.pdf") -> str:
    answer = await desk.operator(centre, REPORTED).upload(f"{path}/documents", PDF, name)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def test_the_items_are_what_the_sheet_says_and_the_term_begins_with_service(desk: Desk) -> None:
    centre, path = await ordered(desk)
    evaluation = await desk.evaluation_of(centre, 2019)
    order = await desk.operator(centre, PUBLISHED).read(path)
    sheet = (await desk.operator(centre, PUBLISHED).read(f"/v1/evaluations/{evaluation['id']}/score-sheets"))["items"][
        0
    ]
    short = {line["indicator"] for line in sheet["lines"] if line["applicable"] and not line.get("bonus")}
    assert {item["indicator"] for item in order["items"]} - {None} <= short
    assert order["items"][0]["finding"] == "一票否决：全年未报送季度数据"
    assert (order["served_on"], order["overdue"], order["status"]) == (None, False, "ordered")
    late = await desk.operator(centre, date(2021, 1, 5)).read(path)
    assert not late["overdue"]  # nobody has served it
    shown = await serve(desk, path)
    assert (shown["served_on"], shown["due_on"]) == (SERVED.isoformat(), DUE.isoformat())
    assert (await desk.operator(centre, date(2020, 5, 15)).read(path))["overdue"]


async def test_items_are_edited_before_service_and_fixed_by_it(desk: Desk) -> None:
    _, path = await ordered(desk)
    officer = desk.caller("science_officer", today=SERVED)
    tag = f'"{(await officer.read(path))["version"]}"'
    items = [
        {"indicator": "jobs", "finding": "从业人数不足", "requirement": "增加就业"},
        {"finding": "消防通道堵塞", "requirement": "清理通道"},
    ]
    assert (await officer.patch(path, {"items": items})).status_code == 428
    unknown = [{"indicator": "weather", "finding": "无", "requirement": "无"}]
    assert (await officer.patch(path, {"items": unknown}, tag)).status_code == 422
    assert (await officer.patch(path, {"items": []}, tag)).status_code == 422
    assert (await officer.patch(path, {"items": items}, tag)).status_code == 200
    assert (await officer.patch(path, {"items": items}, tag)).status_code == 412
    shown = await officer.read(path)
    assert [(item["ordinal"], item["indicator"]) for item in shown["items"]] == [(1, "jobs"), (2, None)]
    assert shown["steps"][0]["step"] == "amended"
    assert len(shown["steps"][0]["details"]["before"]) > 0
    await serve(desk, path)
    stale = await officer.patch(path, {"items": items}, "*")
    assert (stale.status_code, stale.json()["code"]) == (409, "rectification-served")
    assert await officer.refused(f"{path}/serve", SERVICE) == "rectification-served"


async def test_service_is_dated_and_by_a_method_of_the_edition(desk: Desk) -> None:
    centre, path = await ordered(desk)
    officer = desk.caller("science_officer", today=SERVED)
    early = {**SERVICE, "served_on": "2020-02-11"}
    assert await officer.refused(f"{path}/serve", early) == "date-before-step"
    assert await officer.refused(f"{path}/serve", {**SERVICE, "method": "pigeon"}, 422) == "validation-failed"
    assert await desk.operator(centre, SERVED).refused(f"{path}/submit", REPORT) == "rectification-not-served"


async def test_each_item_has_evidence_or_one_report_covers_the_order(desk: Desk) -> None:
    centre, path = await served(desk)
    operator = desk.operator(centre, REPORTED)
    items = (await operator.read(path))["items"]
    response = await operator.post(f"{path}/submit", {"evidence": []})
    assert (response.status_code, response.json()["code"]) == (409, "rectification-evidence-missing")
    document, filed, given = await _upload(desk, centre, path), {"id": ""}, {}
    for item in items:
        given = {"item_id": item["id"], "document_id": document, "note": "现场照片"}
        filed = await operator.ok(f"{path}/evidence", given, 201)
        assert (filed["item_id"], filed["name"]) == (item["id"], "照片.pdf")
        assert await operator.refused(f"{path}/evidence", given) == "rectification-evidence-exists"
    await operator.ok(f"{path}/evidence/{filed['id']}/withdraw")
    again = await operator.post(f"{path}/submit", {})
    assert again.json()["code"] == "rectification-evidence-missing"
    assert str(items[-1]["ordinal"]) in again.json()["detail"]
    await operator.ok(f"{path}/evidence", given, 201)
    assert (await operator.ok(f"{path}/submit", {}))["status"] == "submitted"
    assert await operator.refused(f"{path}/evidence", given) == "invalid-transition"
    shown = (await operator.read(path))["items"][-1]["evidence"]
    assert [piece["status"] for piece in shown] == ["withdrawn", "filed"]


async def test_evidence_is_of_this_order_and_its_own_items(desk: Desk) -> None:
    centre, path = await served(desk)
    operator = desk.operator(centre, REPORTED)
    (item, *_) = (await operator.read(path))["items"]
    document = await _upload(desk, centre, path)
    other = "0190a000-0000-7000-8000-0000000000ff"
    for body in ({"item_id": other, "document_id": document}, {"item_id": item["id"], "document_id": other}):
        assert await operator.refused(f"{path}/evidence", body, 404) == "not-found"
    stranger = desk.caller("centre_operator", today=REPORTED, org="X")
    own = {"item_id": item["id"], "document_id": document}
    assert await stranger.refused(f"{path}/evidence", own, 404) == "not-found"
    assert (await stranger.get(f"{path}/documents")).status_code == 404
    assert (await stranger.get(path)).status_code == 404


async def test_an_inspection_finds_something_of_every_open_item_and_another_person_accepts(desk: Desk) -> None:
    centre, path = await served(desk)
    await report(desk, centre, path)
    officer, other = (desk.caller(f"{bureau}_officer", today=INSPECTED) for bureau in ("science", "industry"))
    assert await other.refused(f"{path}/accept", ACCEPTANCE) == "invalid-transition"
    body = await inspection(officer, path)
    part = {**body, "findings": body["findings"][1:]}
    assert await officer.refused(f"{path}/inspect", part) == "rectification-findings-missing"
    early = {**body, "inspected_on": "2020-03-31"}
    assert await officer.refused(f"{path}/inspect", early) == "date-before-step"
    await officer.ok(f"{path}/inspect", body)
    assert await officer.refused(f"{path}/accept", ACCEPTANCE, 403) == "four-eyes-required"
    assert await officer.refused(f"{path}/reject", {"reason": "not_proven"}, 403) == "four-eyes-required"
    before = {**ACCEPTANCE, "accepted_on": "2020-04-01"}
    assert await other.refused(f"{path}/accept", before) == "date-before-step"
    accepted = await accept(desk, path)
    assert (accepted["status"], accepted["accepted_on"]) == ("accepted", ACCEPTED.isoformat())
    shown = await officer.read(path)
    assert {item["status"] for item in shown["items"]} == {"remedied"}
    assert shown["inspections"][0]["units"] == ["市科技局", "市工信局"]
    assert shown["steps"][-1]["details"] == {"document_no": ACCEPTANCE["document_no"], "late": False}
    assert (await desk.evaluation_of(centre, 2019))["grade"] == "fail"
    assert await other.refused(f"{path}/reject", {"reason": "not_proven"}) == "invalid-transition"


async def test_what_an_inspection_did_not_find_put_right_is_not_accepted_and_remains(desk: Desk) -> None:
    centre, path = await served(desk)
    await report(desk, centre, path)
    await inspect(desk, path, item_1="not_remedied")
    other = desk.caller("industry_officer", today=ACCEPTED)
    response = await other.post(f"{path}/accept", ACCEPTANCE)
    assert (response.status_code, response.json()["code"]) == (409, "rectification-not-remedied")
    await other.ok(f"{path}/reject", {"reason": "not_carried_out"})
    shown = await other.read(path)
    assert [item["status"] for item in shown["items"]] == ["open", *["remedied"] * (len(shown["items"]) - 1)]
    remaining = shown["steps"][-1]["details"]["remaining"]
    assert [(one["ordinal"], one["requirement"]) for one in remaining] == [(1, shown["items"][0]["requirement"])]
    assert shown["due_on"] == DUE.isoformat()
    await report(desk, centre, path, date(2020, 4, 20))
    await inspect(desk, path, date(2020, 4, 21))
    await accept(desk, path, date(2020, 4, 22))


async def test_a_rejection_names_what_remains_even_of_what_was_found_put_right(desk: Desk) -> None:
    _, path = await inspected(desk)
    other = desk.caller("industry_officer", today=ACCEPTED)
    last = (await other.read(path))["items"][-1]
    named = {"reason": "not_lasting", "remaining": [{"item_id": last["id"], "requirement": "保持三个月"}]}
    await other.ok(f"{path}/reject", named)
    shown = await other.read(path)
    assert shown["items"][-1]["status"] == "open"
    (remaining,) = shown["steps"][-1]["details"]["remaining"]
    assert remaining["requirement"] == "保持三个月"


async def test_late_evidence_is_looked_at_and_its_acceptance_says_that_it_was_late(desk: Desk) -> None:
    centre, path = await served(desk)
    await report(desk, centre, path, date(2020, 6, 1))
    await inspect(desk, path, date(2020, 6, 2))
    accepted = await accept(desk, path, date(2020, 6, 3))
    assert (accepted["status"], accepted["overdue"]) == ("accepted", False)
    assert (await desk.caller("auditor").read(path))["steps"][-1]["details"]["late"] is True


async def test_the_paper_has_items_term_and_clauses_and_is_scoped(desk: Desk) -> None:
    centre, path = await ordered(desk)
    draft = await _paper(desk, path)
    assert "限期整改通知书" in draft
    assert "最后期限" not in draft
    await serve(desk, path)
    paper = await _paper(desk, path)
    order = await desk.caller("auditor").read(path)
    for said in (
        "虚构整〔2020〕1号",
        "2020年5月14日",
        "2.3-4",
        order["no"],
        order["items"][0]["finding"],
        "拉萨市科技局",
    ):
        assert said in paper, said
    assert "延期一次，经批准延长90日" in paper
    assert "暂缓拨付" in paper
    assert (await desk.operator(centre, SERVED).get(f"{path}/notice.docx")).status_code == 200
    stranger = desk.caller("centre_operator", today=SERVED, org="X")
    assert (await stranger.get(f"{path}/notice.docx")).status_code == 404


async def _paper(desk: Desk, path: str) -> str:
    answer = await desk.caller("science_officer", today=SERVED).get(f"{path}/notice.docx")
    assert answer.status_code == 200, answer.text
    return text_of(answer.content)


def text_of(content: bytes) -> str:
    document = Document(BytesIO(content))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in document.paragraphs), *cells])


async def test_events_tell_each_step_with_the_items(desk: Desk) -> None:
    _, path = await inspected(desk)
    await accept(desk, path)
    order_id = path.rsplit("/", 1)[1]
    told = [kind.split(".")[2] for kind in await desk.events(order_id)]
    assert told == ["ordered", "served", "submitted", "inspected", "accepted"]
    counted = "SELECT count(*) FROM rectification_item WHERE status = 'remedied'"
    assert await desk.count(counted) > 0
