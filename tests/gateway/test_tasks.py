"""The list of tasks: gathered in the caller's name from whoever answers, and honest about who did not."""

import time
from uuid import uuid4

import pytest
from httpx import AsyncClient

from tests.gateway.conftest import Hire, Person

AWAY = ["evaluation", "finance", "vouchers"]


def unique() -> str:
    return f"tasks.{uuid4().hex[:12]}"


@pytest.fixture
async def officer(hire: Hire) -> Person:
    return await hire(unique(), "science_officer")


async def read(client: AsyncClient, person: Person, **params: str | list[str] | int) -> dict[str, object]:
    response = await client.get("/v1/tasks", headers=person.headers, params=params)
    assert response.status_code == 200, response.text
    assert response.headers["cache-control"] == "no-store"
    answer: dict[str, object] = response.json()
    return answer


def kinds(answer: dict[str, object]) -> list[str]:
    items = answer["items"]
    assert isinstance(items, list)
    return [item["kind"] for item in items]


async def test_services_that_are_away_cost_their_own_tasks_only(client: AsyncClient, officer: Person) -> None:
    answer = await read(client, officer)
    assert answer["unanswered"] == AWAY
    assert kinds(answer) == ["centre_to_review", "report_due", "notice_over"]
    assert (answer["more"], answer["next"]) == (False, None)


async def test_tasks_are_asked_for_in_the_callers_own_name(client: AsyncClient, officer: Person, hire: Hire) -> None:
    other = await hire(unique(), "auditor")
    for person in (officer, other):
        items = (await read(client, person))["items"]
        assert isinstance(items, list)
        assert {item["subject_id"] for item in items} == {str(person.id)}
        assert {item["service"] for item in items} == {"registry"}


async def test_kinds_and_limit_are_passed_on_and_a_cut_list_says_so(client: AsyncClient, officer: Person) -> None:
    assert kinds(await read(client, officer, kind=["report_due", "notice_over"])) == ["report_due", "notice_over"]
    cut = await read(client, officer, limit=1)
    assert (kinds(cut), cut["more"]) == (["centre_to_review"], True)
    for query in ("limit=0", "limit=201", "since=2019-01-01", "kind=" + "x" * 101):
        response = await client.get(f"/v1/tasks?{query}", headers=officer.headers)
        assert response.status_code == 422, query


@pytest.mark.parametrize("org", ["SILENT", "BROKEN"])
async def test_a_service_that_is_silent_or_broken_is_named_and_not_waited_for(
    client: AsyncClient, hire: Hire, org: str
) -> None:
    person = await hire(unique(), "centre_operator", org=org)
    begun = time.monotonic()
    answer = await read(client, person)
    assert time.monotonic() - begun < 15
    assert (answer["items"], answer["unanswered"]) == ([], ["registry", *AWAY])


async def test_nobody_in_particular_has_no_tasks(client: AsyncClient) -> None:
    assert (await client.get("/v1/tasks")).status_code == 401
