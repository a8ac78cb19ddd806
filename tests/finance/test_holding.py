"""2.3-4: a failed centre's grants rest until its rectification is accepted, in whatever order the news arrives."""

from __future__ import annotations

from typing import Any

import pytest

from shared.db import Database
from tests.finance.support import Desk, accept_rectification, list_centre, publish_result

pytestmark = pytest.mark.asyncio(loop_scope="module")


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
