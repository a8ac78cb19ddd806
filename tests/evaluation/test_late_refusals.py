"""What must be looked at again because time has passed: a centre delisted meanwhile, a year scored meanwhile."""

from __future__ import annotations

from datetime import date

import pytest

from tests.evaluation.cases import DAYS, SIGNED, second_year, standing
from tests.evaluation.known import Centre
from tests.evaluation.support import Desk

pytestmark = pytest.mark.asyncio(loop_scope="session")

OPENED = date(2021, 1, 18)


async def test_a_delisted_centre_that_fails_again_gets_its_result_and_nothing_else(desk: Desk) -> None:
    """2.3-5: the delisting of 2019 and 2020 is published in January 2022; the centre was listed for all of 2021."""
    cycle, (centre,) = await second_year(desk)
    case = await desk.case_of(centre)
    await desk.procedure(case["id"], DAYS)
    await desk.sign(cycle["id"], SIGNED)
    await desk.publish(cycle["id"], date(2022, 1, 10))
    third = await desk.scored(2021, date(2022, 1, 17), marks=False)
    await desk.announce(third["id"], date(2022, 1, 18))
    cases = (await desk.caller("auditor").read("/v1/delistings", centre_id=centre.id))["items"]
    assert [found["id"] for found in cases] == [case["id"]]
    await desk.sign(third["id"], date(2022, 2, 7))
    done = await desk.publish(third["id"], date(2022, 2, 7))
    assert (done["errors"], done["result"]["complete"]) == ([], True)
    result = await desk.evaluation_of(centre, 2021)
    assert (result["status"], result["grade"], result["consecutive_fails"]) == ("published", "fail", 3)
    assert (result["delisting_case_id"], result["rectification_id"]) == (None, None)
    cases = (await desk.caller("auditor").read("/v1/delistings", centre_id=centre.id))["items"]
    assert [(found["id"], found["status"]) for found in cases] == [(case["id"], "published")]
    assert (await desk.events(case["id"])).count("evaluation.delisting.decided.v1") == 1
    assert (await standing(desk, centre))["case_id"] == case["id"]


async def _proposed(desk: Desk, centre: Centre) -> str:
    """An exemption for 2020, proposed while nothing was known against 2019: without the office's minutes."""
    evaluation = await desk.evaluation_of(centre, 2020)
    path = f"/v1/evaluations/{evaluation['id']}/exemptions"
    officer = desk.caller("science_officer", today=OPENED)
    exemption = await officer.ok(path, {"reason": "force_majeure", "document_no": "文1"}, 201)
    return f"{path}/{exemption['id']}"


async def test_an_exemption_needs_the_minutes_once_the_year_before_turns_out_to_be_a_fail(desk: Desk) -> None:
    centres = [await desk.centre() for _ in range(2)]
    officer = desk.caller("science_officer", today=OPENED)
    first, _ = [await officer.ok("/v1/evaluation-cycles", {"year": year}, 201) for year in (2019, 2020)]
    proposed, approved = [await _proposed(desk, centre) for centre in centres]
    one, other = desk.caller("science_approver", today=OPENED), desk.caller("industry_approver", today=OPENED)
    await one.ok(f"{approved}/approve")
    await desk.ok_score(first["id"], OPENED)
    assert (await desk.evaluation_of(centres[0], 2019))["failing"] is True
    assert await one.refused(f"{proposed}/approve") == "exemption-minutes-missing"
    assert await other.refused(f"{approved}/countersign") == "exemption-minutes-missing"
    refused = [
        await one.ok(f"{proposed}/approve", {"outcome": "refused"}),
        await other.ok(f"{approved}/countersign", {"outcome": "refused"}),
    ]
    assert [exemption["status"] for exemption in refused] == ["refused", "refused"]
    assert (await desk.evaluation_of(centres[1], 2020))["exempt"] is False
