"""What came of vouchers: holders are asked, answer as often as they like, and sums name nobody (4.3-4).

Each test takes an issuer of its own: a survey is of an issuer and a year.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.vouchers.support import (
    AUDITOR,
    PUBLIC,
    SCIENCE_OFFICER,
    Caller,
    Firm,
    Town,
    approver,
    code_of,
    fresh_invoice,
    officer,
)

pytestmark = pytest.mark.asyncio(loop_scope="session")

PATH = "/v1/voucher-outcomes"
ANSWER = {
    "jobs_created": 2,
    "ip_applied": 1,
    "ip_granted": 0,
    "income": "1000.00",
    "satisfaction": 4,
}


async def users(town: Town, division: str, number: int) -> list[Firm]:
    """Firms that have redeemed a voucher of the division."""
    centre = await town.registry.centre(owner=division)
    seller = await town.provider()
    programme = await town.programme(division)
    firms = []
    for _ in range(number):
        firm = await town.registry.tenant(centre)
        voucher = await town.voucher(programme, firm, "1000.00", division=division)
        sale = {
            "code": await town.code(firm, voucher["id"]),
            "category": "legal_protection",
            "price": "200.00",
            "invoice": fresh_invoice(),
        }
        await town.api.ok(seller.caller, "/v1/redemptions/counter", sale)
        firms.append(firm)
    return firms


async def form_of(town: Town, firm: Firm, survey: str) -> dict[str, Any]:
    listed = (await town.api.get(firm.caller, f"{PATH}/forms", survey_id=survey)).json()["items"]
    assert len(listed) == 1, listed
    found: dict[str, Any] = listed[0]
    return found


async def answer(town: Town, firm: Firm, survey: str, **more: Any) -> dict[str, Any]:
    form = await form_of(town, firm, survey)
    return await town.api.ok(firm.caller, f"{PATH}/forms/{form['id']}/answer", {**ANSWER, **more})


async def summary(town: Town, caller: Caller, year: int = 2019, **more: Any) -> dict[str, Any]:
    response = await town.api.get(caller, f"{PATH}/summary", year=year, **more)
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


async def test_holders_are_asked_by_a_task_and_answer_in_versions(town: Town) -> None:
    division = "540103"
    firm, other = await users(town, division, 2)
    survey = await town.api.ok(officer(division), PATH, {"year": 2019})
    assert (survey["asked"], survey["answered"], survey["due_on"]) == (2, 0, "2019-07-03")
    form = await form_of(town, firm, survey["id"])
    assert (form["uses"], form["captured"], form["status"]) == (1, "100.00", "asked")
    tasks = (await town.api.get(firm.caller, "/v1/tasks", kind="outcome_to_answer")).json()["items"]
    assert [(task["subject_id"], task["due_on"]) for task in tasks] == [(form["id"], "2019-07-03")]
    assert await town.events(form["id"], "vouchers.outcome_form.asked.v1") == 1
    first = await answer(town, firm, survey["id"])
    second = await answer(town, firm, survey["id"], jobs_created=3, comment="新增检测岗位")
    assert (first["revision"], second["revision"], second["status"]) == (1, 2, "answered")
    assert [(version["revision"], version["jobs_created"]) for version in second["answers"]] == [(2, 3), (1, 2)]
    assert (await town.api.get(officer(division), f"{PATH}/{survey['id']}")).json()["answered"] == 1
    assert (await town.api.get(firm.caller, "/v1/tasks", kind="outcome_to_answer")).json()["items"] == []
    path = f"{PATH}/forms/{form['id']}"
    for caller, status in [(other.caller, 404), (officer(division), 404), (SCIENCE_OFFICER, 404), (AUDITOR, 200)]:
        assert (await town.api.get(caller, path)).status_code == status
    assert code_of(await town.api.post(other.caller, f"{path}/answer", ANSWER)) == (404, "not-found")
    stale = await town.api.post(firm.caller, f"{path}/answer", ANSWER, headers={"If-Match": '"1"'})
    assert code_of(stale) == (412, "precondition-failed")


async def test_figures_are_shown_after_the_close_and_from_three_respondents_on(town: Town) -> None:
    few, many = "540104", "540124"
    for division, number in ((few, 2), (many, 3)):
        firms = await users(town, division, number)
        survey = await town.api.ok(officer(division), PATH, {"year": 2019})
        for firm in firms:
            await answer(town, firm, survey["id"])
        assert (await summary(town, officer(division)))["items"] == []
        closed = await town.api.ok(officer(division), f"{PATH}/{survey['id']}/close")
        assert (closed["status"], closed["answered"]) == ("closed", number)
        form = await form_of(town, firms[0], survey["id"])
        late = await town.api.post(firms[0].caller, f"{PATH}/forms/{form['id']}/answer", ANSWER)
        assert code_of(late) == (409, "outcome-survey-closed")
    hidden = await summary(town, officer(few))
    assert [(line["issuer_division"], line["jobs_created"]) for line in hidden["items"]] == [(few, None)]
    assert hidden["totals"]["respondents"] is None
    shown = await summary(town, officer(many), issuer_division=few)
    assert [(line["issuer_division"], line["respondents"]) for line in shown["items"]] == [(many, 3)]
    city = await summary(town, SCIENCE_OFFICER)
    lines = {line["issuer_division"]: line for line in city["items"]}
    assert (lines[many]["jobs_created"], lines[many]["income"], lines[many]["satisfaction"]) == (6, "3000.00", "4.00")
    assert few not in lines
    assert lines[None]["jobs_created"] is None
    assert city["totals"]["respondents"] == 3
    named = await summary(town, SCIENCE_OFFICER, issuer_division=few)
    assert [line["jobs_created"] for line in named["items"]] == [None]


async def test_those_who_use_a_voucher_later_are_asked_later(town: Town) -> None:
    division = "540122"
    await users(town, division, 1)
    survey = await town.api.ok(SCIENCE_OFFICER, PATH, {"year": 2019, "issuer_division": division})
    later = await users(town, division, 1)
    more = await town.api.ok(officer(division), f"{PATH}/{survey['id']}/collect")
    assert more["asked"] == 2
    assert (await town.api.ok(officer(division), f"{PATH}/{survey['id']}/collect"))["asked"] == 2
    assert (await form_of(town, later[0], survey["id"]))["status"] == "asked"


async def test_a_survey_is_one_of_an_issuer_and_a_year(town: Town) -> None:
    division = "540123"
    await users(town, division, 1)
    await town.api.ok(officer(division), PATH, {"year": 2019})
    again = await town.api.post(SCIENCE_OFFICER, PATH, {"year": 2019, "issuer_division": division})
    assert code_of(again) == (409, "outcome-survey-exists")
    nobody = await town.api.post(officer(division), PATH, {"year": 2018})
    assert code_of(nobody) == (409, "outcome-nobody-to-ask")
    future = await town.api.post(officer(division), PATH, {"year": 2020})
    assert code_of(future) == (409, "outcome-year-to-come")


@pytest.mark.parametrize(
    ("caller", "body", "status"),
    [
        (SCIENCE_OFFICER, {"year": 2019}, 422),
        (officer("540174"), {"year": 2019, "issuer_division": "540102"}, 422),
        (officer("540174"), {"year": 2019, "due_on": "2019-06-03"}, 422),
        (approver("540174"), {"year": 2019}, 403),
        (AUDITOR, {"year": 2019}, 403),
        (PUBLIC, {"year": 2019}, 401),
    ],
)
async def test_who_opens_a_survey_of_what(town: Town, caller: Caller, body: dict[str, Any], status: int) -> None:
    assert (await town.api.post(caller, PATH, body)).status_code == status


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"jobs_created": -1}, "jobs_created"),
        ({"satisfaction": 0}, "satisfaction"),
        ({"satisfaction": 6}, "satisfaction"),
        ({"income": "-1.00"}, "income"),
        ({"income": 5}, "income"),
        ({"comment": "身份证 11010519491231002X"}, "comment"),
    ],
)
async def test_an_answer_that_cannot_be_meant_is_refused_by_field(
    town: Town, changed: dict[str, Any], field: str
) -> None:
    path = f"{PATH}/forms/0190a000-0000-7000-8000-000000000001/answer"
    response = await town.api.post(Caller(("enterprise",), org="x"), path, {**ANSWER, **changed})
    assert code_of(response) == (422, "validation-failed")
    assert [error["field"] for error in response.json()["errors"]] == [field]


async def test_a_survey_past_its_term_waits_to_be_closed(town: Town) -> None:
    division = "540173"
    await users(town, division, 1)
    survey = await town.api.ok(officer(division), PATH, {"year": 2019, "due_on": "2019-06-10"})
    for today, waits in [(date(2019, 6, 10), False), (date(2019, 6, 11), True)]:
        path = "/v1/tasks"
        found = await town.api.get(officer(division), path, kind="outcome_survey_to_close", today=today)
        assert (survey["id"] in [task["subject_id"] for task in found.json()["items"]]) is waits
