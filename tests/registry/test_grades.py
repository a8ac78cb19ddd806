"""Evaluation's results as the registry keeps and uses them (2.3-3)."""

from __future__ import annotations

from datetime import date
from typing import TypeVar
from uuid import UUID, uuid4

import pytest

from services.registry.consumers import know_annulments, know_grades
from shared.clock import utcnow
from shared.events.consumer import Received
from shared.events.contracts import evaluation as ev
from shared.events.types import EventData, EventType
from tests.registry.support import Json, Registry, expect, refused
from tests.registry.test_tiers import ready

pytestmark = pytest.mark.asyncio(loop_scope="session")

D = TypeVar("D", bound=EventData)

TITLES, TIERS = "/v1/qualification-applications", "/v1/tier-applications"
PUBLISHED = date(2020, 3, 2)
AFTER = date(2020, 5, 6)


def result(centre: Json, grade: str, *, year: int = 2019, version: int = 1, **data: object) -> Received[ev.ResultState]:
    """A published result, as evaluation sends it."""
    sent = {
        "id": data.pop("result_id", None) or uuid4(),
        "cycle_id": uuid4(),
        "centre_id": UUID(centre["id"]),
        "year": year,
        "grade": grade,
        "score": "71.50" if grade == "pass" else None,
        "document_no": f"拉科发〔{year + 1}〕3号",
        "published_on": data.pop("published_on", PUBLISHED.replace(year=year + 1)),
        "consecutive_fails": 0,
        "rectification_id": None,
        "delisting_case_id": None,
        **data,
    }
    state = ev.ResultState.model_validate(sent)
    return received(ev.ResultPublished, state, version, state.published_on)


def received(event_type: EventType[D], data: D, version: int, on: date) -> Received[D]:
    """An event of evaluation's, as a handler gets it."""
    return Received(
        id=uuid4(),
        type=event_type.name,
        topic=event_type.topic.name,
        position=1,
        subject=uuid4(),
        aggregate_version=version,
        effective_on=on,
        time=utcnow(),
        actor="approver",
        correlation_id="results",
        rules=(),
        edition="lhasa-2019",
        simulated=True,
        data=data,
    )


async def tell(registry: Registry, *events: Received[ev.ResultState]) -> None:
    async with registry.db.transaction() as session:
        await know_grades(session, events)


async def test_everybody_reads_a_centres_results_by_year_with_their_version(registry: Registry) -> None:
    centre, other = await registry.listed(), await registry.listed(name="另一中心")
    older, newer = result(centre, "excellent", year=2018, version=4), result(centre, "pass", version=6)
    await tell(registry, newer, older)
    items = expect(await registry.public.get(f"/v1/centres/{centre['id']}/grades"), 200)["items"]
    assert [(item["year"], item["grade"], item["version"]) for item in items] == [
        (2019, "pass", 6),
        (2018, "excellent", 4),
    ]
    shown = expect(await registry.public.get(f"/v1/centres/{centre['id']}"), 200)["latest_result"]
    assert (shown["year"], shown["grade"], shown["score"], shown["version"]) == (2019, "pass", "71.50", 6)
    listed = expect(await registry.public.get("/v1/centres"), 200)["items"]
    assert {item["id"]: (item["latest_result"] or {}).get("grade") for item in listed} == {
        centre["id"]: "pass",
        other["id"]: None,
    }
    only = expect(await registry.public.get(f"/v1/centres/{centre['id']}/grades", year=2018), 200)["items"]
    assert [item["grade"] for item in only] == ["excellent"]
    draft = await registry.draft()
    refused(await registry.public.get(f"/v1/centres/{draft['id']}/grades"), 404, "not-found")


async def test_a_corrected_result_replaces_the_one_before_whatever_the_order(registry: Registry) -> None:
    centre, known = await registry.listed(), uuid4()
    failed = result(centre, "fail", version=5, result_id=known)
    corrected = result(centre, "pass", version=7, result_id=known)
    await tell(registry, corrected)
    await tell(registry, failed)
    await tell(registry, corrected)
    items = expect(await registry.public.get(f"/v1/centres/{centre['id']}/grades"), 200)["items"]
    assert [(item["grade"], item["version"]) for item in items] == [("pass", 7)]


