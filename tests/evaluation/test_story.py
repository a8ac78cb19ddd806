"""Two failed years and what follows, through the service's own API."""

from __future__ import annotations

from datetime import date

import pytest

from tests.evaluation.support import Desk

pytestmark = pytest.mark.asyncio(loop_scope="session")

BASIS = "虚构发〔2021〕3号"
PROCEDURE = (date(2021, 1, 29), date(2021, 2, 20), date(2021, 2, 22), date(2021, 2, 24), date(2021, 2, 25))


async def test_two_failed_years_lead_to_a_decision_when_the_second_is_published(desk: Desk) -> None:
    centre = await desk.centre()
    first = await desk.scored(2019, date(2020, 2, 3), marks=False)
    await desk.announce(first["id"], date(2020, 2, 4))
    await desk.sign(first["id"], date(2020, 2, 12))
    assert (await desk.publish(first["id"], date(2020, 2, 12)))["result"]["complete"] is True
    failed = await desk.evaluation_of(centre, 2019)
    assert (failed["grade"], failed["consecutive_fails"], failed["delisting_case_id"]) == ("fail", 1, None)

    second = await desk.scored(2020, date(2021, 1, 25), marks=False)
    await desk.announce(second["id"], date(2021, 1, 28))
    case = await desk.case_of(centre)
    assert (case["status"], case["first_failed_year"], case["second_failed_year"]) == ("opened", 2019, 2020)
    await desk.procedure(case["id"], PROCEDURE)
    await desk.sign(second["id"], date(2021, 2, 26))
    operation = await desk.publish(second["id"], date(2021, 3, 1), continuation_basis=BASIS)
    assert (operation["status"], operation["errors"]) == ("done", [])

    again = await desk.evaluation_of(centre, 2020)
    assert (again["grade"], again["consecutive_fails"], again["rectification_id"]) == ("fail", 2, None)
    published = await desk.case_of(centre)
    assert published["status"] == "published"
    assert published["ban_years"] == 3
    assert [found["service"] for found in published["participants"]] == ["finance", "registry", "vouchers"]
