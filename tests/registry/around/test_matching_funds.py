"""Finance's matching funds on the division's page, in its due list and in the coverage (5.1-2)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.registry.consumers import consumers
from shared.clock import utcnow
from shared.events.consumer import Received
from shared.events.contracts.finance import matching_funds as mf
from tests.registry.around.support import DIVISIONS, events_of
from tests.registry.support import Json, Registry, expect, refused

pytestmark = pytest.mark.asyncio(loop_scope="session")

COVERAGE = "/v1/coverage"
_positions = count(1)


def told(event_type: Any, version: int, **changes: Any) -> Received[Any]:
    """What finance tells of the funds of 城关区 in 2019."""
    state: Json = {
        "id": UUID(int=540102),
        "no": "MF-2019-0001",
        "division": "540102",
        "year": 2019,
        "status": "approved",
        "revision": 1,
        "document_no": "城财发〔2019〕1号",
        "budget": Decimal("300.00"),
        "spent": Decimal("0.00"),
        "approved_on": date(2019, 5, 10),
        "pending_document_no": None,
        "pending_amount": None,
        "reason_code": None,
        **changes,
    }
    state["remaining"] = state["budget"] - state["spent"]
    if event_type.data is mf.MatchingFundSpendingState:
        line = {"line_id": uuid4(), "line": 1, "amount": state["spent"], "purpose": "operations", "centre_id": uuid4()}
        rest = {"enterprise_code": None, "voucher_no": "1", "spent_on": date(2019, 6, 1), "reverses_id": None}
        state |= {**line, **rest}
    return Received(
        id=uuid4(),
        type=event_type.name,
        topic=event_type.topic.name,
        position=next(_positions),
        subject=state["id"],
        aggregate_version=version,
        effective_on=date(2019, 5, 10),
        time=utcnow(),
        actor="division-approver",
        correlation_id="test",
        rules=(),
        edition="lhasa-2019",
        simulated=True,
        data=event_type.data(**state),
    )


async def deliver(registry: Registry, *events: Received[Any]) -> None:
    """As the consumer does: projections before commands, one transaction."""
    async with registry.db.transaction() as session:
        for registration in consumers.registrations(events[0].type):
            await registration.handler(session, events)


async def page_of(registry: Registry, code: str) -> Json:
    page: Json = expect(await registry.officer.get(DIVISIONS, code=code), 200)["items"][0]
    return page


async def owed(registry: Registry, *, day: date = date(2019, 6, 3), **wanted: Any) -> Sequence[tuple[str, str]]:
    query = {"kind": "matching_budget", "limit": 200, **wanted}
    items = expect(await registry.auditor.on(day).get(f"{DIVISIONS}/due", **query), 200)["items"]
    return [(item["division_code"], item["due_on"]) for item in items]


async def test_the_page_shows_budget_spent_and_share_by_year(registry: Registry) -> None:
    await deliver(registry, told(mf.MatchingFundApproved, 2))
    await deliver(registry, told(mf.MatchingFundSpent, 3, spent=Decimal("100.00")))
    other = UUID(int=2020)
    await deliver(
        registry,
        told(mf.MatchingFundRecorded, 1, id=other, year=2020, status="recorded", budget=Decimal(0), approved_on=None,
             document_no=None, pending_amount=Decimal("9.00")),
    )  # fmt: skip
    shown = (await page_of(registry, "540102"))["matching_funds"]
    assert [(fund["year"], fund["status"], fund["budget"], fund["spent"], fund["remaining"]) for fund in shown] == [
        (2020, "recorded", "0.00", "0.00", "0.00"),
        (2019, "approved", "300.00", "100.00", "200.00"),
    ]
    assert [fund["spent_percent"] for fund in shown] == [None, "33.33"]
    assert shown[0]["pending_amount"] == "9.00"
    assert (await page_of(registry, "540103"))["matching_funds"] == []


async def test_events_in_any_order_and_twice_leave_the_last_state(registry: Registry) -> None:
    spent = told(mf.MatchingFundSpent, 3, spent=Decimal("100.00"))
    await deliver(registry, spent)
    await deliver(registry, told(mf.MatchingFundApproved, 2))
    await deliver(registry, spent)
    assert (await page_of(registry, "540102"))["matching_funds"][0]["spent"] == "100.00"


async def test_a_budget_is_owed_for_each_year_until_it_is_approved(registry: Registry) -> None:
    everybody = await owed(registry)
    assert (len(everybody), {due for _, due in everybody}) == (12, {"2019-06-28"})
    page = await page_of(registry, "540102")
    paper = next(paper for paper in page["papers"] if paper["kind"] == "matching_budget")
    assert (paper["title"], paper["required"]) == ("2019年配套资金预算", True)
    own = registry.caller("division_officer", division="540102")
    hand_in = f"{DIVISIONS}/{page['id']}/papers/{paper['id']}/hand-in"
    refused(await own.post(hand_in, {"document_no": "x"}), 409, "matching-budget-not-approved")
    await deliver(
        registry,
        told(mf.MatchingFundRecorded, 1, status="recorded", budget=Decimal(0), approved_on=None, document_no=None),
    )
    assert len(await owed(registry)) == 12
    approved = told(mf.MatchingFundApproved, 2)
    await deliver(registry, approved)
    assert "540102" not in dict(await owed(registry))
    assert await events_of(registry, page["id"]) == ["division.paper_handed_in.v1"]
    settled = next(
        paper for paper in (await page_of(registry, "540102"))["papers"] if paper["kind"] == "matching_budget"
    )
    assert (settled["handed_in_on"], settled["document_no"]) == ("2019-05-10", "城财发〔2019〕1号")
    await deliver(registry, approved)
    assert await events_of(registry, page["id"]) == ["division.paper_handed_in.v1"]
    next_year = await owed(registry, day=date(2020, 4, 1), overdue="true")
    assert len(next_year) == 23
    assert ("540102", "2020-03-31") in next_year
    refused(
        await registry.officer.post(hand_in.replace("hand-in", "return"), {"remark": "x"}), 409, "paper-not-returnable"
    )


async def test_a_budget_approved_before_anybody_read_the_page_is_not_owed(registry: Registry) -> None:
    await deliver(registry, told(mf.MatchingFundApproved, 2))
    assert len(await owed(registry)) == 11
    await deliver(registry, told(mf.MatchingFundApproved, 2, id=uuid4(), year=2020))
    assert ("540102", "2020-03-31") not in await owed(registry, day=date(2020, 1, 1))


async def test_coverage_sums_a_district_with_its_parks_and_each_budget_once(registry: Registry) -> None:
    await deliver(registry, told(mf.MatchingFundApproved, 2, id=uuid4(), division="540103", spent=Decimal("30.00")))
    park = told(mf.MatchingFundApproved, 2, id=uuid4(), division="540172", budget=Decimal("100.00"))
    await deliver(registry, park)
    await deliver(registry, told(mf.MatchingFundApproved, 2, budget=Decimal("600.00")))
    await deliver(registry, told(mf.MatchingFundApproved, 2, id=uuid4(), year=2018, budget=Decimal("7.00")))
    city = expect(await registry.auditor.get(COVERAGE), 200)
    assert (city["year"], city["matching_fund"]) == (
        2019,
        {"budget": "1000.00", "spent": "30.00", "spent_percent": "3.00"},
    )
    rows = {row["code"]: row["matching_fund"] for row in city["rows"]}
    district = rows["540103"]
    assert (district["budget"], district["spent"], district["spent_percent"]) == ("400.00", "30.00", "7.50")
    assert (district["own"]["budget"], district["by_park"]["540172"]["budget"]) == ("300.00", "100.00")
    assert (district["city_percent"], rows["540121"]["city_percent"]) == ("40.00", "0.00")
    assert (rows["540121"]["budget"], rows["540121"]["spent_percent"]) == ("0.00", None)
    assert sum(Decimal(row["budget"]) for row in rows.values()) == Decimal("1000.00")
    earlier = expect(await registry.auditor.get(COVERAGE, year=2018), 200)
    assert (earlier["year"], earlier["matching_fund"]["budget"]) == (2018, "7.00")


async def test_a_division_reads_its_own_figures_only(registry: Registry) -> None:
    await deliver(registry, told(mf.MatchingFundApproved, 2))
    await deliver(registry, told(mf.MatchingFundApproved, 2, id=uuid4(), division="540103"))
    own = expect(await registry.caller("division_officer", division="540102").get(COVERAGE), 200)
    shown = {row["code"]: row["matching_fund"] for row in own["rows"] if row["matching_fund"]}
    assert (list(shown), shown["540102"]["budget"], shown["540102"]["city_percent"]) == (["540102"], "300.00", None)
    assert own["matching_fund"] is None
    park = expect(await registry.caller("division_approver", division="540172").get(COVERAGE), 200)
    rows = {row["code"]: row["matching_fund"] for row in park["rows"] if row["matching_fund"]}
    assert (list(rows), rows["540103"]["own"]["budget"]) == (["540103"], "0.00")
    nowhere = expect(await registry.caller("division_officer").get(COVERAGE), 200)
    assert not any(row["matching_fund"] for row in nowhere["rows"])


async def test_a_paper_sent_back_is_owed_again(registry: Registry) -> None:
    own = registry.caller("division_officer", division="540102")
    page = await page_of(registry, "540102")
    plan = next(paper for paper in page["papers"] if paper["kind"] == "plan")
    base = f"{DIVISIONS}/{page['id']}/papers/{plan['id']}"
    why = {"remark": "文号有误，请核对。"}
    refused(await registry.officer.post(f"{base}/return", why), 409, "invalid-transition")
    expect(await own.post(f"{base}/hand-in", {"document_no": "城政办发〔2019〕20号"}), 200)
    refused(await own.post(f"{base}/return", why), 403, "forbidden")
    back = expect(await registry.officer.post(f"{base}/return", why), 200)
    shown = next(paper for paper in back["papers"] if paper["id"] == plan["id"])
    assert (shown["handed_in_on"], shown["document_no"], shown["due_on"]) == (None, None, "2019-06-28")
    again = expect(await own.post(f"{base}/hand-in", {"document_no": "城政办发〔2019〕21号"}), 200)
    assert next(p for p in again["papers"] if p["id"] == plan["id"])["document_no"] == "城政办发〔2019〕21号"
    assert await events_of(registry, page["id"]) == [
        "division.paper_handed_in.v1",
        "division.paper_returned.v1",
        "division.paper_handed_in.v1",
    ]


async def test_a_new_leading_group_does_not_make_the_first_one_late(registry: Registry) -> None:
    page = await page_of(registry, "540102")
    path = f"{DIVISIONS}/{page['id']}"
    group: Json = {"document_no": "一号", "established_on": "2019-04-10", "chair_post": "区长", "members": []}
    first = await registry.officer.patch(path, {"leading_group": group}, '"0"')
    expect(first, 200)
    later = {**group, "document_no": "二号", "established_on": "2020-04-10"}
    officer = registry.officer.on(date(2020, 5, 1))
    changed = expect(await officer.patch(path, {"leading_group": later}, first.headers["ETag"]), 200)
    assert changed["leading_group"]["document_no"] == "二号"
    paper = changed["papers"][0]
    assert (paper["kind"], paper["handed_in_on"], paper["days_late"]) == ("leading_group", "2019-04-10", 0)
