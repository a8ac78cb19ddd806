"""2.3-4: a failed centre's grants rest until its rectification is accepted, in whatever order the news arrives."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from shared.db import Database
from shared.events.contracts import evaluation as ev
from shared.events.types import EventType
from shared.ids import uuid7
from tests.finance.support import Desk, accept_rectification, deliver, list_centre, publish_result, received

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def states(desk: Desk, *grants: dict[str, Any]) -> list[str]:
    return [(await desk.get("auditor", f"/v1/grants/{grant['id']}")).json()["status"] for grant in grants]


async def test_a_fail_holds_what_is_pending_and_leaves_what_is_paid_or_ended(desk: Desk, db: Database) -> None:
    centre = await list_centre(db)
    pending = [await getattr(desk, state)(centre, "1000.00") for state in ("applied", "reviewed", "approved")]
    ready = await desk.countersigned(centre, "1000.00")
    paid = await desk.paid(centre, "1000.00")
    refused = await desk.step("science_officer", await desk.applied(centre), "refuse", {"reason_code": "other"})
    await publish_result(db, centre, 2019, "fail")
    assert await states(desk, *pending, ready) == ["held"] * 4
    assert await states(desk, paid, refused) == ["paid", "refused"]
    held = (await desk.get("auditor", f"/v1/grants/{ready['id']}")).json()
    assert (held["held_from"], held["reason_code"], held["version"]) == (
        "countersigned",
        "evaluation_failed",
        ready["version"] + 1,
    )


async def test_a_held_grant_is_not_paid_and_says_for_which_year(desk: Desk, db: Database) -> None:
    centre = await list_centre(db)
    grant = await desk.countersigned(centre)
    await publish_result(db, centre, 2019, "fail")
    answer = await desk.post("treasury_approver", f"/v1/grants/{grant['id']}/disburse", key="pay")
    assert (answer.status_code, answer.json()["code"]) == (409, "invalid-transition")
    assert answer.json()["clauses"] == ["2.3-4"]
    assert answer.json()["decision"]["results"][0]["inputs"] == {"failed_year": 2019}
    assert "2019" in answer.json()["decision"]["results"][0]["text"]


async def test_an_accepted_rectification_lets_it_go_on_where_it_stood(desk: Desk, db: Database) -> None:
    centre = await list_centre(db)
    first, second = await desk.reviewed(centre, "1000.00"), await desk.countersigned(centre, "1000.00")
    await publish_result(db, centre, 2019, "fail")
    await accept_rectification(db, centre, 2019)
    assert await states(desk, first, second) == ["reviewed", "countersigned"]
    assert (await desk.step("treasury_approver", second, "disburse", key="pay"))["status"] == "paid"


async def test_a_rectification_that_arrives_before_its_fail_leaves_nothing_held(desk: Desk, db: Database) -> None:
    centre = await list_centre(db)
    grant = await desk.countersigned(centre)
    await accept_rectification(db, centre, 2019)
    await publish_result(db, centre, 2019, "fail")
    assert await states(desk, grant) == ["countersigned"]


async def test_one_rectification_does_not_release_another_years_fail(desk: Desk, db: Database) -> None:
    centre = await list_centre(db)
    grant = await desk.applied(centre)
    await publish_result(db, centre, 2018, "fail")
    await publish_result(db, centre, 2019, "fail")
    await accept_rectification(db, centre, 2018)
    assert await states(desk, grant) == ["held"]
    await accept_rectification(db, centre, 2019)
    assert await states(desk, grant) == ["applied"]


@pytest.mark.parametrize("grade", ["pass", "good", "excellent", "exempt", "not_graded"])
async def test_other_grades_hold_nothing(desk: Desk, db: Database, grade: str) -> None:
    centre = await list_centre(db)
    grant = await desk.applied(centre)
    await publish_result(db, centre, 2019, grade)
    assert await states(desk, grant) == ["applied"]


async def test_a_corrected_result_releases(desk: Desk, db: Database) -> None:
    centre = await list_centre(db)
    grant = await desk.applied(centre)
    result = await publish_result(db, centre, 2019, "fail", version=4)
    await publish_result(db, centre, 2019, "pass", result_id=result, version=5)
    assert await states(desk, grant) == ["applied"]


async def test_an_older_version_that_comes_late_changes_nothing(desk: Desk, db: Database) -> None:
    centre = await list_centre(db)
    grant = await desk.applied(centre)
    result = await publish_result(db, centre, 2019, "pass", version=5)
    await publish_result(db, centre, 2019, "fail", result_id=result, version=4)
    assert await states(desk, grant) == ["applied"]


async def test_a_held_grant_can_be_refused_and_gives_its_ceiling_back(desk: Desk, db: Database) -> None:
    centre = await list_centre(db)
    grant = await desk.approved(centre)
    await publish_result(db, centre, 2019, "fail")
    refused = await desk.step("industry_approver", grant, "refuse", {"reason_code": "other"})
    assert (refused["status"], refused["held_from"], refused["ceiling"]["committed"]) == ("refused", None, "0.00")


STORY: tuple[tuple[EventType[ev.RectificationState], str], ...] = (
    (ev.RectificationOrdered, "ordered"),
    (ev.RectificationServed, "ordered"),
    (ev.RectificationExtensionRequested, "ordered"),
    (ev.RectificationExtended, "ordered"),
    (ev.RectificationOverdue, "ordered"),
    (ev.RectificationSubmitted, "submitted"),
    (ev.RectificationInspected, "inspected"),
    (ev.RectificationRejected, "rejected"),
    (ev.RectificationSuperseded, "superseded"),
    (ev.RectificationReopened, "rejected"),
    (ev.RectificationSubmitted, "submitted"),
    (ev.RectificationInspected, "inspected"),
)
"""All that may happen to an order before it is accepted, in an order in which it may."""


async def _tell(
    db: Database, kind: EventType[ev.RectificationState], order: ev.RectificationState, version: int
) -> None:
    await deliver(db, kind, received(kind, order, order.id, version, date(2020, 9, 1)))


def _order(centre: UUID) -> ev.RectificationState:
    return ev.RectificationState(
        id=uuid7(),
        no="RC-2020-0002",
        centre_id=centre,
        evaluation_id=uuid7(),
        year=2019,
        status="ordered",
        ordered_on=date(2020, 1, 20),
        due_on=date(2020, 4, 20),
        accepted_on=None,
    )


async def test_only_the_acceptance_releases_however_late_it_comes(desk: Desk, db: Database) -> None:
    centre = await list_centre(db)
    grant = await desk.countersigned(centre)
    await publish_result(db, centre, 2019, "fail")
    order = _order(centre)
    for version, (kind, status) in enumerate(STORY, 1):
        await _tell(db, kind, order.model_copy(update={"status": status}), version)
        assert await states(desk, grant) == ["held"], kind.name
    accepted = order.model_copy(update={"status": "accepted", "accepted_on": date(2020, 9, 1)})
    for _ in range(2):
        await _tell(db, ev.RectificationAccepted, accepted, len(STORY) + 1)
        assert await states(desk, grant) == ["countersigned"]
    await _tell(db, ev.RectificationRejected, order.model_copy(update={"status": "rejected"}), 8)
    late = await desk.applied(centre, "1000.00")
    assert await states(desk, grant, late) == ["countersigned", "applied"]


async def test_an_order_that_ended_by_an_annulled_fail_leaves_nothing_held(desk: Desk, db: Database) -> None:
    centre = await list_centre(db)
    grant = await desk.countersigned(centre)
    result = await publish_result(db, centre, 2019, "fail")
    order = _order(centre)
    await _tell(db, ev.RectificationOrdered, order, 1)
    annulled = ev.AnnulmentState(
        id=uuid7(),
        no="RA-2020-0001",
        evaluation_id=result,
        centre_id=centre,
        year=2019,
        status="approved",
        ground="court",
        issuer="虚构法院",
        document_no="虚构行初1号",
        ordered_on=date(2020, 5, 6),
        recorded_on=date(2020, 5, 6),
        decided_on=date(2020, 5, 7),
    )
    await _tell(db, ev.RectificationAnnulled, order.model_copy(update={"status": "annulled"}), 2)
    event = received(ev.ResultAnnulled, annulled, annulled.id, 2, date(2020, 5, 7))
    await deliver(db, ev.ResultAnnulled, event)
    assert await states(desk, grant) == ["countersigned"]
