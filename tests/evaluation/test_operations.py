"""Long work that meets a fault: the centre at fault is left out, and whatever waits behind it goes on."""

from __future__ import annotations

import json
from datetime import date
from uuid import UUID

import pytest
from sqlalchemy import text

from services.evaluation.circulars.models import Circular
from services.evaluation.operations import worker
from shared.errors import DomainError
from tests.evaluation.known import Centre, Json
from tests.evaluation.support import Desk

pytestmark = pytest.mark.asyncio(loop_scope="session")

REPORTED = date(2019, 4, 10)
SCORED = date(2020, 2, 3)
PUBLISHED = date(2020, 3, 2)
LATER = date(2021, 2, 3)


_NEWER = text(
    """
    INSERT INTO report_revision
        (id, report_id, revision, form, filled, fields, submitted_on, submitted_by, decision)
    SELECT gen_random_uuid(), report_id, revision + 1, form || CAST(:changes AS jsonb), filled, fields,
        submitted_on, submitted_by, decision
    FROM report_revision WHERE report_id = :id ORDER BY revision DESC LIMIT 1
    """
)
_CURRENT = text("UPDATE quarterly_report SET revision = revision + 1 WHERE id = :id")


async def _revise(desk: Desk, report: Json, **changes: object) -> None:
    """A newer version of an accepted report, written past the form's checks."""
    async with desk.runtime.db.transaction() as session:
        await session.execute(_NEWER, {"id": UUID(report["id"]), "changes": json.dumps(changes)})
        await session.execute(_CURRENT, {"id": UUID(report["id"])})


async def _five(desk: Desk) -> tuple[list[Centre], Json]:
    """Five centres that reported, and the third one's report."""
    centres = [await desk.centre() for _ in range(5)]
    reports = [await desk.report(centre, 2019, 1, REPORTED) for centre in centres]
    return centres, reports[2]


async def test_a_centre_that_cannot_be_scored_is_named_and_the_others_are_scored(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "SCORED_AT_ONCE", 2)
    centres, report = await _five(desk)
    await _revise(desk, report, jobs="many")
    officer = desk.caller("science_officer", today=SCORED)
    cycle = await officer.ok("/v1/evaluation-cycles", {"year": 2019}, 201)
    await desk.mark_all(cycle["id"], SCORED)
    operation = await desk.ok_score(cycle["id"], SCORED)
    assert (operation["status"], operation["done"], operation["total"]) == ("done", 5, 5)
    assert operation["result"] == {"cycle_id": cycle["id"], "complete": False, "left_out": 1}
    (problem,) = operation["errors"]
    assert (problem["centre_id"], problem["code"]) == (str(centres[2].id), "internal-error")
    statuses = [(await desk.evaluation_of(centre, 2019))["status"] for centre in centres]
    assert statuses == ["scored", "scored", "pending", "scored", "scored"]
    announce = f"/v1/evaluation-cycles/{cycle['id']}/announce"
    assert await officer.refused(announce) == "evaluation-incomplete"

    await _revise(desk, report, jobs=20)
    mended = await desk.ok_score(cycle["id"], SCORED)
    assert (mended["errors"], mended["result"]["complete"]) == ([], True)
    await officer.ok(announce)


async def test_a_score_from_before_the_fault_is_not_announced(desk: Desk) -> None:
    _, report = await _five(desk)
    cycle = await desk.scored(2019, SCORED)
    await _revise(desk, report, jobs="many")
    await desk.ok_score(cycle["id"], SCORED)
    officer = desk.caller("science_officer", today=SCORED)
    response = await officer.post(f"/v1/evaluation-cycles/{cycle['id']}/announce")
    assert response.json()["decision"]["results"][0]["inputs"] == {
        "unscored": 1,
        "unmarked": 0,
        "outdated": 0,
        "under_review": 0,
    }


async def _asked(desk: Desk, cycle: Json) -> str:
    officer = desk.caller("science_officer", today=LATER)
    operation = await officer.ok(f"/v1/evaluation-cycles/{cycle['id']}/score", status=202)
    return f"/v1/operations/{operation['id']}"


async def test_an_operation_that_cannot_end_fails_and_the_next_one_runs(desk: Desk) -> None:
    await desk.centre()
    first = await desk.scored(2019, SCORED, marks=False)
    await desk.announce(first["id"], SCORED)
    await desk.sign(first["id"], PUBLISHED)
    async with desk.runtime.db.transaction() as session:
        session.add(Circular(cycle_id=UUID(first["id"]), year=2019, document_no="旧文号", issued_on=PUBLISHED))
    approver = desk.caller("science_approver", today=PUBLISHED)
    document = {"document_no": "虚构发〔2020〕1号"}
    publication = await approver.ok(f"/v1/evaluation-cycles/{first['id']}/publish", document, 202)
    officer = desk.caller("science_officer", today=LATER)
    second = await officer.ok("/v1/evaluation-cycles", {"year": 2020}, 201)
    scoring = await _asked(desk, second)
    assert await desk.work() == 2
    assert (await officer.read(f"/v1/operations/{publication['id']}"))["status"] == "failed"
    assert (await officer.read(scoring))["status"] == "done"
    assert await desk.work() == 0
    again = await approver.ok(f"/v1/evaluation-cycles/{first['id']}/publish", document, 202)
    assert (again["id"] != publication["id"], again["status"]) == (True, "running")


async def test_an_operation_that_must_wait_does_not_keep_the_next_one_waiting(desk: Desk) -> None:
    """The edition of the first year is missing from this process until its administrator adds it."""
    await desk.centre()
    officer = desk.caller("science_officer", today=LATER)
    first, second = [await officer.ok("/v1/evaluation-cycles", {"year": year}, 201) for year in (2019, 2020)]
    waiting, next_one = await _asked(desk, first), await _asked(desk, second)
    pinned = text("UPDATE evaluation_cycle SET edition = :edition WHERE id = :id")
    async with desk.runtime.db.transaction() as session:
        await session.execute(pinned, {"id": UUID(first["id"]), "edition": "nobody-has-it"})
    with pytest.raises(DomainError, match="policy-edition-not-loaded"):
        await desk.work()
    assert [(await officer.read(path))["status"] for path in (waiting, next_one)] == ["running", "done"]
    async with desk.runtime.db.transaction() as session:
        await session.execute(pinned, {"id": UUID(first["id"]), "edition": first["edition"]})
    assert await desk.work() == 1
    assert (await officer.read(waiting))["status"] == "done"
