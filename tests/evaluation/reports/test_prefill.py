"""What the registry's events prefill, and how differences are shown."""

from __future__ import annotations

from datetime import date
from uuid import uuid4

import pytest

from tests.evaluation.reports.support import (
    AFTER_Q1,
    AFTER_Q2,
    agreement,
    draft,
    path_of,
    service,
    staff,
    technology_flag,
)
from tests.evaluation.support import Desk, full_form

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_quarter_is_prefilled_from_stays_services_staff_and_agreements(desk: Desk) -> None:
    centre, other = await desk.centre(), await desk.centre()
    firm, leaver = uuid4(), uuid4()
    await desk.tenancy(centre, date(2018, 5, 2), enterprise_id=firm)
    await desk.tenancy(centre, date(2019, 2, 1))
    await desk.tenancy(centre, date(2019, 4, 1))  # of the next quarter
    await desk.tenancy(centre, date(2018, 5, 2), ended_on=date(2019, 3, 31), reason_code="ceased", enterprise_id=leaver)
    await desk.tenancy(
        centre, date(2018, 5, 2), ended_on=date(2019, 1, 1), graduation_criterion="high_tech_certificate"
    )
    await desk.tenancy(centre, date(2018, 5, 2), ended_on=date(2018, 12, 31), reason_code="ceased")
    await desk.tenancy(other, date(2018, 5, 2))
    await technology_flag(desk, firm)
    await technology_flag(desk, leaver)
    await technology_flag(desk, firm, "tech_sme", valid_through=date(2019, 3, 30))
    twice = await service(desk, centre)
    await service(desk, centre, enterprise_id=twice, provided_on=date(2019, 3, 31))
    await service(desk, centre, status="recorded")
    await service(desk, centre, provided_on=date(2019, 4, 1))
    await staff(desk, centre, person_ref="p-trained")
    await desk.certify("p-trained", date(2019, 3, 31))
    await staff(desk, centre, person_ref="p-later")
    await desk.certify("p-later", date(2019, 4, 1))
    await staff(desk, centre, full_time=False)
    await staff(desk, centre, until_on=date(2019, 3, 30))
    await staff(desk, centre, from_on=date(2019, 4, 1))
    await agreement(desk, centre)
    await agreement(desk, centre, signed_on=date(2018, 5, 1), valid_until=None, ended_on=date(2019, 3, 30))

    report = await draft(desk.operator(centre, AFTER_Q1), centre)
    assert report["form"]["incubatees"] is None
    expected = {
        "incubatees_opening": 3,
        "admitted": 1,
        "graduated": 1,
        "exited": 1,
        "incubatees": 2,
        "high_tech_enterprises": 1,
        "technology_smes": 0,
        "confirmed_services": 2,
        "enterprises_served": 1,
        "staff_total": 3,
        "specialist_staff": 2,
        "trained_staff": 1,
        "agreements": 1,
        "agreements_new": 1,
        "area_total_m2": 1200,
        "area_incubation_m2": 1000,
    }
    assert report["prefilled"] == expected
    assert report["differences"] == []


async def test_an_enterprise_is_served_for_the_first_time_once_a_year(desk: Desk) -> None:
    centre = await desk.centre()
    firm = await service(desk, centre)
    await service(desk, centre, enterprise_id=firm, provided_on=date(2019, 5, 6))
    await service(desk, centre, provided_on=date(2019, 6, 30))
    report = await draft(desk.operator(centre, AFTER_Q2), centre, 2)
    assert (report["prefilled"]["enterprises_served"], report["prefilled"]["confirmed_services"]) == (1, 2)


async def test_a_prefilled_draft_without_a_change_differs_nowhere_and_contradicts_nothing(desk: Desk) -> None:
    centre = await desk.centre()
    await desk.tenancy(centre, date(2018, 5, 2))
    await staff(desk, centre)
    report = await draft(desk.operator(centre, AFTER_Q1), centre, prefill=True)
    assert report["form"]["incubatees"] == 1
    assert {name: report["form"][name] for name in report["prefilled"]} == report["prefilled"]
    assert report["differences"] == []
    assert report["faults"] == []


async def test_what_was_entered_goes_before_the_registry_and_the_difference_is_shown(desk: Desk) -> None:
    centre = await desk.centre()
    await desk.tenancy(centre, date(2018, 5, 2))
    operator = desk.operator(centre, AFTER_Q1)
    report = await draft(operator, centre, prefill=True, form={"incubatees": 4})
    assert report["form"]["incubatees"] == 4
    shown = report["differences"]
    assert [(one["field"], one["entered"], one["registry"]) for one in shown] == [("incubatees", 4, 1)]
    assert shown[0]["title_zh"] == "在孵企业（季末）"
    mended = await operator.patch(path_of(report), {"form": {"incubatees": 1}}, f'"{report["version"]}"')
    assert mended.json()["differences"] == []


async def test_areas_are_those_of_the_quarters_last_day(desk: Desk) -> None:
    centre = await desk.centre()
    await desk.amend(centre, date(2019, 4, 1), total_area_m2="1500.90")
    report = await draft(desk.operator(centre, AFTER_Q1), centre)
    assert report["prefilled"]["area_total_m2"] == 1200
    later = await draft(desk.operator(centre, date(2019, 7, 3)), centre, 2)
    assert later["prefilled"]["area_total_m2"] == 1500


async def test_a_full_form_that_the_registry_knows_nothing_of_shows_every_difference(desk: Desk) -> None:
    centre = await desk.centre()
    report = await draft(desk.operator(centre, AFTER_Q1), centre, form=full_form())
    assert report["differences"] == []
    assert set(report["prefilled"]) == {"area_total_m2", "area_incubation_m2"}


async def test_what_the_registry_has_no_records_of_stays_empty_and_contradicts_nobody(desk: Desk) -> None:
    centre, other = await desk.centre(), await desk.centre()
    await staff(desk, other)
    await staff(desk, centre, from_on=date(2019, 4, 1))  # recorded of the next quarter only
    await desk.tenancy(centre, date(2019, 4, 1))
    await service(desk, centre, provided_on=date(2019, 4, 1))
    await agreement(desk, centre, signed_on=date(2019, 4, 2), valid_from=date(2019, 4, 2))
    operator = desk.operator(centre, AFTER_Q1)
    report = await draft(operator, centre, prefill=True, form=full_form())
    assert set(report["prefilled"]) == {"area_total_m2", "area_incubation_m2"}
    assert report["form"]["staff_total"] is None
    assert report["faults"] == []
    await operator.ok(f"{path_of(report)}/submit")


async def test_what_the_registry_records_and_did_not_happen_is_zero(desk: Desk) -> None:
    centre = await desk.centre()
    firm = uuid4()
    await desk.tenancy(centre, date(2018, 5, 2), enterprise_id=firm)
    await technology_flag(desk, firm, valid_through=date(2019, 3, 30))
    await service(desk, centre, provided_on=date(2018, 12, 3))
    await staff(desk, centre, until_on=date(2019, 2, 1))
    known = (await draft(desk.operator(centre, AFTER_Q1), centre))["prefilled"]
    assert (known["staff_total"], known["confirmed_services"], known["enterprises_served"]) == (0, 0, 0)
    assert (known["high_tech_enterprises"], known["exited"]) == (0, 0)
    assert "technology_smes" not in known
    assert "agreements" not in known
