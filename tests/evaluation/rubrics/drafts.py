"""Rubric editions for tests, from a draft to approval, and evidence for an evaluation."""

from __future__ import annotations

from copy import deepcopy
from datetime import date

from tests.evaluation.known import Centre, Json
from tests.evaluation.support import SECOND_OFFICER, Desk

PDF = b"%PDF-1.7\n" + b"x" * 100
TITLES = {"title_zh": "试行指标体系", "title_en": "Trial rubric"}


def heavier_jobs(rubric: Json) -> list[Json]:
    """The rubric's indicators with three points moved from confirmed services to jobs."""
    indicators: list[Json] = deepcopy(rubric["values"]["indicators"])
    by_id = {indicator["id"]: indicator for indicator in indicators}
    by_id["jobs"]["weight"], by_id["confirmed_services"]["weight"] = "13", "2"
    return indicators


async def drafted(desk: Desk, on: date, first_year: int, **changes: object) -> Json:
    """A draft whose jobs count more and confirmed services less."""
    officer = desk.caller("science_officer", today=on)
    draft = await officer.ok("/v1/rubrics", {"first_year": first_year, **TITLES}, 201)
    change = {"indicators": heavier_jobs(draft), **changes}
    response = await officer.patch(f"/v1/rubrics/{draft['id']}", change, f'"{draft["version"]}"')
    assert response.status_code == 200, response.text
    edited: Json = response.json()
    return edited


async def rehearsed(desk: Desk, rubric: Json, year: int, on: date) -> Json:
    """The finished rehearsal's operation."""
    officer = desk.caller("science_officer", today=on)
    operation = await officer.ok(f"/v1/rubrics/{rubric['id']}/rehearse", {"year": year}, 202)
    await desk.work()
    return await officer.read(f"/v1/operations/{operation['id']}")


async def approved(desk: Desk, rubric: Json, on: date) -> Json:
    """Submitted and approved by another person."""
    path = f"/v1/rubrics/{rubric['id']}"
    await desk.caller("science_officer", today=on).ok(f"{path}/submit")
    document = {"document_no": f"虚构发〔{on.year}〕9号"}
    return await desk.caller("science_approver", today=on).ok(f"{path}/approve", document)


async def rubric_story(desk: Desk, on: date) -> None:
    """Every step that a rubric edition can take, while 2019 has results."""
    rubric = await drafted(desk, on, on.year)
    path = f"/v1/rubrics/{rubric['id']}"
    await rehearsed(desk, rubric, 2019, on)
    officer, approver = desk.caller("science_officer", today=on), desk.caller("science_approver", today=on)
    await officer.ok(f"{path}/submit")
    await approver.ok(f"{path}/return", {"reason": "说明不足"})
    await approved(desk, rubric, on)
    other = await officer.ok("/v1/rubrics", {"first_year": on.year, "copy_of": rubric["id"], **TITLES}, 201)
    await officer.ok(f"/v1/rubrics/{other['id']}/discard", {"reason": "不再需要"})


async def evidence_story(desk: Desk, centre: Centre, on: date) -> None:
    """A document uploaded, given as evidence, taken back and out again, in a year that is open."""
    await desk.caller("industry_officer", today=on, account=SECOND_OFFICER).ok(
        "/v1/evaluation-cycles", {"year": on.year}, 201
    )
    path = f"/v1/evaluations/{(await desk.evaluation_of(centre, on.year))['id']}"
    operator = desk.operator(centre, on)
    document = (await operator.upload(f"{path}/documents", PDF, "导师协议.pdf")).json()
    body = {"indicator": "mentors", "document_id": document["id"]}
    evidence = await operator.ok(f"{path}/evidence", body, 201)
    await operator.ok(f"{path}/evidence/{evidence['id']}/withdraw")
    assert (await operator.delete(f"{path}/documents/{document['id']}")).status_code == 204
