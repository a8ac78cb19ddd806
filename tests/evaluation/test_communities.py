"""Communities reach the targets and the coverage by event, each number with its records (4.4-1)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.evaluation.targets.figures import figure_on
from services.evaluation.targets.ledger import keep_targets
from shared.events.contracts import registry as rc
from shared.events.types import EventType
from tests.evaluation.known import Json
from tests.evaluation.support import Caller, Desk

pytestmark = pytest.mark.asyncio(loop_scope="session")

T = "/v1/targets"
OPENED, LATER = date(2019, 5, 6), date(2020, 6, 1)
_STEPS: dict[str, EventType[rc.CommunityState]] = {
    "proposed": rc.CommunityProposed,
    "open": rc.CommunityOpened,
    "suspended": rc.CommunitySuspended,
    "closed": rc.CommunityClosed,
}


def state(division: str, number: int = 1, **changes: Any) -> rc.CommunityState:
    """An open community."""
    return rc.CommunityState.model_validate(
        {
            "id": uuid4(),
            "no": f"CM-2019-{number:04d}",
            "name": "虚构双创社区",
            "base_centre_id": uuid4(),
            "base_since": OPENED,
            "sector": "services",
            "division": division,
            "status": "open",
            "proposed_on": date(2019, 4, 8),
            "opened_on": OPENED,
            "suspended_on": None,
            "closed_on": None,
            "document_no": "示例社区〔2019〕1号",
            "open_proposal": None,
            "proposed_centre_id": None,
            "reason_code": None,
            **changes,
        }
    )


async def tell(desk: Desk, community: rc.CommunityState, version: int, status: str, day: date, **changes: Any) -> UUID:
    """The community enters a state on a day."""
    told = community.model_copy(update={"status": status, **changes})
    return (await desk.feed(_STEPS[status], community.id, version, told, day)).id


async def report(desk: Desk, community: rc.CommunityState, version: int = 3, **changes: Any) -> rc.CommunityReportState:
    """The accepted report of 2019 with 12 jobs of residents."""
    told = rc.CommunityReportState.model_validate(
        {
            "id": uuid4(),
            "no": f"CR-2019-{uuid4().hex[:6]}",
            "community_id": community.id,
            "centre_id": community.base_centre_id,
            "division": community.division,
            "year": 2019,
            "status": "accepted",
            "elements": {"talent": {"figure": Decimal(3), "evidence_ids": (uuid4(),)}},
            "resident_jobs": 12,
            "due_on": date(2020, 1, 31),
            "submitted_on": date(2020, 1, 20),
            "late": False,
            "accepted_on": date(2020, 2, 3),
            "seen_on": None,
            "reason_code": None,
            **changes,
        }
    )
    kind = rc.CommunityReportSubmitted if told.status == "submitted" else rc.CommunityReportAccepted
    await desk.feed(kind, told.id, version, told, told.accepted_on or date(2020, 1, 20))
    return told


def office(desk: Desk, today: date) -> Caller:
    return desk.caller("office_officer", today=today)


async def coverage(desk: Desk, year: int, today: date) -> dict[str, Json]:
    found = await office(desk, today).read(f"{T}/coverage", year=year)
    shown = {row["division"]: row for row in found["communities"]}
    assert found["community_gaps"] == [division for division, row in shown.items() if not row["opened"]]
    return shown


async def test_every_responsible_division_is_shown_and_those_without_a_community_are_gaps(desk: Desk) -> None:
    own = state("540102")
    await tell(desk, own, 2, "open", OPENED)
    waiting = state("540103", 2, status="proposed")
    await tell(desk, waiting, 1, "proposed", OPENED)
    found = await coverage(desk, 2019, date(2020, 1, 20))
    responsible = ["540102", "540103", "540104", "540172", "LIUWU"]
    assert list(found) == responsible
    assert [division for division, row in found.items() if not row["opened"]] == responsible[1:]
    assert [(row["opened"], row["suspended"]) for row in (found["540102"], found["540103"])] == [(1, 0), (0, 0)]


async def test_a_community_counts_on_the_days_on_which_it_is_open(desk: Desk) -> None:
    own = state("540104")
    await tell(desk, own, 1, "proposed", date(2019, 4, 8))
    opened = await tell(desk, own, 2, "open", OPENED)
    await tell(desk, own, 3, "suspended", date(2019, 9, 2), suspended_on=date(2019, 9, 2), reason_code="delisted")
    moved = await tell(desk, own, 4, "open", date(2019, 11, 4), base_centre_id=uuid4())
    await tell(desk, own, 5, "closed", date(2020, 3, 2), closed_on=date(2020, 3, 2), reason_code="merged")
    edition = desk.runtime.editions.get("lhasa-2019")

    async def on(day: date) -> tuple[int, dict[str, Decimal]]:
        async with desk.runtime.db.transaction() as session:
            figure = await figure_on(session, edition, "community_divisions", day)
        return int(figure.value), dict(figure.by_division)

    assert await on(date(2019, 5, 5)) == (0, {})
    assert await on(OPENED) == (1, {"540104": Decimal(1)})
    assert (await on(date(2019, 9, 1)))[0] == 1
    assert (await on(date(2019, 9, 2)))[0] == 0
    assert (await on(date(2019, 11, 4)))[0] == 1
    assert (await on(date(2020, 3, 2)))[0] == 0
    shown = await coverage(desk, 2019, date(2019, 6, 3))
    assert shown["540104"]["communities"][0]["event_id"] == str(opened)
    shown = await coverage(desk, 2019, date(2020, 1, 20))
    assert shown["540104"]["communities"][0]["event_id"] == str(moved)


async def test_events_that_come_again_or_late_change_nothing(desk: Desk) -> None:
    own = state("540172")
    await tell(desk, own, 3, "suspended", date(2019, 9, 2), suspended_on=date(2019, 9, 2), reason_code="delisted")
    await tell(desk, own, 2, "open", OPENED)
    await tell(desk, own, 2, "open", OPENED)
    found = await coverage(desk, 2019, date(2020, 1, 20))
    assert (found["540172"]["opened"], found["540172"]["suspended"]) == (0, 1)
    assert await desk.count("SELECT count(*) FROM known_community_state") == 2


async def test_jobs_of_residents_are_those_of_accepted_reports_of_the_year(desk: Desk) -> None:
    first, second, third = state("LIUWU", 1), state("LIUWU", 2, sector="education"), state("LIUWU", 3, sector="x")
    for community in (first, second, third):
        await tell(desk, community, 2, "open", OPENED)
    accepted = await report(desk, first)
    await report(desk, second, status="submitted", accepted_on=None)
    await report(desk, third, year=2018)
    before = (await coverage(desk, 2019, date(2020, 2, 2)))["LIUWU"]
    assert (before["opened"], before["reports"], before["resident_jobs"]) == (3, 0, 0)
    found = (await coverage(desk, 2019, date(2020, 2, 3)))["LIUWU"]
    assert (found["opened"], found["reports"], found["resident_jobs"]) == (3, 1, 12)
    assert [one["report_no"] for one in found["communities"]] == [accepted.no, None, None]


async def test_the_target_names_its_communities_and_a_park_counts_in_its_district(desk: Desk) -> None:
    park, district = state("540172", 1), state("540102", 2)
    second = state("540102", 3, sector="education")
    for community in (park, district, second):
        await tell(desk, community, 2, "open", OPENED)
    await keep_targets(desk.runtime)
    caller = office(desk, LATER)
    target = (await caller.read(T, item="community_divisions"))["items"][0]
    home = desk.runtime.editions.get("lhasa-2019").divisions.units["540172"].within
    assert (target["actual"], target["outcome"], target["clause"]) == ("2", "below", "4.4-1")
    assert target["by_division"] == ({"540102": "2"} if home == "540102" else {"540102": "1", str(home): "1"})
    found = await caller.read(f"{T}/{target['id']}/records")
    assert (found["total"], found["as_of_on"]) == (3, "2020-06-01")
    assert {(row["kind"], row["id"], row["division"]) for row in found["records"]} == {
        ("community", str(one.id), one.division) for one in (park, district, second)
    }


async def test_computed_targets_name_their_records_and_entered_ones_their_documents(desk: Desk) -> None:
    centre = await desk.centre(tier="specialised")
    mentor = await desk.mentor()
    await keep_targets(desk.runtime)
    caller = office(desk, date(2020, 1, 20))
    targets = {row["item"]: row for row in (await caller.read(T, limit=200))["items"]}
    for item, row in targets.items():
        path = f"{T}/{row['id']}/records"
        if row["source"] == "entered":
            assert (await caller.get(path)).json()["code"] == "target-entered", item
            continue
        found = await caller.read(path)
        assert found["total"] == len(found["records"]), item
    behind = {item: await caller.read(f"{T}/{row['id']}/records") for item, row in targets.items() if row["actual"]}
    assert str(centre.id) in {row["id"] for row in behind["specialised_centres"]["records"]}
    assert str(centre.id) in {row["id"] for row in behind["incubation_area"]["records"]}
    assert mentor.no in {row["no"] for row in behind["graduate_mentors"]["records"]}
    stranger = desk.caller("enterprise", today=LATER, org=centre.operator_code)
    refused = await stranger.get(f"{T}/{targets['graduates']['id']}/records")
    assert refused.status_code == 403