@pytest.mark.parametrize(
    ("grade", "level", "code"),
    [
        (None, "municipal", None),
        ("pass", "municipal", None),
        ("fail", "municipal", "grade-too-low"),
        ("exempt", "municipal", None),
        ("fail", "regional", None),
    ],
)
async def test_title_is_applied_for_with_a_pass_in_the_latest_graded_year(
    registry: Registry, grade: str | None, level: str, code: str | None
) -> None:
    centre = await registry.listed()
    if grade is not None:
        await tell(registry, result(centre, grade))
    body = {"centre_id": centre["id"], "kind": "maker_space", "level": level}
    answer = await registry.operator.on(AFTER).post(TITLES, body)
    if code is None:
        decision = expect(answer, 201)["decision"]
        [told] = [found for found in decision["results"] if found["rule"] == "titles.grade"]
        assert (told["clause"], told["passed"]) == ("2.3-3", True)
        assert (told["message"] == "grade-none-yet") is (grade in (None, "exempt"))
    else:
        problem = refused(answer, 409, code)
        assert problem["clauses"] == ["2.3-3"]
        assert "2019" in problem["detail"]


async def test_a_grade_published_meanwhile_stops_the_grant_and_a_correction_lets_it_through(
    registry: Registry,
) -> None:
    centre, known = await registry.listed(), uuid4()
    body = {"centre_id": centre["id"], "kind": "maker_space"}
    path = f"{TITLES}/{expect(await registry.operator.on(date(2020, 2, 20)).post(TITLES, body), 201)['id']}"
    for step in ("review", "announce"):
        expect(await registry.officer.on(date(2020, 2, 20)).post(f"{path}/{step}"), 200)
    await tell(registry, result(centre, "fail", result_id=known, version=5))
    grant, approver = {"document_no": "拉科发〔2020〕20号"}, registry.approver.on(AFTER)
    refused(await approver.post(f"{path}/grant", grant), 409, "grade-too-low")
    await tell(registry, result(centre, "good", result_id=known, version=6))
    assert expect(await approver.post(f"{path}/grant", grant), 200)["status"] == "active"


async def test_a_failed_centre_applies_for_no_tier(registry: Registry) -> None:
    centre = await ready(registry)
    asked = {"centre_id": centre["id"], "tier": "specialised"}
    await tell(registry, result(centre, "fail", year=2018, published_on=date(2019, 6, 3)))
    answer = expect(await registry.operator.post(f"{TIERS}/eligibility", asked), 200)
    failed = [found["rule"] for found in answer["decision"]["results"] if not found["passed"]]
    assert (answer["eligible"], failed) == (False, ["tiers.grade"])
    refused(await registry.operator.post(TIERS, asked), 409, "grade-too-low")


async def test_an_annulled_result_stays_on_record_and_screens_nothing(registry: Registry) -> None:
    centre, known = await registry.listed(), uuid4()
    state = ev.AnnulmentState(
        id=uuid4(),
        no="AN-2020-0001",
        evaluation_id=known,
        centre_id=UUID(centre["id"]),
        year=2019,
        status="approved",
        ground="court",
        issuer="拉萨市中级人民法院",
        document_no="（2020）藏01行初1号",
        ordered_on=PUBLISHED,
        recorded_on=PUBLISHED,
        decided_on=PUBLISHED,
    )
    failed = result(centre, "fail", result_id=known)
    async with registry.db.transaction() as session:  # before the result itself: topics have no order between them
        await know_annulments(session, [received(ev.ResultAnnulled, state, 2, PUBLISHED)])
    await tell(registry, result(centre, "pass", year=2018), failed)
    body = {"centre_id": centre["id"], "kind": "maker_space"}
    decision = expect(await registry.operator.on(AFTER).post(TITLES, body), 201)["decision"]
    [told] = [found for found in decision["results"] if found["rule"] == "titles.grade"]
    assert (told["inputs"]["grade"], told["inputs"]["year"]) == ("pass", 2018)
    items = expect(await registry.public.get(f"/v1/centres/{centre['id']}/grades"), 200)["items"]
    assert [(item["year"], item["annulled"]) for item in items] == [(2019, True), (2018, False)]
