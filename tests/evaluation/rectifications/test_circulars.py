"""The year's circular: once, when every result is out; what it names, and how a line is corrected (2.3-4)."""

from __future__ import annotations

from datetime import date

import pytest

from tests.evaluation.cases import DAYS, PUBLISHED as SECOND_PUBLISHED, SIGNED, second_year
from tests.evaluation.delistings.test_records import annul
from tests.evaluation.known import Json
from tests.evaluation.rectifications.steps import order_path, ordered, published, served
from tests.evaluation.rectifications.test_orders import text_of
from tests.evaluation.support import Caller, Desk

pytestmark = pytest.mark.asyncio(loop_scope="session")

CORRECTED = date(2020, 4, 1)


def anyone(desk: Desk) -> Caller:
    return desk.caller("public", account="anonymous")


async def circular_of(desk: Desk, year: int = 2019) -> Json:
    (found,) = (await anyone(desk).read("/v1/circulars", year=year))["items"]
    return await anyone(desk).read(f"/v1/circulars/{found['id']}")


async def paper_of(desk: Desk, path: str) -> str:
    answer = await anyone(desk).get(path)
    assert answer.status_code == 200, answer.text
    return text_of(answer.content)


async def test_it_names_each_failed_centre_with_what_follows_and_anybody_reads_it(desk: Desk) -> None:
    cycle, centres = await published(desk, 2)
    circular = await circular_of(desk)
    assert [line["centre_id"] for line in circular["lines"]] == [str(centre.id) for centre in centres]
    line = circular["lines"][0]
    order = await desk.caller("auditor").read(await order_path(desk, centres[0]))
    assert (line["order_no"], line["case_no"], line["corrected_on"]) == (order["no"], None, None)
    paper = await paper_of(desk, f"/v1/circulars/{circular['id']}/circular.docx")
    number = f"虚构发〔2020〕{cycle['id'][-8:]}号"
    for said in (
        number,
        "关于2019年度双创中心评价不合格情况的通报",
        "共2家",
        "2.3-4",
        line["centre_name"],
        order["no"],
    ):
        assert said in paper, said
    assert "更正" not in paper
    assert (
        await anyone(desk).get("/v1/circulars/0190a000-0000-7000-8000-0000000000ff/circular.docx")
    ).status_code == 404


async def test_a_year_without_a_fail_says_so(desk: Desk) -> None:
    await desk.centre(listed_on=date(2019, 12, 2))
    cycle = await desk.scored(2019, date(2020, 2, 3))
    await desk.announce(cycle["id"], date(2020, 2, 4))
    await desk.sign(cycle["id"], date(2020, 2, 12))
    await desk.publish(cycle["id"], date(2020, 2, 12))
    circular = await circular_of(desk)
    assert circular["lines"] == []
    paper = await paper_of(desk, f"/v1/circulars/{circular['id']}/circular.docx")
    assert "本年度没有评价不合格的双创中心" in paper


async def test_it_waits_for_a_centre_left_out_and_is_then_issued_once_with_all_lines(desk: Desk) -> None:
    cycle, (ready, late) = await second_year(desk, 2)
    await desk.procedure((await desk.case_of(ready))["id"], DAYS)
    await desk.sign(cycle["id"], SIGNED)
    operation = await desk.publish(cycle["id"], SECOND_PUBLISHED)
    assert operation["errors"][0]["code"] == "prior-procedure-incomplete"
    assert (await anyone(desk).read("/v1/circulars", year=2020))["items"] == []
    again = await desk.publish(cycle["id"], SECOND_PUBLISHED)
    assert again["result"]["complete"] is False
    assert (await anyone(desk).read("/v1/circulars", year=2020))["items"] == []
    await desk.procedure(
        (await desk.case_of(late))["id"], [SECOND_PUBLISHED, *(date(2021, 3, day) for day in range(15, 19))]
    )
    single = f"/v1/evaluations/{(await desk.evaluation_of(late, 2020))['id']}/publish"
    approver = desk.caller("science_approver", today=date(2021, 3, 19))
    for _ in range(2):
        await approver.ok(single)
    circular = await circular_of(desk, 2020)
    assert circular["issued_on"] == "2021-03-19"
    cases = [(await desk.case_of(centre))["no"] for centre in (ready, late)]
    assert [(line["order_no"], line["case_no"]) for line in circular["lines"]] == [(None, no) for no in cases]
    assert await desk.events(circular["id"]) == ["evaluation.circular.issued.v1"]


async def test_an_annulled_fail_is_corrected_with_a_date_and_what_was_issued_stays(desk: Desk) -> None:
    centre, path = await served(desk)
    issued = await circular_of(desk)
    await annul(desk, centre, 2019, CORRECTED)
    circular = await circular_of(desk)
    (correction,) = circular["corrections"]
    assert (correction["corrected_on"], correction["document_no"]) == (CORRECTED.isoformat(), "虚构复决〔2021〕1号")
    assert circular["lines"] == [{**issued["lines"][0], "corrected_on": CORRECTED.isoformat()}]
    paper = await paper_of(desk, f"/v1/circulars/{circular['id']}/circular.docx")
    assert correction["no"] in paper
    notice = await paper_of(desk, f"/v1/circulars/{circular['id']}/corrections/{correction['id']}/notice.docx")
    for said in ("更正通告", correction["no"], circular["document_no"], "虚构市人民政府", "2020年4月1日"):
        assert said in notice, said
    order = await desk.caller("auditor", today=CORRECTED).read(path)
    assert (order["status"], order["closed_on"]) == ("annulled", CORRECTED.isoformat())
    assert await desk.events(circular["id"]) == ["evaluation.circular.issued.v1", "evaluation.circular.corrected.v1"]


async def test_an_annulment_that_is_not_approved_corrects_nothing(desk: Desk) -> None:
    centre, path = await ordered(desk)
    await annul(desk, centre, 2019, CORRECTED, approve=False)
    assert (await circular_of(desk))["corrections"] == []
    assert (await desk.caller("auditor").read(path))["status"] == "ordered"


async def test_a_fail_annulled_before_the_circular_is_not_named_in_it(desk: Desk) -> None:
    cycle, (ready, late) = await second_year(desk, 2)
    for centre in (ready, late):
        await annul(desk, centre, 2019, SIGNED)
    circular = await circular_of(desk)
    assert {line["corrected_on"] for line in circular["lines"]} == {SIGNED.isoformat()}
    await desk.sign(cycle["id"], SIGNED)
    await desk.publish(cycle["id"], SECOND_PUBLISHED)
    named = await circular_of(desk, 2020)
    assert [(line["consecutive_fails"], line["case_no"]) for line in named["lines"]] == [(1, None)] * 2
