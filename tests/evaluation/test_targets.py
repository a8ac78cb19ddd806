"""The ledger of targets: taken over once, entered and confirmed by two people, corrected without losing anything, and
computed from the registry where no total is to be believed."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID, uuid4

import pytest

from services.evaluation.targets.figures import figure_on
from services.evaluation.targets.ledger import keep_targets
from shared.events.contracts import registry as rc
from tests.evaluation.known import Centre, Json
from tests.evaluation.support import Caller, Desk

pytestmark = pytest.mark.asyncio(loop_scope="session")

T = "/v1/targets"
APRIL, JULY, JANUARY = date(2019, 4, 10), date(2019, 7, 10), date(2020, 1, 20)


async def ledger(desk: Desk, today: date = JANUARY) -> dict[str, Json]:
    """The targets of 2019 by item, as the office reads them."""
    await keep_targets(desk.runtime)
    items = (await desk.caller("office_officer", today=today).read(T, year=2019, limit=200))["items"]
    return {item["item"]: item for item in items}


def office(desk: Desk, today: date = JANUARY, account: str = "office-1") -> Caller:
    return desk.caller("office_officer", today=today, account=account)


def approver(desk: Desk, today: date = JANUARY) -> Caller:
    return desk.caller("office_approver", today=today, account="office-2")


async def enter(desk: Desk, target: Json, quarter: int, value: str, on: date = JANUARY, **more: object) -> Json:
    body = {"quarter": quarter, "value": value, "document_no": f"统〔2019〕{quarter}号", **more}
    return await office(desk, on).ok(f"{T}/{target['id']}/actuals", body, 201)


async def confirm(desk: Desk, entered: Json, on: date = JANUARY) -> Json:
    return await approver(desk, on).ok(f"{T}/{entered['id']}/actuals/{entered['pending']['id']}/confirm")


async def test_every_target_of_the_edition_is_on_the_ledger_once(desk: Desk) -> None:
    found = await ledger(desk)
    edition = desk.runtime.editions.get("lhasa-2019")
    assert set(found) == {name for name, item in edition.targets.items.items() if item.year == 2019}
    assert (found["new_entities"]["operator"], found["new_entities"]["value"]) == ("about", "15000")
    assert (found["new_entities"]["lowest"], found["new_entities"]["highest"]) == ("13500", "16500")
    assert found["entity_revenue"]["value"] == "68000000000"
    assert (found["specialised_centres"]["clause"], found["new_jobs"]["clause"]) == ("1.2-5", "1.2-3")
    again = await ledger(desk)
    assert {item["id"] for item in again.values()} == {item["id"] for item in found.values()}
    assert await desk.events(found["new_jobs"]["id"]) == ["evaluation.target.set.v1"]


async def test_a_figure_counts_once_a_second_person_confirmed_it(desk: Desk) -> None:
    target = (await ledger(desk))["new_jobs"]
    assert (target["actual"], target["outcome"], target["progress_percent"]) == (None, None, None)
    entered = await enter(desk, target, 2, "4100", JULY)
    assert (entered["actual"], entered["pending"]["value"]) == (None, "4100")
    path = f"{T}/{target['id']}/actuals/{entered['pending']['id']}/confirm"
    same = desk.caller("office_officer", "office_approver", today=JULY, account="office-1")
    assert await same.refused(path, status=403) == "four-eyes-required"
    confirmed = await approver(desk, JULY).ok(path)
    assert (confirmed["actual"], confirmed["outcome"], confirmed["progress_percent"]) == ("4100", "below", "51.25")
    assert (confirmed["forecast"], confirmed["forecast_outcome"]) == ("8200", "met")
    assert confirmed["forecast_formula"] == "value / quarters * 4"
    assert confirmed["decision"]["results"][0]["rule"] == "targets.met"
    assert await approver(desk, JULY).refused(path) == "invalid-transition"


async def test_a_correction_leaves_what_was_and_counts_once_confirmed(desk: Desk) -> None:
    target = (await ledger(desk))["granted_patents"]
    counted = await confirm(desk, await enter(desk, target, 4, "501"))
    assert counted["outcome"] == "met"
    first = (await office(desk).read(f"{T}/{target['id']}/history"))["items"][0]
    body = {"value": "500", "document_no": "更正1", "reason_code": "source_revised"}
    corrected = await office(desk).ok(f"{T}/{target['id']}/actuals/{first['id']}/correct", body)
    assert (corrected["actual"], corrected["pending"]["value"]) == ("501", "500")
    assert await office(desk).refused(f"{T}/{target['id']}/actuals/{first['id']}/correct", body) == (
        "target-actual-exists"
    )
    final = await confirm(desk, corrected)
    assert (final["actual"], final["outcome"], final["pending"]) == ("500", "below", None)
    history = (await desk.caller("auditor", today=JANUARY).read(f"{T}/{target['id']}/history"))["items"]
    assert [(row["value"], row["status"], row["reason_code"]) for row in history] == [
        ("501", "superseded", None),
        ("500", "confirmed", "source_revised"),
    ]
    assert history[1]["corrects_id"] == history[0]["id"]


async def test_who_entered_a_figure_does_not_confirm_its_correction_by_a_colleague(desk: Desk) -> None:
    target = (await ledger(desk))["new_jobs"]
    both = desk.caller("office_officer", "office_approver", today=JANUARY, account="office-9")
    entered = await both.ok(f"{T}/{target['id']}/actuals", {"quarter": 4, "value": "1", "document_no": "1"}, 201)
    path = f"{T}/{target['id']}/actuals/{entered['pending']['id']}"
    body = {"value": "9000", "document_no": "2", "reason_code": "typing_error"}
    corrected = await office(desk).ok(f"{path}/correct", body)
    assert await both.refused(f"{T}/{target['id']}/actuals/{corrected['pending']['id']}/confirm", status=403) == (
        "four-eyes-required"
    )
    history = (await office(desk).read(f"{T}/{target['id']}/history"))["items"]
    assert [row["status"] for row in history] == ["withdrawn", "entered"]


async def test_figures_that_contradict_each_other_are_refused(desk: Desk) -> None:
    target = (await ledger(desk))["new_entities"]
    await confirm(desk, await enter(desk, target, 2, "8000", JULY))
    path = f"{T}/{target['id']}/actuals"
    later = {"quarter": 4, "value": "7999", "document_no": "1"}
    assert await office(desk).refused(path, later) == "target-flow-falls"
    assert await office(desk, JULY).refused(path, {**later, "quarter": 3}) == "target-quarter-running"
    assert await office(desk).refused(path, {**later, "quarter": 2}) == "target-actual-exists"
    park = {**later, "value": "15000", "by_division": {"540172": "1"}}
    assert await office(desk).refused(path, park) == "target-breakdown-division"
    more = {**later, "value": "15000", "by_division": {"540102": "15001"}}
    assert await office(desk).refused(path, more) == "target-breakdown-exceeds"
    for value in ("1e4", "-1", "NaN", "１５", 15000, "0.1234567"):
        assert (await office(desk).post(path, {**later, "value": value})).status_code == 422, value
    backdated = {**later, "value": "15000", "entered_on": "2019-12-31"}
    assert await office(desk).refused(path, backdated) == "target-quarter-running"


async def test_a_stale_tag_and_somebody_elses_figure_are_refused(desk: Desk) -> None:
    targets = await ledger(desk)
    entered = await enter(desk, targets["new_jobs"], 1, "1")
    stale = await approver(desk).post(f"{T}/{entered['id']}/actuals/{entered['pending']['id']}/confirm", If_Match='"1"')
    assert stale.status_code == 412
    other = f"{T}/{targets['new_tech_sme']['id']}/actuals/{entered['pending']['id']}/confirm"
    assert await approver(desk).refused(other, status=404) == "not-found"


async def test_totals_of_the_city_are_never_summed_from_centres(desk: Desk) -> None:
    for index in range(3):
        await desk.centre(name=f"中心{index}")
    found = await ledger(desk)
    entered = {name for name, item in found.items() if item["source"] == "entered"}
    assert {"new_entities", "entity_revenue", "new_jobs", "new_high_tech", "new_tech_sme", "granted_patents"} <= entered
    assert all(found[name]["actual"] is None for name in entered)


async def test_computed_targets_take_no_entries(desk: Desk) -> None:
    target = (await ledger(desk))["graduates"]
    body = {"quarter": 4, "value": "999", "document_no": "1"}
    assert await office(desk).refused(f"{T}/{target['id']}/actuals", body) == "target-computed"


async def test_area_and_tiers_are_those_of_the_day_and_parks_count_once(desk: Desk) -> None:
    district = await desk.centre(owner_division="540102", incubation_area_m2=Decimal("250000"))
    parks = desk.runtime.editions.get("lhasa-2019").divisions.units
    park = next(code for code, unit in parks.items() if unit.within == "540102")
    await desk.centre(owner_division=park, incubation_area_m2=Decimal("40000"), tier="specialised")
    left = await desk.centre(owner_division="540121", incubation_area_m2=Decimal("10000.5"), tier="specialised")
    await desk.withdraw(left, date(2019, 9, 30))
    await desk.amend(district, date(2019, 8, 1), rc.CentreTierChanged, tier="specialised")
    await desk.amend(district, date(2020, 1, 5), incubation_area_m2=Decimal("1"))
    found = await ledger(desk)
    area = await office(desk).read(f"{T}/{found['incubation_area']['id']}")
    assert (area["actual"], area["as_of_on"], area["outcome"]) == ("290000", "2019-12-31", "below")
    assert area["by_division"] == {"540102": "290000"}
    assert [(point["quarter"], point["value"]) for point in area["quarters"]] == [
        (1, "300000.5"),
        (2, "300000.5"),
        (3, "290000"),
        (4, "290000"),
    ]
    assert area["quarters"][0]["forecast_outcome"] == "met"
    tiers = await office(desk).read(f"{T}/{found['specialised_centres']['id']}")
    assert [point["value"] for point in tiers["quarters"]] == ["2", "2", "2", "2"]
    assert tiers["by_division"] == {"540102": "2"}
    early = await office(desk, APRIL).read(f"{T}/{found['specialised_centres']['id']}")
    assert [(point["quarter"], point["as_of_on"]) for point in early["quarters"]] == [
        (1, "2019-03-31"),
        (2, "2019-04-10"),
    ]


async def test_an_enterprise_graduates_once_however_often_it_did(desk: Desk) -> None:
    here, there = await desk.centre(), await desk.centre(owner_division="540121")
    enterprise = uuid4()
    done = {"graduation_criterion": "income", "status": "graduated"}
    await desk.tenancy(here, date(2018, 1, 2), enterprise_id=enterprise, ended_on=date(2019, 2, 1), **done)
    await desk.tenancy(there, date(2019, 2, 2), enterprise_id=enterprise, ended_on=date(2019, 11, 1), **done)
    await desk.tenancy(there, date(2018, 1, 2), ended_on=date(2020, 1, 1), **done)
    await desk.tenancy(there, date(2018, 1, 2), ended_on=date(2019, 5, 1), reason_code="closed", status="exited")
    target = (await ledger(desk))["graduates"]
    assert (target["actual"], target["by_division"]) == ("1", {"540102": "1"})


async def title(desk: Desk, centre: Centre, level: str, **changes: object) -> None:
    state = {
        "id": uuid4(),
        "no": f"QL-{uuid4()}",
        "application_id": uuid4(),
        "centre_id": centre.id,
        "operator_code": centre.operator_code,
        "kind": "maker_space",
        "level": level,
        "status": "active",
        "applied_on": date(2019, 1, 3),
        "granted_on": date(2019, 2, 1),
        "revoked_on": None,
        "reason_code": None,
        "case_id": None,
        **changes,
    }
    data = rc.QualificationState.model_validate(state)
    await desk.feed(rc.QualificationGranted, data.id, 1, data)


async def test_a_carrier_counts_once_at_its_highest_level(desk: Desk) -> None:
    both, regional, designated, over = [await desk.centre() for _ in range(4)]
    for level in ("municipal", "regional", "national"):
        await title(desk, both, level)
    await title(desk, regional, "regional")
    await title(desk, regional, "regional", kind="tech_incubator")
    await desk.amend(designated, date(2019, 6, 1), rc.CentreTierChanged, tier="national")
    await title(desk, over, "national", expires_on=date(2019, 12, 30))
    await title(desk, over, "regional", revoked_on=date(2019, 12, 31))
    found = await ledger(desk)
    assert (found["national_carriers"]["actual"], found["regional_carriers"]["actual"]) == ("2", "1")
    before = await ledger(desk, date(2019, 12, 30))
    assert (before["national_carriers"]["actual"], before["regional_carriers"]["actual"]) == ("3", "1")


async def test_coverage_shows_every_county_and_its_gap(desk: Desk) -> None:
    await desk.centre(owner_division="540121", site_division="540102", enclave=True)
    await keep_targets(desk.runtime)
    found = await office(desk).read(f"{T}/coverage", year=2019)
    counted = {row["division"]: row["centres"] for row in found["divisions"]}
    assert counted["540121"] == 1
    assert "540102" in found["gaps"]
    assert "540121" not in found["gaps"]
    assert not any(desk.runtime.editions.get("lhasa-2019").divisions.units[code].within for code in counted)
    assert found["specialised"]["actual"] == "0"
    assert (await office(desk).get(f"{T}/coverage", year=2005)).json()["code"] == "policy-not-in-force"


async def test_the_ledger_is_exported_as_it_is_listed(desk: Desk) -> None:
    await keep_targets(desk.runtime)
    caller = office(desk)
    response = await caller.client.get(f"{T}?year=2019", headers={**caller._headers(), "Accept": "text/csv"})
    lines = response.text.splitlines()
    assert (response.status_code, len(lines)) == (200, 13)
    assert "Comparison" in lines[0]


async def test_mentors_and_pairs_are_counted_from_the_register(desk: Desk) -> None:
    day = date(2020, 3, 2)
    edition = desk.runtime.editions.get("lhasa-2019")

    async def figures() -> list[int]:
        async with desk.runtime.db.transaction() as session:
            names = ("graduate_mentors", "paired_beijing", "paired_jiangsu", "paired_lhasa")
            return [int((await figure_on(session, edition, name, day)).value) for name in names]

    before = await figures()
    mentor = await desk.mentor()
    await desk.mentor(person_ref=mentor.person_ref)
    await desk.mentor(graduate_team=False)
    await desk.mentor(appointed_until=date(2020, 3, 1))
    firm, inland = uuid4(), uuid4()
    await pair(desk, "beijing", inland, firm)
    await pair(desk, "beijing", inland, uuid4())  # the same inland firm with another one
    await pair(desk, "jiangsu", uuid4(), firm, status="completed", ended_on=date(2019, 12, 31))
    await pair(desk, "jiangsu", uuid4(), firm, status="ended", ended_on=date(2020, 3, 1))
    assert [now - then for now, then in zip(await figures(), before, strict=True)] == [1, 1, 1, 2]


async def pair(desk: Desk, side: str, inland: UUID, firm: UUID, **changes: object) -> None:
    """A pair that is active since the middle of 2019, unless it says otherwise."""
    state = rc.PairingState.model_validate(
        {
            "id": uuid4(),
            "no": "PA-2019-0001",
            "province_side": side,
            "partner_id": inland,
            "enterprise_id": firm,
            "industry": "biomedicine",
            "status": "active",
            "proposed_on": date(2019, 5, 6),
            "inland_document_no": "函1",
            "confirmed_on": date(2019, 5, 20),
            "since": date(2019, 6, 3),
            "document_no": "协议1",
            "ended_on": None,
            "reason_code": None,
            **changes,
        }
    )
    await desk.feed(rc.PairingStarted, state.id, 1, state)
